// The events of a streamed body, each with the time at which its last byte arrived: SSE, and the frames of AWS.

/** Return the events of a payload's body; null where it is no stream of events. @param {Payload} payload @param {Uint8Array} body */
function streamEvents({ headers, kind, pieces }, body) {
  const type = String(headers["content-type"] ?? "");
  let piece = -1;
  /** Offsets come in their order. @param {number} offset */
  const time = (offset) => {
    while (pieces[piece + 1]?.[1] <= offset) piece += 1;
    return pieces[piece]?.[0] ?? null;
  };
  if (type.includes("vnd.amazon.eventstream")) return [...awsEvents(body, time)];
  return kind === "sse" || type.includes("event-stream") ? [...sseEvents(body, time)] : null;
}

/** @param {Uint8Array} body @param {number} [start] @param {number} [end] */
function textOf(body, start = 0, end = body.length) {
  return new TextDecoder().decode(body.subarray(start, end));
}

/** @param {Uint8Array} body @param {(offset: number) => number | null} time @returns {Generator<StreamEvent>} */
function* sseEvents(body, time) {
  for (let start = 0, line = 0; start < body.length; ) {
    // From line to line: an event ends with an empty one.
    const stop = body.indexOf(10, line);
    const end = stop < 0 ? body.length : stop + 1;
    const isEmpty = stop === line || (stop === line + 1 && body[line] === 13);
    line = end;
    if (!isEmpty && stop >= 0 && end < body.length) continue;
    const begin = start;
    start = end;
    if (isEmpty && end - begin <= 2) continue;
    const head = textOf(body, begin, Math.min(end, begin + 240));
    const kind = /^event: ?(.*)$/m.exec(head)?.[1].trim() || /"(?:type|object)"\s*:\s*"([^"]{1,80})"/.exec(head)?.[1];
    const data = () => {
      const text = textOf(body, begin, end);
      return [...text.matchAll(/^data: ?(.*)$/gm)].map((match) => match[1]).join("\n") || text;
    };
    yield { kind: kind || (head.startsWith(":") ? "comment" : "data"), at: time(end - 1), size: end - begin, data };
  }
}

/** @param {Uint8Array} body @param {(offset: number) => number | null} time @returns {Generator<StreamEvent>} */
function* awsEvents(body, time) {
  const view = new DataView(body.buffer, body.byteOffset, body.byteLength);
  for (let start = 0, end = 0; start < body.length; start = end) {
    const size = start + 16 <= body.length ? view.getUint32(start) : 0;
    const isWhole = size >= 16 && start + size <= body.length;
    end = isWhole ? start + size : body.length;
    const content = isWhole ? start + 12 + view.getUint32(start + 4) : end;
    // A header is its name, 7 for a text, the text's length in two bytes, and the text.
    const kind = /:(?:event|exception)-type\u0007[^]{2}([\w-]+)/.exec(textOf(body, start + 12, content))?.[1];
    const data = () => {
      const text = textOf(body, content, end - 4);
      const inner = parsed(text)?.bytes;
      return typeof inner === "string" ? textOf(fromBase64(inner)) : text;
    };
    yield { kind: isWhole ? (kind ?? "frame") : "damaged frame", at: time(end - 1), size: end - start, data };
  }
}
