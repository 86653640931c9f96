// The page as a whole: what every view is given, the tabs, and the start.

/** Kinds of content in the order in which they are drawn everywhere, with their names for a reader. */
const KINDS = /** @type {[ContextKind, string][]} */ ([
  ["instructions", "instructions"],
  ["tools", "tools"],
  ["user", "user"],
  ["task", "asked by the main agent"],
  ["injected", "injected by the harness"],
  ["assistant", "assistant"],
  ["reasoning", "reasoning"],
  ["tool_calls", "tool calls"],
  ["tool_results", "tool results"],
  ["media", "media"],
  ["settings", "settings"],
  ["other", "other"],
]);

/** The tabs from left to right, and the views beside which the list of turns stays. */
const TABS = ["overview", "turns", "context", "cost", "time", "tools", "network", "compare", "search"];
const WITH_LIST = ["turns", "turn", "item", "exchange"];

/** @type {Page} The one page, once it is open. */
let page;

/** What every view is given: the run's numbers, and the way to its content. */
class Page {
  /** @param {Summary} summary @param {Store} store @param {boolean} [live] */
  constructor(summary, store, live = false) {
    this.summary = summary;
    this.store = store;
    this.live = live;
    this.order();
  }

  /** @type {Map<number, Turn>} */
  turns = new Map();
  /** @type {Map<number, ExchangeFacts>} By line. */
  exchanges = new Map();
  /** @type {Map<number, Thread>} */
  threads = new Map();
  /** @type {Map<string, {turn: Turn, name: string, argument: string}>} By id of the call. */
  calls = new Map();
  /** @type {{index: Index, turns: Uint32Array} | null} */
  first = null;
  /** @type {TurnList | null} */
  list = null;
  /** @type {{callback: () => void, root?: Element}[]} */
  listeners = [];

  order() {
    const { turns, exchanges, threads, time } = this.summary;
    this.turns = new Map(turns.map((turn) => [turn.number, turn]));
    this.exchanges = new Map(exchanges.map((exchange) => [exchange.line, exchange]));
    this.threads = new Map(threads.map((thread) => [thread.number, thread]));
    this.calls = new Map(turns.flatMap((turn) => turn.tool_calls.map((call) => [call.call_id ?? "", { ...call, turn }])));
    notable.median = time.median_to_first_token;
  }

  /** @returns {Promise<Index>} */
  index() {
    return this.store.index();
  }

  /** @param {number} wanted @returns {Turn} */
  turn(wanted) {
    const turn = this.turns.get(wanted);
    if (!turn) throw new Error(`This run has no turn ${wanted}.`);
    return turn;
  }

  /** @param {number} line @returns {ExchangeFacts} */
  exchange(line) {
    const exchange = this.exchanges.get(line);
    if (!exchange) throw new Error(`This record has no exchange in line ${line}.`);
    return exchange;
  }

  /** @param {number} line @returns {Promise<ExchangeDetail>} */
  async detail(line) {
    return this.store.detail(this.summary.exchanges.indexOf(this.exchange(line)));
  }

  /** @param {number} turn @returns {Promise<number[]>} */
  async items(turn) {
    return expanded((await this.index()).turns[turn]?.items ?? []);
  }

  /** Return, for each item, the number of the first turn that sent it. @returns {Promise<Uint32Array>} */
  async firstTurns() {
    const index = await this.index();
    if (this.first?.index !== index) this.first = { index, turns: firstTurns(index, [...this.turns.keys()]) };
    return this.first.turns;
  }

  /** Call back at each update, as long as an element is on the page. @param {() => void} callback @param {Element} [root] */
  onUpdate(callback, root) {
    this.listeners.push({ callback, root });
  }

  /** Take new numbers: a run that is being recorded. @param {Summary} summary */
  update(summary) {
    this.summary = summary;
    this.order();
    showHead();
    this.listeners = this.listeners.filter(({ root }) => !root || root.isConnected);
    for (const { callback } of this.listeners) callback();
  }
}

