// Search over everything, with filters; results appear as they are found, by turn.

/** Hits that are drawn. */
const MOST_HITS = 500;

addView({
  name: "search", tab: "Search", key: "s",
  show(root, path, page) {
    const box = /** @type {HTMLInputElement} */ (h("input", { id: "search-box", type: "search", autocomplete: "off", spellcheck: "false", placeholder: 'words, or tool:Bash status:429 size:>10k "exact words"' }));
    box.value = path.slice(1).join("/") || openSearch.last;
    const [said, results, help] = [h("div", { role: "status" }), h("div.results"), /** @type {HTMLDetailsElement} */ (folded("Filters", filterHelp))];
    root.append(h("div.search", { role: "search" }, h("label", { for: "search-box" }, "Search everything that was sent and received"), box, help), said, h("h2.sr-only", "Results"), results);
    let [running, timer] = [new AbortController(), 0];
    const run = () => {
      running.abort();
      running = new AbortController();
      openSearch.last = box.value;
      history.replaceState(null, "", `#search/${encodeURIComponent(box.value)}`);
      for (const part of [results, said]) part.replaceChildren();
      help.open = !box.value.trim();
      if (box.value.trim()) find(page, box.value, said, results, running.signal).catch((error) => said.replaceChildren(`The search failed: ${error.message}`));
    };
    box.addEventListener("input", () => {
      clearTimeout(timer);
      timer = setTimeout(run, 150);
    });
    box.addEventListener("keydown", ({ key }) => {
      if (key === "Enter") run();
      if (key === "ArrowDown") results.querySelector("a")?.focus();
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
  return [table("Filters", Object.entries(FILTERS), { filter: ([name]) => h("code", `${name}:`), "for example": ([, { help }]) => help }), h("p", "All filters must hold; a minus before one turns it round: ", h("code", "-is:side"), ". Other words are searched for as they are written, in any case.")];
}

/** @param {Page} page @param {string} text @param {HTMLElement} said @param {HTMLElement} results @param {AbortSignal} signal */
async function find(page, text, said, results, signal) {
  const query = parseQuery(text, page.summary);
  append(said, query.errors.map((error) => h("p.warn", error)));
  if (!query.text) return query.filters.length && listPassing(page, query, said, results);
  const count = h("p", "Searching …");
  said.append(count);
  const [began, { items }, turnOf] = [performance.now(), await page.index(), await hitTurns(page, query)];
  /** What is the same but for marks of the cache is one place. */
  const seen = new Set();
  /** @type {Map<number, HTMLElement>} */
  const groups = new Map();
  const onHit = (/** @type {SearchHit} */ hit) => {
    const { kind, number: place } = hit.owner;
    const [turn, same] = [turnOf(hit), `${kind} ${kind === "item" ? items[place].canonical : place}`];
    if (signal.aborted || turn === null || seen.has(same)) return;
    seen.add(same);
    if (seen.size > MOST_HITS) return;
    const list = groups.get(turn) ?? h("ul");
    if (!groups.has(turn)) {
      const next = Math.min(...[...groups.keys()].filter((other) => other > turn));
      results.insertBefore(h("section", h("h3", turn ? [turnLink(turn), " ", clip(didWords(page.turn(turn)))] : "Beside the calls of the model"), list), groups.get(next)?.parentElement ?? null);
      groups.set(turn, list);
    }
    list.append(hitRow(page, hit, items[place], query.text));
  };
  await search(page.store, query.text, { onHit, signal });
  if (signal.aborted) return;
  const places = `Found in ${plural(seen.size, "place")}, ${seconds((performance.now() - began) / 1000)}`;
  count.textContent = seen.size ? places + (seen.size > MOST_HITS ? `; the first ${MOST_HITS} are shown` : "") : `Nothing has “${query.text}”${query.filters.length ? " within these filters" : ""}.`;
}

/** List what filters alone find: turns, and exchanges that are no calls of the model. @param {Page} page @param {Query} query @param {HTMLElement} said @param {HTMLElement} results */
function listPassing({ summary }, query, said, results) {
  const turns = summary.turns.filter((turn) => passes(query, (filter) => filter.turn(turn, summary)));
  const others = summary.exchanges.filter((one) => !one.turns.length && passes(query, (filter) => filter.exchange?.(one) ?? false));
  said.append(h("p", turns.length ? plural(turns.length, "turn") : "No turn matches", others.length ? `, ${plural(others.length, "exchange")} beside the calls of the model` : ""));
  const status = (/** @type {Turn} */ turn) => [...turn.tries, turn].map((one) => one.status ?? "no answer").join(" → ");
  if (turns.length) results.append(table("Turns found", turns, { turn: turnCell, status, did, notable: (turn) => notable(turn).map(badge), "#took": took }));
  if (others.length) results.append(table("Other exchanges found", others, EXCHANGE));
}

/** Return what finds the turn under which a hit is shown: 0 for none, null where a filter leaves it out. @param {Page} page @param {Query} query @returns {Promise<(hit: SearchHit) => number | null>} */
async function hitTurns(page, query) {
  const [index, { summary }] = [await page.index(), page];
  const found = (/** @type {(filter: Tests) => boolean} */ which) => summary.turns.filter((turn) => passes(query, (filter) => (which(filter) ? filter.turn(turn, summary) : undefined))).map((turn) => turn.number);
  const [turns, first] = [new Set(found(() => true)), firstTurns(index, found((filter) => !filter.item))];
  return ({ owner: { kind, number: place } }) => {
    if (kind === "turn") return turns.has(place) ? place : null;
    if (kind === "item") return (passes(query, (filter) => filter.item?.(index.items[place])) && first[place]) || null;
    const exchange = page.exchange(place);
    const isFound = passes(query, (filter) => (filter.exchange ? filter.exchange(exchange) : exchange.turns.some((turn) => filter.turn(page.turn(turn), summary))));
    return isFound ? (exchange.turns[0] ?? 0) : null;
  };
}

/** @param {Page} page @param {SearchHit} hit @param {ItemFacts} item @param {string} text */
function hitRow(page, { owner: { kind, number: place }, excerpt }, item, text) {
  const name = kind === "turn" ? "answer" : kind === "exchange" ? `exchange ${place}` : item.context.tool_results || item.context.tool_calls ? title(page, place) : isolated(itemName(item));
  const parts = plainExcerpt(excerpt, text).split(new RegExp(`(${text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")})`, "i"));
  return h("li", h("a", { href: kind === "turn" ? `#turn-${place}/answer` : `#${kind}-${place}` }, name), kind === "item" && item.role === "assistant" ? " (an answer, sent back) " : " ", h("bdi.dim", parts.map((part, at) => h(at % 2 ? "mark" : "span", part))));
}

/** Return an excerpt of JSON as the text that a reader knows: the string that has the hit, without escapes. @param {string} excerpt @param {string} text */
function plainExcerpt(excerpt, text) {
  const plain = (/** @type {string} */ part) => part.replace(/\\+u([0-9a-f]{4})/gi, (_, code) => String.fromCharCode(parseInt(code, 16))).replace(/\\+[nrt]/g, " ").replace(/\\+(["\\/])/g, "$1");
  return excerpt.split(/\\*"\s*[:,]\s*[[{]*\\*"|[[{]+\\*"|\\*"[\]},]+/).map(plain).find((part) => includes(part, text)) ?? plain(excerpt);
}
