// The events of a streamed body, each with the time at which its last byte arrived: SSE, and the frames of AWS.

/**
 * @typedef {object} StreamEvent
 * @property {string} kind Its event name, or the type in its data.
 * @property {number | null} at Seconds after the exchange began.
 * @property {number} start First byte.
 * @property {number} end
 * @property {() => string} data Its data as text.
 */

/** Return the events of a payload's body; null where it is no stream of events. @param {Payload} payload @param {Uint8Array} body */
function streamEvents(payload, body) {
  const type = String(payload.headers["content-type"] ?? "");
  const time = timeFinder(payload.pieces);
  if (type.includes("vnd.amazon.eventstream")) return awsEvents(body, time);
  if (payload.kind === "sse" || type.includes("event-stream")) return sseEvents(body, time);
  return null;
}

/** Return what finds the time of a byte. @param {[number, number][]} pieces */
function timeFinder(pieces) {
  return (/** @type {number} */ offset) => {
    let [low, high] = [0, pieces.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (pieces[middle][1] <= offset) low = middle + 1;
      else high = middle;
    }
    return low ? pieces[low - 1][0] : null;
  };
}

/** @param {Uint8Array} body @param {(offset: number) => number | null} time @returns {StreamEvent[]} */
function sseEvents(body, time) {
  const events = [];
  let start = 0;
  for (let at = 0; at <= body.length; at += 1) {
    // Jump to the next end of a line: most bytes are none.
    const end = at < body.length ? body.indexOf(10, at) : -1;
    const stop = end < 0 ? body.length : end;
    const isBlank = stop === at || (stop === at + 1 && body[at] === 13);
    if ((isBlank || end < 0) && stop > start) {
      const last = end < 0 ? body.length : stop + 1;
      if (!isBlank || at > start) events.push(sseEvent(body, start, last, time(last - 1)));
    }
    if (isBlank || end < 0) start = stop + 1;
    at = stop;
  }
  return events;
}

/** @param {Uint8Array} body @param {number} start @param {number} end @param {number | null} at @returns {StreamEvent} */
function sseEvent(body, start, end, at) {
  const text = () => new TextDecoder().decode(body.subarray(start, end));
  const head = new TextDecoder().decode(body.subarray(start, Math.min(end, start + 240)));
  const named = /^event: ?(.*)$/m.exec(head)?.[1].trim();
  const typed = /"(?:type|object)"\s*:\s*"([^"]{1,80})"/.exec(head)?.[1];
  const kind = named || typed || (head.startsWith(":") ? "comment" : /\[DONE\]/.test(head) ? "[DONE]" : "data");
  const data = () => text().split(/\r\n|\n|\r/).filter((line) => line.startsWith("data:")).map((line) => line.slice(5).replace(/^ /, "")).join("\n") || text();
  return { kind, at, start, end, data };
}

/** @param {Uint8Array} body @param {(offset: number) => number | null} time @returns {StreamEvent[]} */
function awsEvents(body, time) {
  const events = [];
  const view = new DataView(body.buffer, body.byteOffset, body.byteLength);
  for (let start = 0; start + 16 <= body.length; ) {
    const length = view.getUint32(start);
    const end = start + length;
    if (length < 16 || end > body.length) {
      events.push({ kind: "damaged frame", at: time(body.length - 1), start, end: body.length, data: () => "" });
      break;
    }
    const content = start + 12 + view.getUint32(start + 4);
    const named = awsHeaders(body.subarray(start + 12, content));
    const payload = new TextDecoder().decode(body.subarray(content, end - 4));
    const kind = named[":event-type"] ?? named[":exception-type"] ?? named[":message-type"] ?? "frame";
    events.push({ kind, at: time(end - 1), start, end, data: () => innerPayload(payload) });
    start = end;
  }
  return events;
}

/** Return the text headers of a frame. @param {Uint8Array} bytes_ @returns {Record<string, string>} */
function awsHeaders(bytes_) {
  const decoder = new TextDecoder();
  const found = /** @type {Record<string, string>} */ ({});
  for (let at = 0; at + 4 < bytes_.length; ) {
    const name = decoder.decode(bytes_.subarray(at + 1, at + 1 + bytes_[at]));
    at += 1 + bytes_[at];
    if (bytes_[at] !== 7) break;
    const length = (bytes_[at + 1] << 8) | bytes_[at + 2];
    found[name] = decoder.decode(bytes_.subarray(at + 3, at + 3 + length));
    at += 3 + length;
  }
  return found;
}

/** Return the JSON that a frame carries in base64, where it does. @param {string} payload */
function innerPayload(payload) {
  const inner = parsed(payload)?.bytes;
  if (typeof inner !== "string") return payload;
  return new TextDecoder().decode(Uint8Array.from(atob(inner), (character) => character.charCodeAt(0)));
}
