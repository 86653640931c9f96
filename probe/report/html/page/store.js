// The content of the run: pieces, and the bodies that are made of them. Only what was read last stays decoded.

/** Bytes of decoded content that are kept. */
const KEPT = 8 << 20;
const encoder = new TextEncoder();

class Store {
  /** @param {Contents} contents */
  constructor(contents) {
    this.contents = contents;
    this.refresh();
  }

  /** Read the index again when it is asked for: the run went on. */
  refresh() {
    /** @type {Promise<Index> | null} */
    this.known = null;
    /** @type {Promise<Map<number, number[]>> | null} */
    this.holes = null;
  }

  index() {
    return (this.known ??= this.contents.index());
  }

  /** @param {number[]} numbers @returns {Promise<Pieces>} */
  async pieces(numbers) {
    const holes = await (this.holes ??= this.index().then((index) => new Map(index.holes.map(([piece, ...texts]) => [piece, texts]))));
    const inHoles = numbers.flatMap((piece) => holes.get(piece)?.filter((_, place) => place % 2) ?? []);
    const found = await this.contents.pieces(new Set([...numbers, ...inHoles]));
    for (const piece of new Set(numbers)) {
      const texts = holes.get(piece);
      if (texts) found.set(piece, filled(found, piece, texts));
    }
    return found;
  }

  /** @param {number} piece */
  async bytes(piece) {
    const found = (await this.pieces([piece])).get(piece);
    if (!found) throw new Error(`The page has no piece ${piece}.`);
    return found;
  }

  /** @param {number} piece */
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

  /** Return the very bytes of a body. @param {Recipe} recipe */
  async body(recipe) {
    const { items } = await this.index();
    const parts = recipe.flatMap((part) => {
      if (typeof part === "number") return part;
      if (typeof part === "string") return encoder.encode(part);
      const by = encoder.encode(part.by);
      const numbers = "items" in part ? expanded(part.items).map((item) => items[item].raw) : expanded(part.pieces);
      return numbers.flatMap((piece, place) => (place ? [by, piece] : piece));
    });
    const pieces = await this.pieces(parts.filter((part) => typeof part === "number"));
    return joined(parts.map((part) => (typeof part === "number" ? pieceOf(pieces, part) : part)));
  }
}

/** @param {Pieces} pieces @param {number} number */
function pieceOf(pieces, number) {
  return /** @type {Uint8Array<ArrayBuffer>} */ (pieces.get(number));
}

/** Return a piece with what is in its holes. @param {Pieces} pieces @param {number} number @param {number[]} texts */
function filled(pieces, number, texts) {
  const kept = pieceOf(pieces, number);
  const parts = [];
  let begin = 0;
  for (let place = 0, size = 0; place < texts.length; place += 2) {
    const text = pieceOf(pieces, texts[place + 1]);
    // Places count what is in the holes before.
    parts.push(kept.subarray(begin, (begin = texts[place] - size)), text);
    size += text.length;
  }
  return joined([...parts, kept.subarray(begin)]);
}

/** @param {Uint8Array[]} parts */
function joined(parts) {
  const all = new Uint8Array(parts.reduce((size, part) => size + part.length, 0));
  let end = 0;
  for (const part of parts) {
    all.set(part, end);
    end += part.length;
  }
  return all;
}

/** The contents of a page that has all of it in elements of its own, which may still be on their way. */
class EmbeddedContents {
  constructor() {
    /** @type {Map<number, Promise<Uint8Array<ArrayBuffer>>>} Chunks that were read last, the newest at the end. */
    this.decoded = new Map();
    this.size = 0;
    /** @type {Map<number, Promise<Uint8Array<ArrayBuffer>>>} Compressed chunks: a browser is slow to free their texts. */
    this.compressed = new Map();
    /** @type {Promise<Index>} */
    this.known = embeddedText("index").then(unpackedJson);
    this.places = this.known.then(placesOf);
  }

  index() {
    return this.known;
  }

  /** @param {Set<number>} numbers @returns {Promise<Pieces>} */
  async pieces(numbers) {
    const places = await this.places;
    const found = [...numbers].filter((piece) => piece < places.length).map(async (piece) => {
      const { chunk, begin, end } = places[piece];
      return /** @type {const} */ ([piece, (await this.chunk(chunk)).subarray(begin, end)]);
    });
    return new Map(await Promise.all(found));
  }

  /** @param {number} number @returns {Promise<Uint8Array<ArrayBuffer>>} */
  chunk(number) {
    const known = this.decoded.get(number);
    this.decoded.delete(number);
    const data = known ?? this.packed(number).then(inflated);
    this.decoded.set(number, data);
    if (!known) data.then(({ length }) => this.forget(length), () => this.decoded.delete(number));
    return data;
  }

  /** @param {number} number @returns {Promise<Uint8Array<ArrayBuffer>>} */
  packed(number) {
    const data = this.compressed.get(number) ?? embeddedText(`c${number}`).then(fromBase64);
    this.compressed.set(number, data);
    return data;
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

  /** @param {Index} index @returns {AsyncGenerator<ContentChunk>} */
  async *chunks({ chunks, lanes }) {
    const order = [...chunks.keys()].sort((a, b) => lanes[a] - lanes[b]);
    for (const chunk of order) yield { data: await this.packed(chunk), packed: true, pieces: expanded(chunks[chunk]) };
  }
}

/** Return where each piece is. @param {Index} index */
function placesOf({ pieces, chunks }) {
  /** @type {{chunk: number, begin: number, end: number}[]} */
  const places = Array(pieces.length);
  for (const [chunk, ranges] of chunks.entries()) {
    let end = 0;
    for (const piece of expanded(ranges)) places[piece] = { chunk, begin: end, end: (end += pieces[piece]) };
  }
  return places;
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
