// Search in all content, by two workers; what a text is found in is reported as it is found.

/**
 * @typedef {{kind: "item" | "turn" | "exchange", number: number}} Owner An exchange by its line.
 * @typedef {{owner: Owner, piece: number, excerpt: string}} SearchHit
 */

const WORKERS = 2;
/** Milliseconds after which workers that nothing is asked of end: a browser is slow to free what they have read. */
const IDLE = 2000;

/**
 * Find a text, whatever its case, in the content of a store; each owner is reported once.
 * @param {Store} store @param {string} text
 * @param {{onHit: (hit: SearchHit) => void, onProgress?: (done: number) => void, signal?: AbortSignal}} options
 * @returns {Promise<void>} Fulfilled when all is searched, or the search was cancelled, as another one of the store does.
 */
async function search(store, text, { onHit, onProgress = () => {}, signal }) {
  const engine = engines.get(store) ?? new SearchEngine(store);
  engines.set(store, engine);
  const seen = new Set();
  engine.begin();
  try {
    await engine.take(await store.index());
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
  } finally {
    engine.end();
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

/** @type {WeakMap<Store, SearchEngine>} */
const engines = new WeakMap();

class SearchEngine {
  /** @param {Store} store */
  constructor(store) {
    this.store = store;
    /** @type {Index | null} */
    this.index = null;
    this.taken = Promise.resolve();
    /** @type {Map<number, Owner>} */
    this.owners = new Map();
    /** @type {Set<number>} */
    this.skipped = new Set();
    /** @type {(readonly [number, number])[]} */
    this.begins = [];
    /** Pieces and chunks that the workers have. */
    this.pieces = 0;
    this.chunks = 0;
    /** Number of the last search, and how many there are now. */
    this.number = 0;
    this.running = 0;
    this.timer = 0;
    /** Ends the last search. */
    this.cancel = () => {};
    const source = [fromBase64, inflated, foundBytes, foundTexts, searchWorker].map(String).join("\n");
    const address = URL.createObjectURL(new Blob([`"use strict";\n${source}\nsearchWorker();`], { type: "text/javascript" }));
    this.workers = Array.from({ length: WORKERS }, () => new Worker(address));
  }

  begin() {
    this.running += 1;
    clearTimeout(this.timer);
  }

  end() {
    this.running -= 1;
    if (this.running) return;
    this.timer = setTimeout(() => {
      engines.delete(this.store);
      for (const worker of this.workers) worker.terminate();
    }, IDLE);
  }

  /** Take what an index has and no earlier one had. @param {Index} index @returns {Promise<void>} */
  take(index) {
    if (this.index !== index) {
      this.index = index;
      this.taken = this.taken.then(() => this.learn(index));
    }
    return this.taken;
  }

  /** @param {Index} index */
  async learn(index) {
    this.findOwners(index);
    for await (const { data, packed, pieces } of this.store.contents.chunks(index, this.pieces)) {
      let end = 0;
      /** @type {SearchedChunk} */
      const added = {
        data,
        packed,
        numbers: Int32Array.from(pieces, (piece) => (this.skipped.has(piece) ? -1 : piece)),
        ends: Uint32Array.from(pieces, (piece) => (end += index.pieces[piece])),
      };
      this.workers[this.chunks % WORKERS].postMessage({ added: [added] }, [data.buffer]);
      this.chunks += 1;
    }
    this.pieces = index.pieces.length;
  }

  /** @param {Index} index */
  findOwners(index) {
    this.owners = new Map();
    // The blocks of an item hold no text that the item does not.
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
  }

  /**
   * @param {string[]} needles @param {(found: FoundPiece[]) => void} onFound @param {(done: number) => void} onProgress
   * @param {AbortSignal} [signal] @returns {Promise<void>}
   */
  run(needles, onFound, onProgress, signal) {
    this.cancel();
    this.number += 1;
    const search = this.number;
    const done = this.workers.map(() => 0);
    const over = new AbortController();
    return new Promise((/** @type {(value: void) => void} */ resolve, reject) => {
      const end = () => {
        // Another search that began since then ended this one in the workers.
        if (search === this.number) for (const worker of this.workers) worker.postMessage({ search: 0 });
        resolve();
      };
      this.cancel = resolve;
      signal?.addEventListener("abort", end, { signal: over.signal });
      for (const [place, worker] of this.workers.entries()) {
        const take = (/** @type {MessageEvent} */ { data }) => {
          if (data.search !== search) return;
          if (data.found.length) onFound(data.found);
          done[place] = data.done;
          onProgress(done.reduce((sum, one) => sum + one, 0) / WORKERS);
          if (done.every((one) => one === 1)) resolve();
        };
        worker.addEventListener("message", take, { signal: over.signal });
        worker.addEventListener("error", (event) => reject(new Error(event.message)), { signal: over.signal });
        worker.postMessage({ search, needles });
      }
    }).finally(() => over.abort());
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
