// One exchange as it crossed the wire: headers, bodies exact or pretty, events and messages with their times, the proof.

addView({
  name: "exchange",
  async show(root, [, wanted, part = "request", mode]) {
    const { line, status, complete, method, url, error, turns, redactions, ...facts } = page.exchange(Number(wanted));
    page.list?.select(turns[0] ?? 0);
    append(root, [
      h("div.row", h("h2", { title: "A request and its response: one line of traffic.jsonl, by its number" }, `Exchange ${line}`),
        h(`span.badge.${status && status < 400 ? "good" : "bad"}`, status ?? "no response"), !complete && h("span.badge.bad", "cut short"), h("span.mono", method, " ", isolated(url))),
      factsView(["Started", `${clock(facts.started)} UTC`], ["Took", tookWords(facts)], ["Sent", bytes(facts.sent)], ["Received", bytes(facts.received)], ["Listener", facts.listener],
        ["Turns", turns.length ? turnLinks(turns) : "no call of a model"], ["Redacted", redactions && plural(redactions, "secret")]),
      error && h("p.failure", error),
      subtabs("Parts of the exchange", `#exchange-${line}/`, part, exchangeParts(facts.websocket_messages !== null)),
    ]);
    await showExchange(root, line, part, mode, `#exchange-${line}`, null);
  },
});

/** @param {boolean} isSocket @returns {PartName[]} */
function exchangeParts(isSocket) {
  return isSocket ? [["websocket", "WebSocket"], ["request", "Request"], ["response", "Handshake"]] : [["request", "Request"], ["response", "Response"]];
}

/** @param {string} label @param {string} address @param {string} current @param {PartName[]} parts @param {...any} more */
function subtabs(label, address, current, parts, ...more) {
  if (!parts.some(([name]) => name === current)) noPlace();
  const links = parts.map(([name, text]) => h("a", { href: (address + name).replace(/\/$/, ""), "aria-current": name === current ? "true" : null }, text));
  return h("nav.tabs.subtabs", { "aria-label": label }, links, h("span.space"), more);
}

/**
 * @param {HTMLElement} root @param {number} line @param {string} part @param {string | undefined} mode How the body is shown.
 * @param {string} address Of what has the part. @param {number | null} call The turn's number within its WebSocket.
 */
async function showExchange(root, line, part, mode, address, call) {
  const { request, response, websocket, error, ...detail } = await page.detail(line);
  if (part === "websocket" && websocket) return showMessages(root, websocket, line, call);
  const payload = part === "response" ? response : request;
  if (!payload) return root.append(remark(`No response was recorded. ${error ?? ""}`, "bad"));
  const { size, wire_size: wire, started, ended, lost, redactions } = payload;
  const sizes = bytes(size) + (wire !== null && wire !== size ? ` (${bytes(wire)} on the wire)` : "");
  const facts = [payload.http_version, started && `${clock(started)} to ${ended ? clock(ended) : "?"} UTC`, sizes, lost && `${bytes(lost)} lost`, redactions && plural(redactions, "redaction")];
  append(root, [
    h("p.mono", isolated(part === "response" ? `${response?.status_code} ${response?.reason ?? ""}` : `${request.method} ${request.url}`)),
    h("p.remark", facts.filter(Boolean).join(" · ")),
    proofBadge(payload),
    payload.decode_error && remark(payload.decode_error, "bad"),
    headersView(payload.headers, "Headers"),
    payload.trailers && headersView(payload.trailers, "Trailers"),
  ]);
  const body = await page.store.body(payload.body);
  const modes = bodyModes(payload, body, part === "response" ? detail.response_blocks : detail.request_blocks);
  if (!modes.length) return root.append(remark("No body."));
  const found = modes.find(([name]) => mode === undefined || name === mode);
  if (!found) return noPlace();
  const copies = [copyButton("Copy body", async () => textOf(body)), part === "request" && copyButton("Copy as curl", () => asCurl(request), CURL_COPIED)];
  append(root, [subtabs("How the body is shown", `${address}/${part}/`, found[0], modes.map(([name, label]) => [name, label]), copies), await found[2]()]);
}

/** @param {Record<string, string | string[]>} headers @param {string} title */
function headersView(headers, title) {
  const rows = Object.entries(headers).flatMap(([name, values]) => [values].flat().map((value) => h("tr", h("th", { scope: "row" }, name), h("td", value))));
  return rows.length ? fold([title, h("small", ` ${rows.length}`)], () => h("table.headers", rows), { open: rows.length <= 14 }) : remark(`No ${title.toLowerCase()}.`);
}

const PROOFS = { proved: ["✓ proved", "good"], redacted: ["✓ proved as redacted", "good"], unproved: ["no hash recorded", ""], wrong: ["✗ not what was recorded", "bad"] };

/** Return a badge that says whether a body is what crossed the wire: hashed here and now; opened, it has both hashes. @param {Proved} payload */
function proofBadge(payload) {
  const badge = h("span.badge", "hashing …");
  const about = h("div.boxed");
  proveBody(page.store, payload).then(({ state, text }) => {
    const [word, name] = PROOFS[state];
    badge.className = `badge ${name}`;
    badge.textContent = word;
    append(about, [
      factList({ Recorded: h("code", (payload.redactions ? payload.stored_sha256 : payload.sha256) ?? "no hash"), "Computed now": text }),
      h("p.dim", "This page hashed the bytes of the body by SHA-256. Headers have no hash of their own: the hash of the file covers them."),
    ]);
  });
  return h("details.proof", h("summary", badge), about);
}

