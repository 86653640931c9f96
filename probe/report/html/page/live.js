// A run while it is being recorded: what the server sends is put together here, and drawn once for each frame.

/** Milliseconds after which a lost connection is made again. */
const AGAIN = 500;
/** Ranges of pieces that are asked for at once, and bytes of content that are searched at once. */
const RANGES = 300;
const SEARCHED = 1 << 20;

/** The contents of a run that a server reads: the index comes with the updates, pieces when they are asked for. */
class LiveContents {
  /** @param {LiveRun} run */
  constructor(run) {
    this.run = run;
    /** @type {Pieces} */
    this.read = new Map();
    this.size = 0;
  }

  async index() {
    return this.run.index;
  }

  /** @param {Set<number>} numbers @returns {Promise<Pieces>} */
  async pieces(numbers) {
    const lengths = this.run.index.pieces;
    const found = new Map([...numbers].filter((piece) => this.read.has(piece)).map((piece) => [piece, pieceOf(this.read, piece)]));
    const missing = [...numbers].filter((piece) => piece < lengths.length && !found.has(piece)).sort((a, b) => a - b);
    while (missing.length) {
      const some = missing.splice(0, RANGES);
      const data = await fetched(some);
      if ((this.size += data.length) > KEPT) {
        this.read.clear();
        this.size = data.length;
      }
      let end = 0;
      for (const piece of some) {
        found.set(piece, data.subarray(end, (end += lengths[piece])));
        this.read.set(piece, pieceOf(found, piece));
      }
    }
    return found;
  }

  /** @param {Index} index @returns {AsyncGenerator<ContentChunk>} */
  async *chunks({ pieces: lengths }) {
    for (let piece = 0; piece < lengths.length; ) {
      const pieces = [];
      for (let size = 0; piece < lengths.length && size < SEARCHED; size += lengths[piece++]) pieces.push(piece);
      yield { data: await fetched(pieces), packed: false, pieces };
    }
  }
}

/** Return the content of pieces, one after the other. @param {number[]} pieces In ascending order. */
async function fetched(pieces) {
  const begins = pieces.filter((piece, place) => pieces[place - 1] !== piece - 1);
  const ends = pieces.filter((piece, place) => pieces[place + 1] !== piece + 1);
  const answer = await fetch(`pieces/${begins.map((begin, place) => `${begin}-${ends[place]}`).join(",")}`);
  if (!answer.ok) throw new Error(`The server answers ${answer.status}.`);
  return new Uint8Array(await answer.arrayBuffer());
}

class LiveRun {
  constructor() {
    /** @type {Record<string, any>} Members of the summary and of the index, by their paths. */
    this.values = {};
    /** @type {Map<string, InFlight>} */
    this.now = new Map();
    this.summary = /** @type {Summary} */ ({});
    this.index = /** @type {Index} */ ({});
    /** What of the run this page has; the server sends what comes after it. */
    this.offset = "";
    this.ended = false;
    this.connected = false;
    this.waiting = false;
    /** Whether there are new numbers to draw. */
    this.changed = false;
    /** @type {Page | null} */
    this.page = null;
    /** @type {NowPanel | null} */
    this.panel = null;
  }

  connect() {
    const source = new EventSource(`updates?have=${encodeURIComponent(this.offset)}`);
    source.onmessage = ({ data, lastEventId }) => {
      this.connected = true;
      this.offset = lastEventId;
      this.take(JSON.parse(data));
    };
    source.onerror = () => {
      source.close();
      this.connected = false;
      this.draw();
      setTimeout(() => this.connect(), AGAIN);
    };
  }

  /** @param {Update} update */
  take(update) {
    if (update.whole) {
      this.values = {};
      this.now.clear();
      // Another server may number pieces in another way.
      if (this.page) this.page.store = new Store(new LiveContents(this));
    }
    Object.assign(this.values, update.head);
    for (const [name, { length, values }] of Object.entries(update.lists)) {
      this.values[name] = Object.assign((this.values[name] ?? []).slice(0, length), values);
    }
    if (update.head) this.assemble();
    for (const one of update.now) this.now.set(one.id, one);
    this.now = new Map([...this.now].filter(([id]) => update.open.includes(id)));
    this.ended = update.ended;
    this.changed ||= update.head !== null;
    this.draw();
  }

