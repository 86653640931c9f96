// One exchange as it crossed the wire: headers, bodies exact or pretty, events and messages with their times, the proof.

addView({
  name: "exchange",
  async show(root, [, wanted, part = "request", ...rest], page) {
    const facts = page.exchange(Number(wanted));
    const { line, status } = facts;
    append(root, [
      h("div.turn-head", h("h2", `Exchange ${line}`), h(status && status < 400 ? "span.badge.good" : "span.badge.bad", status ?? "no response"), facts.complete ? null : h("span.badge.bad", "cut short"), h("span.url", facts.method, " ", isolated(facts.url))),
      factsView(["Started", clock(facts.started)], ["Took", tookWords(facts)], ["Sent", bytes(facts.sent)], ["Received", bytes(facts.received)], ["Listener", facts.listener], ["Turns", facts.turns.length ? turnLinks(facts.turns) : null], ["Redacted", facts.redactions ? plural(facts.redactions, "secret") : null]),
      facts.error ? h("p.failure", facts.error) : null,
      subtabs("Parts of the exchange", `#exchange-${line}/`, part, exchangeParts(facts.websocket_messages !== null)),
    ]);
    await showExchange(root, page, line, part, rest, `#exchange-${line}`, null);
  },
});

/** @param {boolean} isSocket @returns {[string, string][]} */
function exchangeParts(isSocket) {
  return isSocket ? [["websocket", "WebSocket"], ["request", "Request"], ["response", "Handshake"]] : [["request", "Request"], ["response", "Response"]];
}

/** Return links to the parts of something. @param {string} label @param {string} address @param {string} current @param {[string, string][]} parts @param {...any} more */
function subtabs(label, address, current, parts, ...more) {
  const links = parts.map(([name, text]) => h("a", { href: (address + name).replace(/\/$/, ""), "aria-current": name === current ? "true" : null }, text));
  return h("nav.subtabs", { "aria-label": label }, links, h("span.space"), more);
}

/**
 * Show a part of an exchange.
 * @param {HTMLElement} root @param {Page} page @param {number} line @param {string} part request, response or websocket
 * @param {string[]} rest What follows in the address: how the body is shown. @param {string} address Of what has the part.
 * @param {number | null} call The turn's number within its WebSocket.
 */
async function showExchange(root, page, line, part, [mode = ""], address, call) {
  const detail = await page.detail(line);
  if (part === "websocket" && detail.websocket) return showMessages(root, page, detail.websocket, line, call);
  const payload = part === "response" ? detail.response : detail.request;
  if (!payload) return root.append(remark(`No response was recorded. ${detail.error ?? ""}`, "bad"));
  const words = part === "response" ? `${detail.response?.status_code} ${detail.response?.reason ?? ""}` : `${detail.request.method} ${detail.request.url}`;
  const sizes = `${bytes(payload.size)}${payload.wire_size !== null && payload.wire_size !== payload.size ? ` (${bytes(payload.wire_size)} on the wire)` : ""}`;
  const times = payload.started === null ? null : `${clock(payload.started)} to ${payload.ended === null ? "?" : clock(payload.ended)}`;
  const facts = [payload.http_version, times, sizes, payload.lost ? `${bytes(payload.lost)} lost` : null, payload.redactions ? plural(payload.redactions, "redaction") : null];
  append(root, [
    h("p.url", isolated(words)),
    h("p.remark", facts.filter(Boolean).join(" · "), " ", proofBadge(page, payload)),
    payload.decode_error ? remark(payload.decode_error, "bad") : null,
    headersView(payload.headers, "Headers"),
    payload.trailers ? headersView(payload.trailers, "Trailers") : null,
  ]);
  const body = await page.store.body(payload.body);
  const modes = bodyModes(page, payload, body, part === "response" ? detail.response_blocks : detail.request_blocks);
  if (!modes.length) return root.append(remark("No body."));
  const [current, , show] = modes.find(([name]) => name === mode) ?? modes[0];
  const copies = [copyButton("Copy body", async () => textOf(body)), part === "request" ? copyButton("Copy as curl", () => asCurl(page, detail)) : null];
  append(root, [subtabs("How the body is shown", `${address}/${part}/`, current, modes.map(([name, label]) => [name, label]), copies), await show()]);
}

/** @param {Record<string, string | string[]>} headers @param {string} title */
function headersView(headers, title) {
  const rows = Object.entries(headers).flatMap(([name, values]) => [values].flat().map((value) => h("tr", h("th", { scope: "row" }, name), h("td", value))));
  return rows.length ? fold([title, h("small", ` ${rows.length}`)], () => h("table.headers", rows), { open: rows.length <= 14 }) : remark(`No ${title.toLowerCase()}.`);
}

const PROOFS = { proved: ["✓ proved", "good"], redacted: ["✓ proved as redacted", "good"], unproved: ["no hash recorded", ""], wrong: ["✗ not what was recorded", "bad"] };

/** Return a badge that says whether a body is what crossed the wire: hashed here and now. @param {Page} page @param {Proved} payload */
function proofBadge(page, payload) {
  const badge = h("span.badge.proof", "hashing …");
  proveBody(page.store, payload).then(({ state, text }) => {
    const [word, name] = PROOFS[state];
    badge.className = `badge proof ${name}`;
    badge.textContent = word;
    badge.title = text;
  });
  return badge;
}

