// The content of the run: pieces, and the bodies that are made of them. Only what was read last stays decoded.

/**
 * Where pieces come from.
 * @typedef {object} Contents
 * @property {() => Promise<Index>} index
 * @property {(numbers: number[]) => Promise<Map<number, Uint8Array<ArrayBuffer>>>} pieces
 * @property {(index: Index, first: number) => AsyncGenerator<{data: Uint8Array<ArrayBuffer>, packed: boolean, pieces: number[]}>} chunks
 *   All content from a piece on, what a reader means most often first.
 */

/** Bytes of decoded chunks that are kept. */
const KEPT = 24 << 20;

class Store {
  /** @param {Contents} contents */
  constructor(contents) {
    this.contents = contents;
    /** @type {Promise<Index> | null} */
    this.known = null;
    /** @type {Promise<Map<number, number[]>> | null} */
    this.holes = null;
  }

  /** @returns {Promise<Index>} */
  index() {
    this.known ??= this.contents.index();
    return this.known;
  }

  /** Read the index again when it is asked for: the run went on. */
  refresh() {
    this.known = null;
    this.holes = null;
  }

  /** @param {number[]} numbers @returns {Promise<Map<number, Uint8Array<ArrayBuffer>>>} */
  async pieces(numbers) {
    this.holes ??= this.index().then(({ holes }) => new Map(holes.map(([piece, ...texts]) => [piece, texts])));
    const holes = await this.holes;
    const inHoles = numbers.flatMap((piece) => holes.get(piece)?.filter((_, place) => place % 2) ?? []);
    const found = await this.contents.pieces([...numbers, ...inHoles]);
    for (const piece of new Set(numbers)) {
      const kept = found.get(piece);
      const texts = holes.get(piece);
      if (kept && texts) found.set(piece, filled(kept, texts, found));
    }
    return found;
  }

  /** @param {number} piece @returns {Promise<Uint8Array<ArrayBuffer>>} */
  async bytes(piece) {
    const found = (await this.pieces([piece])).get(piece);
    if (!found) throw new Error(`The page has no piece ${piece}.`);
    return found;
  }

  /** @param {number} piece @returns {Promise<string>} */
  async text(piece) {
    return new TextDecoder("utf-8", { ignoreBOM: true }).decode(await this.bytes(piece));
  }

  /** @param {number} piece @returns {Promise<any>} */
  async json(piece) {
    return JSON.parse(await this.text(piece));
  }

  /** Return an exchange whole. @param {number} place Its place in `summary.exchanges`. @returns {Promise<ExchangeDetail>} */
  async detail(place) {
    return this.json((await this.index()).details[place]);
  }

  /** Return the very bytes of a body. @param {Recipe} recipe @returns {Promise<Uint8Array<ArrayBuffer>>} */
  async body(recipe) {
    const { items } = await this.index();
    /** @type {(number | Uint8Array<ArrayBuffer>)[]} */
    const parts = [];
    for (const part of recipe) {
      if (typeof part === "number") parts.push(part);
      else if (typeof part === "string") parts.push(new TextEncoder().encode(part));
      else {
        const by = new TextEncoder().encode(part.by);
        const numbers = "items" in part ? expanded(part.items).map((item) => items[item].raw) : expanded(part.pieces);
        numbers.forEach((piece, place) => parts.push(...(place ? [by, piece] : [piece])));
      }
    }
    return joined(parts, await this.pieces(parts.filter((part) => typeof part === "number")));
  }
}

/** Return a piece with what is in its holes. @param {Uint8Array} kept @param {number[]} texts @param {Map<number, Uint8Array>} pieces */
function filled(kept, texts, pieces) {
  const parts = [];
  let end = 0;
  for (let place = 0, size = 0; place < texts.length; place += 2) {
    const text = /** @type {Uint8Array} */ (pieces.get(texts[place + 1]));
    // Places count what is in the holes before.
    const begin = texts[place] - size;
    parts.push(kept.subarray(end, begin), text);
    size += text.length;
    end = begin;
  }
  return joined([...parts, kept.subarray(end)], pieces);
}

