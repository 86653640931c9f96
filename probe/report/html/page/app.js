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

/** What every view is given: the run's numbers, and the way to its content. */
class Page {
  /** @param {Summary} summary @param {Store} store @param {boolean} [live] */
  constructor(summary, store, live = false) {
    this.summary = summary;
    this.store = store;
    this.live = live;
    /** @type {Map<number, Turn>} */
    this.turns = new Map();
    /** @type {Map<number, ExchangeFacts>} By line. */
    this.exchanges = new Map();
    /** @type {Map<number, Thread>} */
    this.threads = new Map();
    /** @type {Map<string, {turn: Turn, name: string, argument: string}>} By id of the call. */
    this.calls = new Map();
    /** @type {{index: Index, turns: Uint32Array} | null} */
    this.first = null;
    /** @type {TurnList | null} */
    this.list = null;
    /** @type {{callback: () => void, root?: Element}[]} */
    this.listeners = [];
    this.order();
  }

  /** Find turns, exchanges and calls by their numbers and ids. */
  order() {
    const { turns, exchanges, threads } = this.summary;
    this.turns = new Map(turns.map((turn) => [turn.number, turn]));
    this.exchanges = new Map(exchanges.map((exchange) => [exchange.line, exchange]));
    this.threads = new Map(threads.map((thread) => [thread.number, thread]));
    notable.median = this.summary.time.median_to_first_token;
    this.calls = new Map(turns.flatMap((turn) => turn.tool_calls.map((call) => [call.call_id ?? "", { ...call, turn }])));
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

  /** Return the numbers of a turn's items, in the order for a reader. @param {number} turn @returns {Promise<number[]>} */
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
    showHead(this);
    this.listeners = this.listeners.filter(({ root }) => !root || root.isConnected);
    for (const { callback } of this.listeners) callback();
  }
}

/** Return the numbers in ranges. @param {Ranges} ranges */
function expanded(ranges) {
  const numbers = [];
  for (let place = 0; place < ranges.length; place += 2) {
    for (let one = ranges[place]; one <= ranges[place + 1]; one += 1) numbers.push(one);
  }
  return numbers;
}

/** Return an element of the skeleton. @param {string} id @returns {HTMLElement} */
function byId(id) {
  return /** @type {HTMLElement} */ (document.getElementById(id));
}

/** Announce something to a reader: in a corner of the page, and to a screen reader. @param {string} text */
function announce(text) {
  byId("status").textContent = text;
  byId("status").className = "toast";
  clearTimeout(announce.timer);
  announce.timer = setTimeout(() => (byId("status").className = "sr-only"), 2500);
}
announce.timer = 0;

/** Show a page: its head, its tabs, the list of turns, and what its address names. @param {Page} page */
function openPage(page) {
  showHead(page);
  append(byId("tools"), [
    h("button", { type: "button", onclick: () => openSearch(), title: "Search everything (/ or Ctrl-F)" }, "Search ", h("kbd", "/")),
    h("button", { type: "button", id: "theme", onclick: switchTheme, title: "Light, dark, or as the system (t)" }),
    h("button", { type: "button", onclick: () => showHelp(page), "aria-label": "Help: all keys", title: "All keys (?)" }, "?"),
  ]);
  showTheme();
  page.list = new TurnList(page, byId("pane-list"));
  listenToKeys(page);
  byId("skip").addEventListener("click", (event) => (event.preventDefault(), byId("pane-view").focus()));
  addEventListener("hashchange", () => showAddress(page));
  showAddress(page).then(() => performance.mark("usable"));
  // After the frame in which the list is drawn.
  requestAnimationFrame(() => setTimeout(() => performance.mark("list")));
}

/** @param {Page} page */
function showHead({ summary, live }) {
  const { run, counts, cost, tokens, time, problems } = summary;
  document.title = `${run.title} · agent-probe`;
  byId("title").replaceChildren(...visible(run.title));
  const facts = [
    live ? h("span.live", "recording") : null,
    plural(counts.turns, "turn"),
    counts.side_requests ? plural(counts.side_requests, "side request") : null,
    counts.failed_tries ? h("span.bad", plural(counts.failed_tries, "failed try", "failed tries")) : null,
    tokens.total === null ? null : `${compact(tokens.total)} tokens`,
    cost.dollars === null ? null : `${cost.at_least ? "≥ " : ""}${dollars(cost.dollars)}`,
    seconds(time.seconds),
    problems.length ? h("a.bad", { href: "#overview" }, plural(problems.length, "problem")) : null,
  ];
  byId("facts").replaceChildren(...facts.filter(Boolean).map((fact) => h("span", fact)));
}

/** Show what the address names. @param {Page} page */
async function showAddress(page) {
  const path = addressParts(location.hash);
  const view = VIEWS[path[0]] ?? VIEWS.overview;
  const withList = WITH_LIST.includes(view.name);
  const root = h(`div.view.view-${view.name}`);
  byId("pane-list").hidden = !withList;
  byId("panes").classList.toggle("with-list", withList);
  const current = withList ? "turns" : view.name;
  byId("tabs").replaceChildren(
    ...TABS.map((name) => VIEWS[name]).map(({ name, tab, key }) => h("a", { href: `#${name}`, "aria-current": name === current ? "page" : null, title: key ? `g ${key}` : null }, tab)),
  );
  byId("pane-view").replaceChildren(root);
  byId("pane-view").scrollTop = 0;
  if (withList) page.list?.follow(path);
  try {
    await view.show(root, path, page);
  } catch (error) {
    for (const waiting of root.querySelectorAll(".wait")) waiting.remove();
    root.append(failure(error));
  }
}

const THEMES = { system: "◐", light: "☀", dark: "☾" };

/** Show the theme that the reader chose; where the browser keeps nothing for this page, the system's. */
function showTheme() {
  const { documentElement: root } = document;
  try {
    root.dataset.theme ??= localStorage.getItem("agent-probe-theme") ?? "system";
    localStorage.setItem("agent-probe-theme", root.dataset.theme);
  } catch {
    root.dataset.theme ??= "system";
  }
  byId("theme").textContent = THEMES[/** @type {keyof typeof THEMES} */ (root.dataset.theme)] ?? "◐";
  byId("theme").setAttribute("aria-label", `Theme: ${root.dataset.theme}`);
}

function switchTheme() {
  const { dataset } = document.documentElement;
  const names = Object.keys(THEMES);
  dataset.theme = names[(names.indexOf(dataset.theme ?? "") + 1) % names.length];
  showTheme();
  announce(`Theme: ${dataset.theme}`);
}
