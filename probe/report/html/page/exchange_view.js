// One exchange as it crossed the wire: headers, bodies exact or pretty, events and messages with their times, the proof.

addView({
  name: "exchange",
  async show(root, [, wanted, part = "", ...rest], page) {
    const facts = page.exchange(Number(wanted));
    const parts = [["", "Request"], facts.websocket_messages === null ? ["response", "Response"] : ["websocket", "WebSocket"]];
    if (facts.websocket_messages !== null) parts.push(["response", "Handshake"]);
    append(root, [
      h(
        "div",
        { class: "turn-head" },
        h("h2", {}, `Exchange ${facts.line}`),
        facts.status === null ? h("span", { class: "badge bad" }, "no response") : h("span", { class: `badge ${facts.status < 400 ? "good" : "bad"}` }, facts.status),
        facts.complete ? null : h("span", { class: "badge bad" }, "cut short"),
        h("span", { class: "url" }, facts.method, " ", isolated(facts.url)),
      ),
      h(
        "dl",
        { class: "facts" },
        factView("Started", clock(facts.started)),
        factView("Took", tookWords(facts) || "?"),
        factView("Sent", bytes(facts.sent)),
        factView("Received", bytes(facts.received)),
        facts.listener ? factView("Listener", isolated(facts.listener)) : null,
        facts.turns.length ? factView("Turns", turnLinks(facts.turns)) : null,
        facts.redactions ? factView("Redacted", plural(facts.redactions, "secret")) : null,
      ),
      facts.error ? h("p", { class: "failure" }, isolated(facts.error)) : null,
      h(
        "nav",
        { class: "subtabs", "aria-label": "Parts of the exchange" },
        parts.map(([name, label]) => h("a", { href: `#exchange-${facts.line}${name ? `/${name}` : ""}`, "aria-current": name === part || (part === "request" && !name) ? "true" : null }, label)),
      ),
    ]);
    await showExchange(root, page, facts.line, part || "request", rest, `#exchange-${facts.line}`, null);
  },
});

/**
 * Show a part of an exchange.
 * @param {HTMLElement} root @param {Page} page @param {number} line @param {string} part request, response or websocket
 * @param {string[]} rest What follows in the address: how the body is shown. @param {string} address Of what has the part.
 * @param {number | null} turnPart The turn's number within its WebSocket.
 */
async function showExchange(root, page, line, part, rest, address, turnPart) {
  const detail = await page.detail(line);
  const request = detail.request;
  if (part === "websocket") return detail.websocket ? webSocketView(root, page, detail, address, turnPart) : root.append(remark("This is no WebSocket."));
  const payload = part === "request" ? request : detail.response;
  const note = turnPart === null ? null : remark(`Call ${turnPart} of the WebSocket in line ${line} of the record.`);
  if (!payload) {
    append(root, [note, remark(detail.error ? `No response: ${detail.error}` : "No response was recorded.", "bad")]);
    return;
  }
  const response = detail.response;
  const words = part === "request" ? [request.method, " ", isolated(request.url)] : [String(response?.status_code), " ", isolated(response?.reason ?? "")];
  const times = [payload.started, payload.ended].map((time) => (time === null ? null : clock(time)));
  append(root, [
    note,
    h("p", { class: "url" }, words),
    h(
      "p",
      { class: "remark" },
      [payload.http_version, times[0] ? `${times[0]} to ${times[1] ?? "?"}` : null, `${bytes(payload.size)}${payload.wire_size !== null && payload.wire_size !== payload.size ? ` (${bytes(payload.wire_size)} on the wire)` : ""}`, payload.lost ? `${bytes(payload.lost)} lost` : null, payload.redactions ? plural(payload.redactions, "redaction") : null].filter(Boolean).join(" · "),
      " ",
      proofBadge(page, payload),
    ),
    payload.decode_error ? remark(payload.decode_error, "bad") : null,
    headersView(payload.headers, "Headers"),
    payload.trailers && Object.keys(payload.trailers).length ? headersView(payload.trailers, "Trailers") : null,
  ]);
  await bodyView(root, page, payload, { mode: rest[0] ?? "", address: `${address}/${part}`, blocks: part === "request" ? detail.request_blocks : detail.response_blocks, curl: () => asCurl(page, detail) });
}

