// What runs in the search's workers. The text of these functions is all that a worker has, with that of decode.js.

/** Answer searches, one after the other. */
function searchWorker() {
  let last = Promise.resolve();
  self.onunhandledrejection = ({ reason }) => {
    throw reason;
  };
  self.onmessage = ({ data: { data, packed, numbers, ends, needles } }) => {
    const find = needles.every((/** @type {string} */ needle) => /^[\0-\x7f]*$/.test(needle)) ? foundBytes : foundTexts;
    last = last.then(async () => self.postMessage(find(packed ? await inflated(data) : data, numbers, ends, needles)));
  };
}

/**
 * Return the pieces of a chunk that hold one of some ASCII texts, whatever their case. Compares bytes, as Horspool does:
 * nearly all are passed over, and no text is made.
 * @param {Uint8Array<ArrayBuffer>} data @param {Int32Array} numbers @param {Uint32Array} ends @param {string[]} needles
 */
function foundBytes(data, numbers, ends, needles) {
  const fold = Uint8Array.from({ length: 256 }, (_, byte) => (byte >= 65 && byte <= 90 ? byte + 32 : byte));
  /** @type {Map<number, FoundPiece>} */
  const found = new Map();
  for (const text of needles) {
    const needle = new TextEncoder().encode(text);
    const last = needle.length - 1;
    const steps = new Int32Array(256).fill(needle.length);
    for (let place = 0; place < last; place += 1) steps[needle[place]] = last - place;
    let piece = 0;
    for (let at = 0; at + last < data.length; ) {
      let place = last;
      while (place >= 0 && fold[data[at + place]] === needle[place]) place -= 1;
      if (place >= 0) {
        at += steps[fold[data[at + last]]];
        continue;
      }
      while (ends[piece] <= at) piece += 1;
      const inside = at + last < ends[piece];
      if (inside && numbers[piece] >= 0) {
        const begin = Math.max(piece ? ends[piece - 1] : 0, at - 60);
        const excerpt = new TextDecoder().decode(data.subarray(begin, Math.min(ends[piece], at + last + 100)));
        found.set(numbers[piece], { piece: numbers[piece], excerpt });
      }
      at = inside ? ends[piece] : at + 1;
    }
  }
  return [...found.values()];
}

/**
 * Return the pieces of a chunk that hold one of some texts, whatever the case of letters beyond ASCII.
 * @param {Uint8Array<ArrayBuffer>} data @param {Int32Array} numbers @param {Uint32Array} ends @param {string[]} needles
 */
function foundTexts(data, numbers, ends, needles) {
  const found = [];
  for (const [place, piece] of numbers.entries()) {
    if (piece < 0) continue;
    const text = new TextDecoder().decode(data.subarray(place ? ends[place - 1] : 0, ends[place]));
    const lower = text.toLowerCase();
    const at = Math.max(...needles.map((needle) => lower.indexOf(needle)));
    if (at >= 0) found.push({ piece, excerpt: text.slice(Math.max(0, at - 60), at + 100) });
  }
  return found;
}