/** @param {Payload} payload @param {Uint8Array<ArrayBuffer>} body @param {number | null} blocks @returns {BodyMode[]} */
function bodyModes(payload, body, blocks) {
  const modes = /** @type {BodyMode[]} */ ([]);
  if (blocks !== null) modes.push(["rendered", "Rendered", async () => h("div", renderBlocks(await page.store.json(blocks), {}))]);
  if (!body.length) return modes;
  const text = isText(body) ? textOf(body) : null;
  const value = text !== null && /^\s*[[{"\d]/.test(text) ? parsed(text) : undefined;
  const events = streamEvents(payload, body);
  const image = text === null ? imageType(btoa(String.fromCharCode(...body.subarray(0, 12)))) : null;
  if (value !== undefined) modes.push(["json", "JSON", () => jsonView(value, 2)]);
  if (events) modes.push(["events", plural(events.length, "event"), () => eventsView("Events", events)]);
  if (image) modes.push(["image", "Image", () => imageOfBytes(body, image)]);
  if (text !== null) modes.push(["raw", "Raw", () => h("div.mono", textView(text, "boxed"))]);
  return [...modes, ["hex", "Hex", () => hexView(body)]];
}

/** @param {Uint8Array} body */
function isText(body) {
  try {
    new TextDecoder("utf-8", { fatal: true }).decode(body);
    return !body.subarray(0, 10_000).includes(0);
  } catch {
    return false;
  }
}

/** @param {Uint8Array} body */
function hexView(body) {
  const root = h("div.hex", { tabindex: "0", role: "region", "aria-label": "Bytes" });
  let at = 0;
  grow(root, () => {
    for (const end = Math.min(body.length, at + 2048); at < end; at += 16) {
      const part = [...body.subarray(at, at + 16)];
      const codes = part.map((one) => one.toString(16).padStart(2, "0")).join(" ");
      const text = part.map((one) => (one >= 32 && one < 127 ? String.fromCharCode(one) : "·")).join("");
      root.append(h("div", `${at.toString(16).padStart(8, "0")}  ${codes.padEnd(48)} ${text}`));
    }
    return at < body.length;
  });
  return root;
}

/** Return a list of events, and beside it the one that is chosen. @param {string} label @param {ListedEvent[]} events @param {number} [first] The one that is chosen at first. */
function eventsView(label, events, first = -1) {
  const detail = h("div.boxed.event", { tabindex: "0", role: "region", "aria-label": "The chosen one" }, h("span.dim", "Choose one to see all of it."));
  const row = (/** @type {number} */ place) => {
    const { at, kind, size, data } = events[place];
    const beginning = h("span.grow.dim");
    Promise.resolve(data()).then((text) => beginning.append(isolated(text.slice(0, 300))));
    return h("div", h("span.at", place + 1), h("span.at", at === null ? "" : `${at.toFixed(3)} s`), h("span.kind", isolated(kind)), h("span.at", bytes(size)), beginning);
  };
  const choose = async (/** @type {number} */ place) => {
    const { at, kind, data, about } = events[place];
    const text = await data();
    const value = parsed(text);
    detail.replaceChildren(h("div.row", h("b", `${place + 1}`), isolated(kind), at === null ? "" : `+${at.toFixed(3)} s`, h("span.space"), copyButton("Copy", async () => text)));
    append(detail, [about?.(), value && typeof value === "object" ? jsonView(value, 3) : h("div.mono", textView(text))]);
    detail.scrollIntoView({ block: "nearest" });
  };
  const head = h("div.list-head", h("span.at", "#"), h("span.at", { title: "Seconds since the request began" }, "after"), h("span.kind", "event"), h("span.at", "size"));
  const list = new VirtualList(label, 24, row, choose);
  styled(list.root, { height: `min(56vh, ${Math.max(5, events.length) * 24 + 2}px)` });
  list.set(events.length);
  if (first >= 0) list.choose(first);
  return h("div.events", h("div.list", head, list.root), detail);
}

/** @param {HTMLElement} root @param {NonNullable<ExchangeDetail["websocket"]>} socket @param {number} line @param {number | null} call */
function showMessages(root, { messages, closed_by: by, close_code: code, close_reason: why, lost }, line, call) {
  const { started } = page.exchange(line);
  const begins = page.summary.turns.find((turn) => turn.line === line && turn.part === call)?.started ?? Infinity;
  const events = messages.map((message) => ({
    at: message.at,
    size: message.size,
    kind: message.direction === "client" ? "↑ client" : "↓ server",
    data: async () => textOf(await page.store.body(message.body)),
    about: () => [h("p.dim", `${message.direction}, ${message.type}, ${bytes(message.size)}`), proofBadge(message)],
  }));
  const closed = [by && ` by the ${by}`, code === 1006 ? " without a close frame (1006)" : code !== null && ` with code ${code}`, why && `: ${why}`, lost && `; ${plural(lost, "message")} lost`].filter(Boolean).join("");
  append(root, [remark(`${plural(messages.length, "message")}. ${code === 1006 ? "Ended" : "Closed"}${closed}.`), eventsView("WebSocket messages", events, messages.findIndex(({ at }) => started + at >= begins - 0.0005))]);
}
