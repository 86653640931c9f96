// Search over everything, with filters; results appear as they are found, by turn.

/** Owners of hits that are drawn. */
const MOST_HITS = 500;
const HITS_A_FRAME = 40;

addView({
  name: "search",
  tab: "Search",
  key: "s",
  show(root, path, page) {
    const box = /** @type {HTMLInputElement} */ (h("input", { id: "search-box", type: "search", autocomplete: "off", spellcheck: "false", placeholder: 'words, or tool:Bash status:429 size:>10k "exact words"' }));
    box.value = path.slice(1).join("/") || openSearch.last;
    const [said, results] = [h("div", { role: "status" }), h("div", { class: "results" })];
    root.append(h("div", { class: "search", role: "search" }, h("label", { for: "search-box" }, "Search everything"), box, folded("Filters", filterHelp)), said, h("h2", { class: "sr-only" }, "Results"), results);
    let running = new AbortController();
    let timer = 0;
    const run = () => {
      running.abort();
      running = new AbortController();
      openSearch.last = box.value;
      history.replaceState(null, "", `#search/${encodeURIComponent(box.value)}`);
      results.replaceChildren();
      said.replaceChildren();
      if (box.value.trim()) find(page, box.value, said, results, running.signal);
    };
    box.addEventListener("input", () => {
      clearTimeout(timer);
      timer = setTimeout(run, 150);
    });
    box.addEventListener("keydown", (event) => {
      if (event.key === "Enter") run();
      if (event.key === "ArrowDown") results.querySelector("a")?.focus();
    });
    addEventListener("hashchange", () => running.abort(), { once: true });
    run();
    setTimeout(() => box.focus());
  },
});

/** Open the search, with a text or with what was searched for last. @param {string} [text] */
function openSearch(text) {
  const box = document.getElementById("search-box");
  if (text === undefined && box instanceof HTMLInputElement) box.select();
  else go(`#search/${encodeURIComponent(text ?? openSearch.last)}`);
}
openSearch.last = "";

function filterHelp() {
  const table = longTable("Filters", ["filter", "for example"], Object.entries(FILTERS), ([name, { help }]) => [h("code", {}, `${name}:`), help]);
  return h("div", {}, table, h("p", {}, "All filters must hold; a minus before one turns it round: ", h("code", {}, "-is:side"), ". Other words are searched for as they are written, in any case."));
}

/** @param {Page} page @param {string} text @param {HTMLElement} said @param {HTMLElement} results @param {AbortSignal} signal */
async function find(page, text, said, results, signal) {
  const query = parseQuery(text, page.summary);
  append(said, query.errors.map((error) => h("p", { class: "warn" }, ...visible(error))));
  if (!query.text) {
    if (query.filters.length) listPassing(page, query, said, results);
    return;
  }
  const count = h("p", {}, "Searching …");
  said.append(count);
  const began = performance.now();
  try {
    const found = new Results(page, query, await page.index(), results);
    await search(page.store, query.text, { onHit: (hit) => !signal.aborted && found.add(hit), signal });
    if (signal.aborted) return;
    const places = `Found in ${plural(found.count, "place")}, ${seconds((performance.now() - began) / 1000)}`;
    count.textContent = found.count ? places + (found.count > MOST_HITS ? `; the first ${MOST_HITS} are shown` : "") : `Nothing has “${query.text}”${query.filters.length ? " within these filters" : ""}.`;
  } catch (error) {
    count.textContent = `The search failed: ${/** @type {Error} */ (error).message}`;
  }
}