/** @param {(number | Uint8Array)[]} parts @param {Map<number, Uint8Array>} pieces @returns {Uint8Array<ArrayBuffer>} */
function joined(parts, pieces) {
  const all = parts.map((part) => /** @type {Uint8Array} */ (typeof part === "number" ? pieces.get(part) : part));
  const body = new Uint8Array(all.reduce((size, one) => size + one.length, 0));
  let end = 0;
  for (const one of all) {
    body.set(one, end);
    end += one.length;
  }
  return body;
}

/** The contents of a page that has all of it in elements of its own, which may still be on their way. */
class EmbeddedContents {
  constructor() {
    /** @type {Map<number, Promise<Uint8Array<ArrayBuffer>>>} Chunks that were read last, the newest at the end. */
    this.decoded = new Map();
    this.size = 0;
    /** @type {Promise<Index>} */
    this.known = embeddedText("index").then(unpackedJson);
    this.places = this.known.then(placesOf);
  }

  /** @returns {Promise<Index>} */
  index() {
    return this.known;
  }

  /** @param {number[]} numbers @returns {Promise<Map<number, Uint8Array<ArrayBuffer>>>} */
  async pieces(numbers) {
    const { chunkOf, begins, lengths } = await this.places;
    /** @type {Map<number, Uint8Array<ArrayBuffer>>} */
    const found = new Map();
    const wanted = [...new Set(numbers)].filter((piece) => piece < lengths.length);
    const chunks = [...new Set(wanted.map((piece) => chunkOf[piece]))];
    const data = new Map(await Promise.all(chunks.map(async (chunk) => /** @type {const} */ ([chunk, await this.chunk(chunk)]))));
    for (const piece of wanted) {
      const chunk = /** @type {Uint8Array<ArrayBuffer>} */ (data.get(chunkOf[piece]));
      found.set(piece, chunk.subarray(begins[piece], begins[piece] + lengths[piece]));
    }
    return found;
  }

  /** @param {number} number @returns {Promise<Uint8Array<ArrayBuffer>>} */
  chunk(number) {
    const known = this.decoded.get(number);
    this.decoded.delete(number);
    const data = known ?? embeddedText(`c${number}`).then((text) => inflated(fromBase64(text)));
    this.decoded.set(number, data);
    if (!known) data.then(({ length }) => this.forget(length), () => this.decoded.delete(number));
    return data;
  }

  /** @param {Index} index @param {number} first @returns {AsyncGenerator<{data: Uint8Array<ArrayBuffer>, packed: boolean, pieces: number[]}>} */
  async *chunks(index, first) {
    const chunks = first ? [] : index.chunks.map((_, chunk) => chunk);
    chunks.sort((a, b) => index.lanes[a] - index.lanes[b]);
    for (const chunk of chunks) yield { data: fromBase64(await embeddedText(`c${chunk}`)), packed: true, pieces: expanded(index.chunks[chunk]) };
  }

  /** Forget what was read longest ago. @param {number} added Bytes that were read now. */
  async forget(added) {
    this.size += added;
    while (this.size > KEPT && this.decoded.size > 1) {
      const [oldest, data] = /** @type {[number, Promise<Uint8Array>]} */ (this.decoded.entries().next().value);
      this.decoded.delete(oldest);
      this.size -= (await data).length;
    }
  }
}

/** Return where each piece is. @param {Index} index */
function placesOf({ pieces: lengths, chunks }) {
  const chunkOf = new Uint32Array(lengths.length);
  const begins = new Uint32Array(lengths.length);
  for (const [chunk, ranges] of chunks.entries()) {
    let begin = 0;
    for (const piece of expanded(ranges)) {
      chunkOf[piece] = chunk;
      begins[piece] = begin;
      begin += lengths[piece];
    }
  }
  return { lengths, chunkOf, begins };
}

/** Return the text of an element, once the browser has read all of it. @param {string} id @returns {Promise<string>} */
async function embeddedText(id) {
  for (;;) {
    const element = document.getElementById(id);
    if (element?.nextElementSibling || (element && document.readyState !== "loading")) return element.textContent ?? "";
    if (document.readyState === "complete") throw new Error(`The page is cut short: ${id} is missing.`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