/** @param {Ranges} ranges */
function expanded(ranges) {
  const numbers = [];
  for (let place = 0; place < ranges.length; place += 2) {
    for (let one = ranges[place]; one <= ranges[place + 1]; one += 1) numbers.push(one);
  }
  return numbers;
}

/** Show a page: its head, its tabs, the list of turns, and what its address names. @param {Page} opened */
function openPage(opened) {
  page = opened;
  showHead();
  append(byId("tools"), [
    h("button", { type: "button", onclick: () => openSearch(), title: "Search everything (/ or Ctrl-F)" }, "Search ", h("kbd", "/")),
    h("button", { type: "button", id: "theme", onclick: switchTheme, title: "Light, dark, or as the system (t)" }),
    h("button", { type: "button", onclick: showHelp, "aria-label": "Help: all keys", title: "All keys (?)" }, "?"),
  ]);
  showTheme();
  page.list = new TurnList(byId("pane-list"));
  listenToKeys();
  byId("skip").addEventListener("click", (event) => (event.preventDefault(), byId("pane-view").focus()));
  addEventListener("hashchange", showAddress);
  showAddress().then(() => performance.mark("usable"));
  // After the frame in which the list is drawn.
  requestAnimationFrame(() => setTimeout(() => performance.mark("list")));
}

function showHead() {
  const { run, counts, cost, tokens, time, problems, turns } = page.summary;
  document.title = `${run.title} · agent-probe`;
  byId("title").replaceChildren(...visible(run.title));
  const found = turns.flatMap(notable);
  const words = found.length ? `${number(found.length)} worth a look` : problems.length ? plural(problems.length, "problem") : null;
  const facts = [
    page.live ? h("span.live", "recording") : null,
    plural(counts.turns, "turn"),
    counts.side_requests ? plural(counts.side_requests, "side request") : null,
    tokens.total === null ? null : `${compact(tokens.total)} tokens`,
    cost.dollars === null ? null : `${cost.at_least ? "≥ " : ""}${dollars(cost.dollars)}`,
    seconds(time.seconds),
  ];
  const isBad = !found.length || found.some(({ kind }) => kind === "bad");
  byId("facts").replaceChildren(h("span.grow", facts.filter(Boolean).map((fact) => h("span", fact))));
  if (words) byId("facts").prepend(h(isBad ? "a.badge.bad" : "a.badge.warn", { href: "#overview", title: "What failed, stalled, missed the cache or was shortened (n goes from one to the next)" }, words));
}

/** How far the reader had scrolled, by the places of the browser's history. */
const scrolls = /** @type {Map<number, number>} */ (new Map());
let shown = 0;

async function showAddress() {
  const path = addressParts(location.hash);
  const view = VIEWS[path[0]] ?? VIEWS.overview;
  const withList = WITH_LIST.includes(view.name);
  const root = h(`div.view.view-${view.name}`);
  const pane = byId("pane-view");
  scrolls.set(shown, pane.scrollTop);
  shown = history.state?.place ?? Date.now();
  history.replaceState({ place: shown }, "");
  byId("pane-list").hidden = !withList;
  byId("panes").classList.toggle("with-list", withList);
  const current = withList ? "turns" : view.name;
  byId("tabs").replaceChildren(...TABS.map((name) => h("a", { href: `#${name}`, "aria-current": name === current ? "page" : null, title: `g ${VIEWS[name].key}` }, VIEWS[name].tab)));
  pane.replaceChildren(root);
  pane.scrollTop = 0;
  try {
    await view.show(root, path, page);
    if (!VIEWS[path[0]]) noPlace();
    pane.scrollTop = scrolls.get(shown) ?? pane.scrollTop;
  } catch (error) {
    for (const waiting of root.querySelectorAll(".wait")) waiting.remove();
    root.prepend(failure(error));
  }
}