/** Return the ways in which a body can be shown: name, label, what makes it. @param {Page} page @param {Payload} payload @param {Uint8Array<ArrayBuffer>} body @param {number | null} blocks */
function bodyModes(page, payload, body, blocks) {
  const modes = /** @type {[string, string, () => any][]} */ ([]);
  if (blocks !== null) modes.push(["rendered", "Rendered", async () => h("div", renderBlocks(await page.store.json(blocks), { page }))]);
  if (!body.length) return modes;
  const text = isText(body) ? textOf(body) : null;
  const value = text !== null && /^\s*[[{"\d]/.test(text) ? parsed(text) : undefined;
  const events = streamEvents(payload, body);
  const image = text === null ? imageType(btoa(String.fromCharCode(...body.subarray(0, 12)))) : null;
  if (value !== undefined) modes.push(["json", "JSON", () => jsonView(value, 2)]);
  if (events) modes.push(["events", plural(events.length, "event"), () => eventsView(events)]);
  if (image) modes.push(["image", "Image", () => imageOfBytes(body, image)]);
  if (text !== null) modes.push(["raw", "Raw", () => h("div.mono", textView(text, "boxed"))]);
  modes.push(["hex", "Hex", () => hexView(body)]);
  return modes;
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
    const lines = [];
    for (const end = Math.min(body.length, at + 2048); at < end; at += 16) {
      const part = [...body.subarray(at, at + 16)];
      const codes = part.map((one) => one.toString(16).padStart(2, "0")).join(" ");
      const text = part.map((one) => (one >= 32 && one < 127 ? String.fromCharCode(one) : "·")).join("");
      lines.push(`${at.toString(16).padStart(8, "0")}  ${codes.padEnd(48)} ${text}`);
    }
    root.append(h("div", lines.join("\n")));
    return at < body.length;
  });
  return root;
}

/** Return a list of events, and below it the one that is chosen. @param {StreamEvent[]} events */
function eventsView(events) {
  const detail = h("div.event-detail", h("span.dim", "Choose an event."));
  return h("div", eventList("Events", events.length, (place) => eventRow(events[place], events[place].data()), (place) => detail.replaceChildren(dataView(events[place].data()))).root, detail);
}

/** @param {string} label @param {number} count @param {(place: number) => HTMLElement} row @param {(place: number) => void} onSelect */
function eventList(label, count, row, onSelect) {
  const list = new VirtualList(h("div.events"), label, 24, row, onSelect);
  list.root.style.height = `min(40vh, ${Math.max(3, count) * 24 + 2}px)`;
  list.set(count);
  return list;
}

/** @param {{at: number | null, kind: string, size: number | null}} event @param {string} beginning */
function eventRow({ at, kind, size }, beginning) {
  return h("div", h("span.at", at === null ? "" : `${at.toFixed(3)} s`), h("span.kind", isolated(kind)), h("span.size", bytes(size)), h("span.grow.dim", isolated(beginning.slice(0, 300))));
}

/** @param {string} text */
function dataView(text) {
  const value = parsed(text);
  return value !== null && typeof value === "object" ? jsonView(value, 3) : h("div.mono", textView(text));
}

/** @param {HTMLElement} root @param {Page} page @param {NonNullable<ExchangeDetail["websocket"]>} socket @param {number} line @param {number | null} call */
function showMessages(root, page, socket, line, call) {
  const { started } = page.exchange(line);
  const { messages, closed_by: by, close_code: code, close_reason: why } = socket;
  const detail = h("div.event-detail", h("span.dim", "Choose a message."));
  /** @param {number} place */
  const row = (place) => {
    const { at, direction, size, body } = messages[place];
    const view = eventRow({ at, kind: direction === "client" ? "↑ client" : "↓ server", size }, "");
    page.store.body(body).then((content) => {
      const text = textOf(content, 0, Math.min(400, content.length));
      append(view.children[1], [" ", /"type"\s*:\s*"([^"]{1,80})"/.exec(text)?.[1]]);
      append(view.children[3], [isolated(text)]);
    });
    return view;
  };
  /** @param {number} place */
  const choose = async (place) => {
    const message = messages[place];
    const content = await page.store.body(message.body);
    const head = h("p.remark", `${message.direction}, ${message.type}, ${bytes(message.size)} `, proofBadge(page, message), " ", copyButton("Copy", async () => textOf(content)));
    detail.replaceChildren(head, isText(content) ? dataView(textOf(content)) : hexView(content));
  };
  const list = eventList("WebSocket messages", messages.length, row, choose);
  const closed = [by ? ` by the ${by}` : "", code === null ? "" : ` with code ${code}`, why ? `: ${why}` : "", socket.lost ? `; ${plural(socket.lost, "message")} lost` : ""].join("");
  append(root, [remark(`${plural(messages.length, "message")}. Closed${closed}.`), list.root, detail]);
  const begins = page.summary.turns.find((turn) => turn.line === line && turn.part === call)?.started;
  if (begins !== undefined) list.choose(messages.findIndex(({ at }) => started + at >= begins - 0.0005));
}
