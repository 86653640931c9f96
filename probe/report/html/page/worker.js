// What runs in the search's workers. The text of these functions is all that a worker has, with that of decode.js.

/**
 * A chunk, compressed, with the numbers of its pieces, -1 for those that are not searched, and where they end.
 * @typedef {{data: Uint8Array<ArrayBuffer>, packed: boolean, numbers: Int32Array, ends: Uint32Array}} SearchedChunk
 * @typedef {{piece: number, excerpt: string}} FoundPiece
 */

/** Answer searches: take chunks with `chunks`, search all of them for `needles`, in lower case, under a number. */
function searchWorker() {
  /** @type {SearchedChunk[]} */
  const chunks = [];
  let current = 0;
  self.onmessage = async ({ data: { added, search, needles } }) => {
    if (added) chunks.push(...added);
    current = search;
    if (!needles) return;
    for (const [place, chunk] of chunks.entries()) {
      const data = chunk.packed ? await inflated(chunk.data) : chunk.data;
      if (current !== search) return;
      const found = foundPieces(data, chunk.numbers, chunk.ends, needles);
      self.postMessage({ search, found, done: (place + 1) / chunks.length });
    }
    if (!chunks.length) self.postMessage({ search, found: [], done: 1 });
  };
}

/**
 * Return the pieces of a chunk that hold one of some texts, whatever their case.
 * @param {Uint8Array<ArrayBuffer>} data @param {Int32Array} numbers @param {Uint32Array} ends @param {string[]} needles
 * @returns {FoundPiece[]}
 */
function foundPieces(data, numbers, ends, needles) {
  const decoder = new TextDecoder();
  const found = [];
  for (const [place, piece] of numbers.entries()) {
    if (piece < 0) continue;
    const text = decoder.decode(data.subarray(place ? ends[place - 1] : 0, ends[place]));
    const lower = text.toLowerCase();
    for (const needle of needles) {
      const at = lower.indexOf(needle);
      if (at < 0) continue;
      found.push({ piece, excerpt: text.slice(Math.max(0, at - 60), at + needle.length + 100) });
      break;
    }
  }
  return found;
}
