// Search in all content, by two workers; what a text is found in is reported as it is found.

/**
 * @typedef {{kind: "item" | "turn" | "exchange", number: number}} Owner An exchange by its line.
 * @typedef {{owner: Owner, piece: number, excerpt: string}} Hit
 */

const WORKERS = 2;

/**
 * Find a text, whatever its case, in the content of a store; each owner is reported once.
 * @param {Store} store @param {string} text
 * @param {{onHit: (hit: Hit) => void, onProgress?: (done: number) => void, signal?: AbortSignal}} options
 * @returns {Promise<void>} Fulfilled when all is searched, or the search was cancelled.
 */
async function search(store, text, { onHit, onProgress = () => {}, signal }) {
  const index = await store.index();
  const engine = await engineOf(store, index);
  const seen = new Set();
  if (signal?.aborted) return;
  await engine.run(
    needlesOf(text),
    (found) => {
      for (const { piece, excerpt } of found) {
        const owner = engine.ownerOf(piece);
        const key = `${owner.kind}-${owner.number}`;
        if (!seen.has(key)) onHit({ owner, piece, excerpt });
        seen.add(key);
      }
    },
    onProgress,
    signal,
  );
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

/** @type {WeakMap<Index, Promise<SearchEngine>>} */
const engines = new WeakMap();

/** @param {Store} store @param {Index} index @returns {Promise<SearchEngine>} */
function engineOf(store, index) {
  const found = engines.get(index) ?? SearchEngine.made(store, index);
  engines.set(index, found);
  return found;
}

class SearchEngine {
  /** @param {Index} index */
  constructor(index) {
    /** @type {Map<number, Owner>} */
    this.owners = new Map();
    this.skipped = new Set(index.items.map((item) => item.blocks));
    for (const [number, item] of index.items.entries()) {
      this.skipped.delete(item.raw);
      this.owners.set(item.raw, { kind: "item", number });
    }
    for (const [number, { answer, notes, echoes }] of Object.entries(index.turns)) {
      for (const piece of [answer, notes, echoes]) {
        if (piece !== null && !this.owners.has(piece)) this.owners.set(piece, { kind: "turn", number: Number(number) });
      }
    }
    for (const [place, piece] of index.details.entries()) this.owners.set(piece, { kind: "exchange", number: index.lines[place] });
    this.begins = index.begins.map((begin, place) => /** @type {const} */ ([begin, index.lines[place]])).sort((a, b) => a[0] - b[0]);
    this.number = 0;
    const source = [fromBase64, inflated, foundPieces, searchWorker].map(String).join("\n");
    const address = URL.createObjectURL(new Blob([`"use strict";\n${source}\nsearchWorker();`], { type: "text/javascript" }));
    this.workers = Array.from({ length: WORKERS }, () => new Worker(address));
  }

  /** Return an engine that has all content. @param {Store} store @param {Index} index */
  static async made(store, index) {
    const engine = new SearchEngine(index);
    const chunks = index.chunks.length ? index.chunks.map((_, chunk) => chunk) : [];
    // What a reader means most often comes first.
    chunks.sort((a, b) => index.lanes[a] - index.lanes[b]);
    for (const [place, chunk] of chunks.entries()) {
      const numbers = expanded(index.chunks[chunk]);
      let end = 0;
      /** @type {SearchedChunk} */
      const added = {
        data: fromBase64(await embeddedText(`c${chunk}`)),
        packed: true,
        numbers: Int32Array.from(numbers, (piece) => (engine.skipped.has(piece) ? -1 : piece)),
        ends: Uint32Array.from(numbers, (piece) => (end += index.pieces[piece])),
      };
      engine.workers[place % WORKERS].postMessage({ added: [added], search: 0 }, [added.data.buffer]);
    }
    return engine;
  }

  /**
   * @param {string[]} needles @param {(found: FoundPiece[]) => void} onFound @param {(done: number) => void} onProgress
   * @param {AbortSignal} [signal] @returns {Promise<void>}
   */
  run(needles, onFound, onProgress, signal) {
    this.number += 1;
    const search = this.number;
    const done = this.workers.map(() => 0);
    return new Promise((resolve, reject) => {
      const end = () => {
        for (const worker of this.workers) worker.postMessage({ search: 0 });
        resolve();
      };
      signal?.addEventListener("abort", end, { once: true });
      for (const [place, worker] of this.workers.entries()) {
        worker.addEventListener("message", ({ data }) => {
          if (data.search !== search || signal?.aborted) return;
          if (data.found.length) onFound(data.found);
          done[place] = data.done;
          onProgress(done.reduce((sum, one) => sum + one, 0) / WORKERS);
          if (done.every((one) => one === 1)) resolve();
        });
        worker.onerror = (event) => reject(new Error(event.message));
        worker.postMessage({ search, needles });
      }
    });
  }

  /** Return what a piece belongs to. @param {number} piece @returns {Owner} */
  ownerOf(piece) {
    const known = this.owners.get(piece);
    if (known) return known;
    let low = 0;
    for (let high = this.begins.length - 1; low < high; ) {
      const middle = Math.ceil((low + high) / 2);
      if (this.begins[middle][0] <= piece) low = middle;
      else high = middle - 1;
    }
    return { kind: "exchange", number: this.begins[low][1] };
  }
}
