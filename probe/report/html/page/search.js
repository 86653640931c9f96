// Search in all content, by workers that last as long as the search: a browser is slow to free what they have read.

const WORKERS = 2;

/** Ends the last search in each store. @type {WeakMap<Store, () => void>} */
const searching = new WeakMap();

/**
 * Find a text, whatever its case, in the content of a store; each owner is reported once.
 * @param {Store} store @param {string} text
 * @param {{onHit: (hit: SearchHit) => void, onProgress?: (done: number) => void, signal?: AbortSignal}} options
 * @returns {Promise<void>} Fulfilled when all is searched, or the search was cancelled, as another one of the store does.
 */
async function search(store, text, { onHit, onProgress = () => {}, signal }) {
  searching.get(store)?.();
  let cancelled = signal?.aborted ?? false;
  const cancel = new Promise((/** @type {(value: void) => void} */ resolve) => {
    const end = () => {
      cancelled = true;
      resolve();
    };
    searching.set(store, end);
    signal?.addEventListener("abort", end);
  });
  const index = await store.index();
  const { ownerOf, isSearched } = ownersOf(index);
  const needles = needlesOf(text);
  const chunks = store.contents.chunks(index);
  const seen = new Set();
  let done = 0;

  /** @param {SearchWorker} worker */
  const work = async (worker) => {
    for await (const { data, packed, pieces } of chunks) {
      let end = 0;
      const numbers = Int32Array.from(pieces, (piece) => (isSearched(piece) ? piece : -1));
      const ends = Uint32Array.from(pieces, (piece) => (end += index.pieces[piece]));
      done += pieces.length;
      for (const { piece, excerpt } of await worker.found({ data, packed, numbers, ends, needles })) {
        const owner = ownerOf(piece);
        const key = `${owner.kind}-${owner.number}`;
        if (!seen.has(key) && !cancelled) onHit({ owner, piece, excerpt });
        seen.add(key);
      }
      if (cancelled) return;
      onProgress(done / index.pieces.length);
    }
  };
  const workers = cancelled ? [] : Array.from({ length: WORKERS }, () => new SearchWorker());
  try {
    // While one chunk of a worker is searched, its next one is on the way.
    await Promise.race([cancel, Promise.all([...workers, ...workers].map(work))]);
  } finally {
    for (const worker of workers) worker.end();
  }
}

class SearchWorker {
  constructor() {
    const source = [fromBase64, inflated, foundBytes, foundTexts, searchWorker].map(String).join("\n");
    const address = URL.createObjectURL(new Blob([`"use strict";\n${source}\nsearchWorker();`], { type: "text/javascript" }));
    this.worker = new Worker(address);
    URL.revokeObjectURL(address);
    /** What waits for an answer; they come in turn. @type {{resolve: (found: FoundPiece[]) => void, reject: (error: Error) => void}[]} */
    this.waiting = [];
    this.worker.onmessage = ({ data }) => this.waiting.shift()?.resolve(data);
    this.worker.onerror = (event) => this.waiting.shift()?.reject(new Error(event.message));
  }

  /** Return the pieces of a chunk that hold a text. @param {SearchedChunk} chunk @returns {Promise<FoundPiece[]>} */
  found(chunk) {
    this.worker.postMessage(chunk);
    return new Promise((resolve, reject) => this.waiting.push({ resolve, reject }));
  }

  end() {
    this.worker.terminate();
  }
}

/** Return a text as it may be written: plainly, within JSON, and within JSON in JSON. @param {string} text */
function needlesOf(text) {
  const ascii = (/** @type {string} */ one) =>
    one.replace(/[\u0080-\uffff]/g, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`);
  const within = (/** @type {string} */ one) => JSON.stringify(one).slice(1, -1);
  // A letter beyond ASCII has another escape in the other case.
  const texts = [text, text.toLowerCase()];
  const once = texts.flatMap((one) => [within(one), ascii(within(one))]);
  return [...new Set([...texts, ...once, ...once.map(within)].map((needle) => needle.toLowerCase()))];
}

/** Return what pieces belong to, and which are to be searched. @param {Index} index */
function ownersOf({ items, turns, details, lines, begins }) {
  /** @type {Map<number, Owner>} */
  const owners = new Map(items.map(({ raw }, number) => [raw, { kind: "item", number }]));
  for (const [number, { answer, notes, echoes }] of Object.entries(turns)) {
    for (const piece of [answer, notes, echoes]) {
      if (piece !== null && !owners.has(piece)) owners.set(piece, { kind: "turn", number: Number(number) });
    }
  }
  for (const [place, piece] of details.entries()) owners.set(piece, { kind: "exchange", number: lines[place] });
  const first = begins.map((begin, place) => ({ begin, line: lines[place] })).sort((a, b) => b.begin - a.begin);
  /** What is known of no owner came with an exchange. @param {number} piece @returns {Owner} */
  const ownerOf = (piece) =>
    owners.get(piece) ?? { kind: "exchange", number: /** @type {{line: number}} */ (first.find(({ begin }) => begin <= piece)).line };
  // The blocks of an item hold no text that the item does not.
  const blocks = new Set(items.map((item) => item.blocks));
  return { ownerOf, isSearched: (/** @type {number} */ piece) => owners.has(piece) || !blocks.has(piece) };
}