/** @param {Record<string, string | string[]>} headers @param {string} title */
function headersView(headers, title) {
  const rows = Object.entries(headers).flatMap(([name, values]) => [values].flat().map((value) => h("tr", {}, h("th", { scope: "row" }, ...visible(name)), h("td", {}, ...visible(String(value))))));
  if (!rows.length) return remark(`No ${title.toLowerCase()} were recorded.`);
  return fold([title, h("small", {}, ` ${rows.length}`)], () => h("table", { class: "headers" }, rows), { open: rows.length <= 14 });
}

/** Return a badge that says whether a body is what crossed the wire: hashed here and now. @param {Page} page @param {Parameters<typeof proveBody>[1]} payload */
function proofBadge(page, payload) {
  const badge = h("span", { class: "badge proof" }, "hashing …");
  proveBody(page.store, payload).then(
    ({ state, text }) => {
      const [word, name] = { proved: ["✓ proved", "good"], redacted: ["✓ proved as redacted", "good"], unproved: ["no hash recorded", ""], wrong: ["✗ not what was recorded", "bad"] }[state];
      badge.className = `badge proof ${name}`;
      badge.textContent = word;
      badge.title = text;
    },
    (error) => (badge.textContent = `not hashed: ${error.message}`),
  );
  return badge;
}

/**
 * Show a body in the way that the address names, with a switch for the others.
 * @param {HTMLElement} root @param {Page} page @param {Payload} payload
 * @param {{mode: string, address: string, blocks: number | null, curl: () => Promise<string>}} options
 */
async function bodyView(root, page, payload, { mode, address, blocks, curl }) {
  const body = await page.store.body(payload.body);
  const modes = bodyModes(page, payload, body, blocks);
  if (!body.length && !modes.length) {
    root.append(remark("No body."));
    return;
  }
  const [current, , show] = modes.find(([name]) => name === mode) ?? modes[0];
  append(root, [
    h(
      "div",
      { class: "subtabs" },
      modes.map(([name, label]) => h("a", { href: `${address}/${name}`, "aria-current": name === current ? "true" : null }, label)),
      h("span", { class: "space" }),
      copyButton("Copy body", async () => new TextDecoder().decode(body)),
      address.endsWith("request") ? copyButton("Copy as curl", curl) : null,
    ),
    await show(),
  ]);
}

