// A run while it is being recorded: what the server sends is put together here, and drawn once for each frame.

/** Milliseconds after which a lost connection is made again. */
const AGAIN = 500;

/** Ranges of pieces that are asked for at once. */
const RANGES = 300;
/** Bytes of content that are asked for at once to be searched. */
const SEARCHED = 1 << 20;
const NOTHING = new Uint8Array();

/** The contents of a run that a server reads: the index comes with the updates, pieces when they are asked for. */
class LiveContents {
  /** @param {LiveRun} run */
  constructor(run) {
    this.run = run;
    /** @type {Map<number, Uint8Array<ArrayBuffer>>} */
    this.read = new Map();
    this.size = 0;
  }

  /** @returns {Promise<Index>} */
  async index() {
    return this.run.index;
  }

  /** @param {number[]} numbers @returns {Promise<Map<number, Uint8Array<ArrayBuffer>>>} */
  async pieces(numbers) {
    const lengths = this.run.index.pieces;
    const wanted = [...new Set(numbers)].filter((piece) => piece < lengths.length);
    const missing = wanted.filter((piece) => !this.read.has(piece)).sort((a, b) => a - b);
    const found = new Map(wanted.map((piece) => /** @type {const} */ ([piece, this.read.get(piece) ?? NOTHING])));
    for (let place = 0; place < missing.length; place += RANGES) {
      const some = missing.slice(place, place + RANGES);
      const data = await fetched(some);
      let begin = 0;
      for (const piece of some) {
        const content = data.subarray(begin, (begin += lengths[piece]));
        found.set(piece, content);
        this.keep(piece, content);
      }
    }
    return found;
  }

  /** @param {number} piece @param {Uint8Array<ArrayBuffer>} data */
  keep(piece, data) {
    this.size += data.length;
    if (this.size > KEPT) {
      this.read.clear();
      this.size = data.length;
    }
    this.read.set(piece, data);
  }

  /** @param {Index} index @param {number} first @returns {AsyncGenerator<{data: Uint8Array<ArrayBuffer>, packed: boolean, pieces: number[]}>} */
  async *chunks({ pieces: lengths }, first) {
    for (let piece = first; piece < lengths.length; ) {
      const pieces = [];
      for (let size = 0; piece < lengths.length && size < SEARCHED; piece += 1) {
        pieces.push(piece);
        size += lengths[piece];
      }
      yield { data: await fetched(pieces), packed: false, pieces };
    }
  }
}

/** Return the content of pieces, one after the other. @param {number[]} pieces In ascending order. */
async function fetched(pieces) {
  /** @type {[number, number][]} */
  const ranges = [];
  for (const piece of pieces) {
    const last = ranges.at(-1);
    if (last && last[1] === piece - 1) last[1] = piece;
    else ranges.push([piece, piece]);
  }
  const answer = await fetch(`pieces/${ranges.map((range) => range.join("-")).join(",")}`);
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
    for (const [name, { length, values }] of Object.entries(update.lists)) this.values[name] = changed(this.values[name] ?? [], length, values);
    if (update.head) this.assemble();
    for (const one of update.now) this.now.set(one.id, one);
    this.now = new Map(update.open.flatMap((id) => (this.now.has(id) ? [[id, /** @type {InFlight} */ (this.now.get(id))]] : [])));
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

/** Return a list with some places changed. @param {any[]} list @param {number} length @param {Record<string, any>} values */
function changed(list, length, values) {
  const made = list.slice(0, length);
  for (const [place, value] of Object.entries(values)) made[Number(place)] = value;
  return made;
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
    for (const [id, row] of this.rows) {
      if (now.has(id)) continue;
      row.root.remove();
      this.rows.delete(id);
    }
    for (const [id, exchange] of now) {
      const row = this.rows.get(id) ?? new NowRow();
      this.rows.set(id, row);
      if (!row.root.isConnected) this.list.append(row.root);
      row.draw(exchange);
    }
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
    this.texts.replaceChildren(...exchange.texts.map(({ name, text, length }) => this.text(name, text, length)));
    for (const shown of this.texts.querySelectorAll("pre")) shown.scrollTop = shown.scrollHeight;
  }

  /** @param {string} name @param {string} text @param {number} length */
  text(name, text, length) {
    const cut = length > text.length ? ` (the last ${number(text.length)} of ${number(length)} characters)` : "";
    return h("div", {}, h("p", { class: "now-name" }, `${name}${cut}`), h("pre", { tabindex: 0, role: "group", "aria-label": name }, ...visible(text)));
  }
}

/** Write a text where it differs: what is equal is not drawn anew. @param {HTMLElement} element @param {string} text */
function set(element, text) {
  if (element.dataset.shown === text) return;
  element.dataset.shown = text;
  element.replaceChildren(...visible(text));
}

if (!document.getElementById("summary")) new LiveRun().connect();
