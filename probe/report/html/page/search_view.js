// Search over everything, with filters; results appear as they are found, by turn.

addView({ name: "search", tab: "Search", key: "s", show: showSearch });

/** Owners of hits that are drawn. */
const MOST_HITS = 500;

/** Open the search, with a text or what was searched for last. @param {string} [text] */
function openSearch(text) {
  const box = document.getElementById("search-box");
  if (box instanceof HTMLInputElement && text === undefined) {
    box.focus();
    box.select();
  } else go(`#search/${encodeURIComponent(text ?? openSearch.last)}`);
}
openSearch.last = "";

/** @param {HTMLElement} root @param {string[]} path @param {Page} page */
function showSearch(root, path, page) {
  const box = /** @type {HTMLInputElement} */ (h("input", { id: "search-box", type: "search", autocomplete: "off", spellcheck: "false", placeholder: 'words, or tool:Bash status:429 size:>10k "exact words"', "aria-describedby": "search-said" }));
  box.value = path.slice(1).join("/");
  const said = h("div", { id: "search-said", role: "status" });
  const results = h("div", { class: "results" });
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
  box.focus();
  run();
}

function filterHelp() {
  const rows = Object.entries(FILTERS);
  return h("div", {}, longTable("Filters", ["filter", "for example"], rows, ([name, { help }]) => [h("code", {}, `${name}:`), help]),
    h("p", {}, "Filters are joined; a minus before one turns it round: ", h("code", {}, "-is:side"), ". All other words are searched for as they are written, in any case."));
}

/** @param {Page} page @param {string} text @param {HTMLElement} said @param {HTMLElement} results @param {AbortSignal} signal */
async function find(page, text, said, results, signal) {
  const { summary } = page;
  const query = parseQuery(text, summary);
  const errors = query.errors.map((error) => h("p", { class: "warn" }, error));
  said.replaceChildren(...errors);
  if (query.errors.length && !query.text && !query.filters.length) return;
  const turns = summary.turns.filter((turn) => turnPasses(query, turn, summary));
  if (!query.text) {
    listPassing(page, query, turns, results);
    said.append(h("p", {}, plural(turns.length, "turn")));
    return;
  }
  const count = h("p", {}, "Searching …");
  said.append(count);
  const began = performance.now();
  const found = new Results(page, query, await page.index(), results);
  if (signal.aborted) return;
  try {
    await search(page.store, query.text, { onHit: (hit) => !signal.aborted && found.add(hit), signal });
  } catch (error) {
    if (!signal.aborted) count.textContent = `The search failed: ${/** @type {Error} */ (error).message}`;
    return;
  }
  if (signal.aborted) return;
  found.draw();
  count.textContent = found.count ? `Found in ${plural(found.count, "place")}, ${seconds((performance.now() - began) / 1000)}${found.count > MOST_HITS ? `; the first ${MOST_HITS} are shown` : ""}` : `Nothing has “${query.text}”${query.filters.length ? " within these filters" : ""}.`;
}

/** List what filters alone find: turns, and exchanges that are no calls of the model. @param {Page} page @param {Query} query @param {Turn[]} turns @param {HTMLElement} results */
function listPassing({ summary }, query, turns, results) {
  results.append(longTable("Turns found", ["turn", "status", "did", "model", "#took"], turns, (turn) => [
    turnLink(turn.number), turn.status ?? "no answer", h("span", { class: "clip" }, isolated(turn.did)), turn.model ?? "", turn.ended === null ? "unfinished" : seconds(turn.ended - turn.started),
  ]));
  const others = summary.exchanges.filter((one) => !one.turns.length && query.filters.every((filter) => filter.exchange) && exchangePasses(query, one, [], summary));
  if (!others.length) return;
  results.append(h("h3", {}, `${plural(others.length, "exchange")} that are no calls of a model`), longTable("Other exchanges found", ["line", "request", "status"], others, (one) => [
    h("a", { href: `#exchange-${one.line}` }, one.line), [one.method, " ", h("span", { class: "clip url" }, isolated(one.url))], one.status ?? "no answer",
  ]));
}

/** Gathers hits by owner, and draws them once a frame. */
class Results {
  /** @param {Page} page @param {Query} query @param {Index} index @param {HTMLElement} root */
  constructor(page, query, index, root) {
    this.page = page;
    this.query = query;
    this.root = root;
    this.index = index;
    const turns = page.summary.turns.filter((turn) => turnPasses(query, turn, page.summary, (filter) => !filter.item));
    this.turns = new Set(page.summary.turns.filter((turn) => turnPasses(query, turn, page.summary)).map((turn) => turn.number));
    this.first = firstTurns(index, turns.map((turn) => turn.number));
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
    if (kind === "item") return (itemPasses(this.query, this.index.items[place]) && this.first[place]) || null;
    const exchange = this.page.exchange(place);
    const turns = exchange.turns.map((turn) => this.page.turn(turn));
    return exchangePasses(this.query, exchange, turns, this.page.summary) ? (exchange.turns[0] ?? 0) : null;
  }

  draw() {
    this.frame = 0;
    for (const { hit, turn } of this.waiting) this.group(turn).append(h("li", {}, this.hit(hit)));
    this.waiting = [];
  }

  /** Return the list of a turn's hits; lists are in the order of turns. @param {number} turn */
  group(turn) {
    const known = this.groups.get(turn);
    if (known) return known;
    const list = h("ul", {});
    const title = turn ? [turnLink(turn), " ", h("span", { class: "clip" }, isolated(this.page.turn(turn).did))] : "No call of a model";
    const group = h("section", { "data-turn": String(turn) }, h("h3", {}, title), list);
    const after = [...this.groups.keys()].filter((other) => other > turn).sort((one, other) => one - other)[0];
    this.root.insertBefore(group, after === undefined ? null : (this.groups.get(after)?.parentElement ?? null));
    this.groups.set(turn, list);
    return list;
  }

  /** @param {SearchHit} hit */
  hit({ owner, excerpt }) {
    const item = owner.kind === "item" ? this.index.items[owner.number] : null;
    const name = item ? item.kind === "message" ? `${itemName(item)} message` : `${item.kind} ${itemName(item)}` : owner.kind === "turn" ? "answer" : `exchange ${owner.number}`;
    const address = owner.kind === "turn" ? `#turn-${owner.number}/answer` : `#${owner.kind}-${owner.number}`;
    return [h("a", { href: address }, isolated(name)), " ", h("span", { class: "excerpt" }, highlighted(excerpt, this.query.text))];
  }
}

/** Return a text with marks where it has another. @param {string} text @param {string} wanted */
function highlighted(text, wanted) {
  const parts = text.split(new RegExp(`(${wanted.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")})`, "i"));
  return parts.map((part, at) => (at % 2 ? h("mark", {}, ...visible(part)) : h("span", {}, ...visible(part))));
}