/** Return the ways in which a body can be shown: name, label, what makes it. @param {Page} page @param {Payload} payload @param {Uint8Array} body @param {number | null} blocks @returns {[string, string, () => any][]} */
function bodyModes(page, payload, body, blocks) {
  /** @type {[string, string, () => any][]} */
  const modes = [];
  if (blocks !== null) modes.push(["rendered", "Rendered", async () => h("div", {}, renderBlocks(await page.store.json(blocks), { page }))]);
  if (!body.length) return modes;
  const text = isText(body) ? new TextDecoder().decode(body) : null;
  const value = text !== null && /^\s*[[{"\d]/.test(text.slice(0, 50)) ? parsed(text) : undefined;
  if (value !== undefined) modes.push(["json", "JSON", () => jsonView(value, { open: 2 })]);
  const events = streamEvents(payload, body);
  if (events) modes.push(["events", `${plural(events.length, "event")}`, () => eventsView(events)]);
  const image = text === null ? imageType(body) : null;
  if (image) modes.push(["image", "Image", () => imageOfBytes(body, image)]);
  if (text !== null) modes.push(["raw", "Raw", () => h("div", { class: "block" }, textView(text, { mono: true, boxed: true }))]);
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
  const root = h("div", { class: "hex", tabindex: "0", role: "region", "aria-label": "Bytes" });
  let at = 0;
  const add = () => {
    const lines = [];
    for (const end = Math.min(body.length, at + 16 * 128); at < end; at += 16) lines.push(hexLine(body.subarray(at, at + 16), at));
    root.append(h("div", {}, lines.join("\n")));
    return at < body.length;
  };
  if (add()) growWithScrolling(root, () => at < body.length && (add(), true));
  return root;
}

/** @param {Uint8Array} part @param {number} at */
function hexLine(part, at) {
  const codes = [...part].map((one) => one.toString(16).padStart(2, "0")).join(" ");
  const text = [...part].map((one) => (one >= 32 && one < 127 ? String.fromCharCode(one) : "·")).join("");
  return `${at.toString(16).padStart(8, "0")}  ${codes.padEnd(48)} ${text}`;
}

/** Return a list of events, and below it the one that is chosen. @param {StreamEvent[]} events */
function eventsView(events) {
  const detail = h("div", { class: "event-detail" }, h("span", { class: "dim" }, "Choose an event."));
  const rows = h("div", { class: "events" });
  const list = new VirtualList(rows, {
    label: "Events",
    rowHeight: 24,
    row: (place) => eventRow(events[place].at, events[place].kind, events[place].end - events[place].start, events[place].data().slice(0, 300)),
    onSelect: (place) => showData(detail, events[place].data()),
  });
  rows.style.height = listHeight(events.length);
  list.set(events.length);
  return h("div", {}, rows, detail);
}

/** @param {number} count */
function listHeight(count) {
  return `min(40vh, ${Math.max(3, count) * 24 + 2}px)`;
}

/** @param {number | null} at @param {string} kind @param {number | null} size @param {string} beginning */
function eventRow(at, kind, size, beginning) {
  return h("div", {}, h("span", { class: "at" }, at === null ? "" : `${at.toFixed(3)} s`), h("span", { class: "kind" }, isolated(kind)), h("span", { class: "size" }, bytes(size)), h("span", { class: "grow dim" }, isolated(beginning)));
}

/** @param {HTMLElement} root @param {string} text */
function showData(root, text) {
  const value = parsed(text);
  root.replaceChildren(value !== null && typeof value === "object" ? jsonView(value, { open: 3 }) : textView(text, { mono: true }));
}

/** @param {HTMLElement} root @param {Page} page @param {ExchangeDetail} detail @param {string} address @param {number | null} turnPart */
async function webSocketView(root, page, detail, address, turnPart) {
  const socket = /** @type {NonNullable<ExchangeDetail["websocket"]>} */ (detail.websocket);
  const { started } = page.exchange(detail.line);
  const box = h("div", { class: "event-detail" }, h("span", { class: "dim" }, "Choose a message."));
  const rows = h("div", { class: "events" });
  const body = async (/** @type {number} */ place) => page.store.body(socket.messages[place].body);
  const list = new VirtualList(rows, {
    label: "WebSocket messages",
    rowHeight: 24,
    row: (place) => messageRow(socket.messages[place], started, body(place)),
    onSelect: async (place) => showMessage(box, page, socket.messages[place], await body(place)),
  });
  const closed = `Closed${socket.closed_by ? ` by the ${socket.closed_by}` : ""}${socket.close_code === null ? "" : ` with code ${socket.close_code}`}${socket.close_reason ? `: ${socket.close_reason}` : ""}`;
  append(root, [remark(`${plural(socket.messages.length, "message")}. ${closed}.${socket.lost ? ` ${plural(socket.lost, "message")} lost.` : ""}`), rows, box, h("p", { class: "remark" }, h("a", { href: `${address}/request` }, "Headers of the handshake"))]);
  rows.style.height = listHeight(socket.messages.length);
  list.set(socket.messages.length);
  const begins = turnPart === null ? undefined : page.summary.turns.find((turn) => turn.line === detail.line && turn.part === turnPart)?.started;
  if (begins !== undefined) list.choose(socket.messages.findIndex(({ at }) => at >= begins - 0.0005));
}

/** @param {any} message @param {number} started @param {Promise<Uint8Array>} body */
function messageRow(message, started, body) {
  const row = eventRow(message.at - started, message.direction === "client" ? "↑ client" : "↓ server", message.size, "");
  body.then((content) => {
    const text = new TextDecoder().decode(content.subarray(0, 400));
    const type = /"type"\s*:\s*"([^"]{1,80})"/.exec(text)?.[1];
    /** @type {Element} */ (row.children[1]).append(type ? ` ${type}` : "");
    /** @type {Element} */ (row.lastElementChild).replaceChildren(isolated(text.slice(0, 300)));
  });
  return row;
}

/** @param {HTMLElement} root @param {Page} page @param {any} message @param {Uint8Array} content */
function showMessage(root, page, message, content) {
  const shown = h("div", {});
  if (isText(content)) showData(shown, new TextDecoder().decode(content));
  else shown.append(hexView(content));
  root.replaceChildren(h("p", { class: "remark" }, `${message.direction}, ${message.type}, ${bytes(message.size)} `, proofBadge(page, message), " ", copyButton("Copy", async () => new TextDecoder().decode(content))), shown);
}
