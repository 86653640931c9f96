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
  const text = decoder.decode(data);
  const lower = text.toLowerCase();
  if (!needles.some((needle) => lower.includes(needle))) return [];
  // Places in the text are those in the bytes only where all characters are ASCII.
  if (lower.length === data.length) return foundPlaces(text, lower, numbers, ends, needles);
  const found = [];
  for (const [place, number] of numbers.entries()) {
    const piece = number < 0 ? "" : decoder.decode(data.subarray(place ? ends[place - 1] : 0, ends[place]));
    found.push(...foundPlaces(piece, piece.toLowerCase(), [number], [Infinity], needles));
  }
  return found;
}

/**
 * @param {string} text @param {string} lower @param {ArrayLike<number>} numbers @param {ArrayLike<number>} ends
 * @param {string[]} needles @returns {FoundPiece[]}
 */
function foundPlaces(text, lower, numbers, ends, needles) {
  /** @type {Map<number, FoundPiece>} */
  const found = new Map();
  for (const needle of needles) {
    let piece = 0;
    for (let at = lower.indexOf(needle); at >= 0; at = lower.indexOf(needle, Math.max(ends[piece], at + 1))) {
      while (ends[piece] <= at) piece += 1;
      const end = ends[piece];
      if (numbers[piece] < 0 || at + needle.length > end || found.has(numbers[piece])) continue;
      const begin = Math.max(piece ? ends[piece - 1] : 0, at - 60);
      found.set(numbers[piece], { piece: numbers[piece], excerpt: text.slice(begin, Math.min(end, at + needle.length + 100)) });
    }
  }
  return [...found.values()];
}