  /** Make the summary and the index anew, as others see by its identity. */
  assemble() {
    /** @type {Record<string, Record<string, any>>} */
    const made = { summary: {}, index: {} };
    for (const [path, value] of Object.entries(this.values)) {
      const [whole, member] = path.split(".");
      made[whole][member] = value;
    }
    const turns = made.summary.turns.map((/** @type {Turn} */ turn, /** @type {number} */ place) => [turn.number, made.index.turns[place]]);
    this.summary = /** @type {Summary} */ (made.summary);
    this.index = /** @type {Index} */ ({ ...made.index, turns: Object.fromEntries(turns) });
  }

  /** Draw in the next frame, whatever came until then. */
  draw() {
    if (this.waiting) return;
    this.waiting = true;
    requestAnimationFrame(() => {
      this.waiting = false;
      if (this.changed) this.show();
      this.changed = false;
      this.panel?.draw();
    });
  }

  show() {
    if (this.page) {
      this.page.live = !this.ended;
      this.page.store.refresh();
      this.page.update(this.summary);
      return;
    }
    this.page = new Page(this.summary, new Store(new LiveContents(this)), !this.ended);
    openPage(this.page);
    this.panel = new NowPanel(this);
  }
}

/** The exchanges under way, above all views. */
class NowPanel {
  /** @param {LiveRun} run */
  constructor(run) {
    this.run = run;
    /** @type {Map<string, NowRow>} */
    this.rows = new Map();
    this.state = h("p", { class: "now-state", role: "status" });
    this.list = h("ul", { class: "now-list" });
    this.root = h("section", { class: "now", id: "now", "aria-label": "Now" }, this.state, this.list);
    byId("tabs").after(this.root);
    // Seconds go on while nothing arrives.
    setInterval(() => this.draw(), 1000);
  }

  draw() {
    const { connected, ended, now } = this.run;
    const state = !connected ? "Reconnecting …" : ended ? "The run has ended." : now.size ? `${plural(now.size, "exchange")} under way` : "Waiting for the next request";
    if (this.state.textContent !== state) this.state.textContent = state;
    this.root.dataset.state = !connected ? "lost" : ended ? "ended" : "recording";
    for (const [id, row] of this.rows) if (!now.has(id)) row.root.remove();
    this.rows = new Map([...now].map(([id, exchange]) => [id, this.row(id, exchange)]));
  }

  /** @param {string} id @param {InFlight} exchange */
  row(id, exchange) {
    const row = this.rows.get(id) ?? new NowRow();
    if (!row.root.isConnected) this.list.append(row.root);
    row.draw(exchange);
    return row;
  }
}

class NowRow {
  constructor() {
    this.status = h("span", { class: "now-status" });
    this.model = h("span", { class: "now-model" });
    this.time = h("span", { class: "now-time" });
    this.size = h("span", { class: "now-size" });
    this.last = h("span");
    this.texts = h("div", { class: "now-texts" });
    const head = h("summary", {}, this.status, this.model, this.time, this.size, h("span", { class: "now-last" }, this.last));
    this.root = h("li", {}, h("details", {}, head, this.texts));
    /** @type {InFlight | null} */
    this.drawn = null;
  }

  /** @param {InFlight} exchange */
  draw(exchange) {
    set(this.status, exchange.status === null ? "…" : String(exchange.status));
    set(this.model, exchange.model ?? `${exchange.method} ${exchange.url}`);
    set(this.time, seconds(Date.now() / 1000 - exchange.started));
    set(this.size, exchange.events ? `${bytes(exchange.received)} in ${plural(exchange.events, "event")}` : `${bytes(exchange.received)} received`);
    const newest = exchange.texts.at(-1);
    set(this.last, newest ? newest.text.slice(-160).split("\n").at(-1) ?? "" : "");
    if (this.drawn === exchange) return;
    this.drawn = exchange;
    this.texts.replaceChildren(
      ...exchange.texts.flatMap(({ name, text, length }) => {
        const cut = length > text.length ? ` (the last ${number(text.length)} of ${number(length)} characters)` : "";
        return [h("p", { class: "now-name" }, `${name}${cut}`), h("pre", { tabindex: 0, role: "group", "aria-label": name }, ...visible(text))];
      }),
    );
    for (const shown of this.texts.querySelectorAll("pre")) shown.scrollTop = shown.scrollHeight;
  }
}

/** Write a text where it differs: what is equal is not drawn anew. @param {HTMLElement} element @param {string} text */
function set(element, text) {
  if (element.dataset.shown === text) return;
  element.dataset.shown = text;
  element.replaceChildren(...visible(text));
}

if (!document.getElementById("summary")) new LiveRun().connect();