/** List what filters alone find: turns, and exchanges that are no calls of the model. @param {Page} page @param {Query} query @param {HTMLElement} said @param {HTMLElement} results */
function listPassing({ summary }, query, said, results) {
  const turns = summary.turns.filter((turn) => passes(query, (filter) => filter.turn(turn, summary)));
  const others = summary.exchanges.filter((one) => !one.turns.length && passes(query, (filter) => filter.exchange?.(one) ?? false));
  said.append(h("p", {}, plural(turns.length, "turn"), others.length ? `, ${plural(others.length, "exchange")} beside the calls of the model` : ""));
  if (turns.length) results.append(longTable("Turns found", ["turn", "status", "did", "model", "#took"], turns, (turn) => [turnLink(turn.number), turn.status ?? "no answer", clip(turn.did), isolated(turn.model ?? ""), tookWords(turn)]));
  if (others.length) results.append(longTable("Other exchanges found", ["line", "request", "status"], others, exchangeCells));
}

/** Gathers hits by turn, and draws them once a frame. */
class Results {
  /** @param {Page} page @param {Query} query @param {Index} index @param {HTMLElement} root */
  constructor(page, query, index, root) {
    this.page = page;
    this.query = query;
    this.index = index;
    this.root = root;
    const { summary } = page;
    const found = (/** @type {(filter: Tests) => boolean} */ which) => summary.turns.filter((turn) => passes(query, (filter) => (which(filter) ? filter.turn(turn, summary) : undefined))).map((turn) => turn.number);
    this.turns = new Set(found(() => true));
    this.first = firstTurns(index, found((filter) => !filter.item));
    /** @type {{hit: SearchHit, turn: number}[]} */
    this.waiting = [];
    /** @type {Map<number, HTMLElement>} */
    this.groups = new Map();
    this.count = 0;
    this.frame = 0;
  }

  /** @param {SearchHit} hit */
  add(hit) {
    const turn = this.turnOf(hit);
    if (turn === null) return;
    this.count += 1;
    if (this.count > MOST_HITS) return;
    this.waiting.push({ hit, turn });
    this.frame ||= requestAnimationFrame(() => this.draw());
  }

  /** Return the turn under which a hit is shown, 0 for none; null where a filter leaves it out. @param {SearchHit} hit */
  turnOf({ owner: { kind, number: place } }) {
    if (kind === "turn") return this.turns.has(place) ? place : null;
    if (kind === "item") return (passes(this.query, (filter) => filter.item?.(this.index.items[place])) && this.first[place]) || null;
    const exchange = this.page.exchange(place);
    const turns = exchange.turns.map((turn) => this.page.turn(turn));
    return exchangePasses(this.query, exchange, turns, this.page.summary) ? (exchange.turns[0] ?? 0) : null;
  }

  draw() {
    for (const { hit, turn } of this.waiting.splice(0, HITS_A_FRAME)) this.group(turn).append(this.row(hit));
    this.frame = this.waiting.length ? requestAnimationFrame(() => this.draw()) : 0;
  }

  /** Return the list of a turn's hits; the lists are in the order of turns. @param {number} turn */
  group(turn) {
    const known = this.groups.get(turn);
    if (known) return known;
    const list = h("ul", {});
    const title = turn ? [turnLink(turn), " ", clip(this.page.turn(turn).did)] : "Beside the calls of the model";
    const next = [...this.groups.keys()].filter((other) => other > turn).sort((one, other) => one - other)[0];
    this.root.insertBefore(h("section", {}, h("h3", {}, title), list), this.groups.get(next)?.parentElement ?? null);
    this.groups.set(turn, list);
    return list;
  }

  /** @param {SearchHit} hit */
  row({ owner: { kind, number: place }, excerpt }) {
    const item = this.index.items[place];
    const name = kind === "item" ? `${itemName(item)}${item.kind === "message" || item.kind === itemName(item) ? "" : ` (${item.kind})`}` : kind === "turn" ? "answer" : `exchange ${place}`;
    const parts = excerpt.split(new RegExp(`(${this.query.text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")})`, "i"));
    return h("li", {}, h("a", { href: kind === "turn" ? `#turn-${place}/answer` : `#${kind}-${place}` }, isolated(name)), " ", h("bdi", { class: "mono dim" }, parts.map((part, at) => h(at % 2 ? "mark" : "span", {}, ...visible(part)))));
  }
}
