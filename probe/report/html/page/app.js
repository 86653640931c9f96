// The page as a whole: what every view is given, the tabs, and the start.

/** Content kinds in the order in which they are drawn everywhere, with their names for a reader. */
const KINDS = /** @type {[ContextKind, string][]} */ ([
  ["instructions", "instructions"],
  ["tools", "tools"],
  ["user", "user"],
  ["injected", "injected by the harness"],
  ["assistant", "assistant"],
  ["reasoning", "reasoning"],
  ["tool_calls", "tool calls"],
  ["tool_results", "tool results"],
  ["media", "media"],
  ["settings", "settings"],
  ["other", "other"],
]);

/** The tabs from left to right. */
const TABS = ["overview", "turns", "context", "cost", "time", "tools", "network", "compare", "search"];

/** Views beside which the list of turns stays. */
const WITH_LIST = new Set(["turns", "turn", "item", "exchange"]);

/** What every view is given: the run's numbers, and the way to its content. */
class Page {
  /** @param {Summary} summary @param {Store} store @param {boolean} [live] */
  constructor(summary, store, live = false) {
    this.summary = summary;
    this.store = store;
    this.live = live;
    /** @type {Map<number, Turn>} */
    this.turns = new Map();
    /** @type {Map<number, {exchange: ExchangeFacts, place: number}>} */
    this.exchanges = new Map();
    /** @type {Map<number, Thread>} */
    this.threads = new Map();
    /** @type {Map<string, {turn: Turn, name: string, argument: string}>} By id of the call. */
    this.calls = new Map();
    /** @type {{index: Index, turns: Uint32Array} | null} */
    this.first = null;
    /** @type {TurnList | null} */
    this.list = null;
    /** @type {{callback: () => void, root: Element | null}[]} */
    this.listeners = [];
    this.order();
  }

  /** Find turns and exchanges by their numbers. */
  order() {
    this.turns = new Map(this.summary.turns.map((turn) => [turn.number, turn]));
    this.exchanges = new Map(this.summary.exchanges.map((exchange, place) => [exchange.line, { exchange, place }]));
    this.threads = new Map(this.summary.threads.map((thread) => [thread.number, thread]));
    this.calls.clear();
    for (const turn of this.summary.turns) {
      for (const call of turn.tool_calls) {
        if (call.call_id && !this.calls.has(call.call_id)) this.calls.set(call.call_id, { ...call, turn });
      }
    }
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
    const found = this.exchanges.get(line);
    if (!found) throw new Error(`This record has no exchange in line ${line}.`);
    return found.exchange;
  }

  /** @param {number} line @returns {Promise<ExchangeDetail>} */
  detail(line) {
    this.exchange(line);
    return this.store.detail(/** @type {{place: number}} */ (this.exchanges.get(line)).place);
  }

  /** Return the numbers of a turn's items, in the order for a reader. @param {number} turn @returns {Promise<number[]>} */
  async items(turn) {
    const content = (await this.index()).turns[turn];
    return content ? expanded(content.items) : [];
  }

  /** Return, for each item, the number of the first turn that sent it. @returns {Promise<Uint32Array>} */
  async firstTurns() {
    const index = await this.index();
    if (this.first?.index !== index) this.first = { index, turns: firstTurns(index, [...this.turns.keys()]) };
    return this.first.turns;
  }

  /** Call back at each update, as long as an element is on the page. @param {() => void} callback @param {Element} [root] */
  onUpdate(callback, root) {
    this.listeners.push({ callback, root: root ?? null });
  }

  /** Take new numbers: a run that is being recorded. @param {Summary} summary */
  update(summary) {
    this.summary = summary;
    this.order();
    showHead(this);
    this.listeners = this.listeners.filter(({ root }) => root === null || root.isConnected);
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
  const status = byId("status");
  status.textContent = text;
  status.className = "toast";
  clearTimeout(announce.timer);
  announce.timer = setTimeout(() => (status.className = "sr-only"), 2500);
}
announce.timer = 0;

/** Show a page: its head, its tabs, the list of turns, and what its address names. @param {Page} page */
function openPage(page) {
  showTheme(savedTheme());
  showHead(page);
  showTools(page);
  page.list = new TurnList(page, byId("pane-list"));
  listenToKeys(page);
  byId("skip").addEventListener("click", (event) => {
    event.preventDefault();
    byId("pane-view").focus();
  });
  addEventListener("hashchange", () => showAddress(page));
  const shown = showAddress(page);
  requestAnimationFrame(() => performance.mark("list"));
  shown.then(() => performance.mark("usable"));
}

/** @param {Page} page */
function showHead({ summary, live }) {
  const { run, counts, cost, tokens, time } = summary;
  document.title = `${run.title} · agent-probe`;
  byId("title").replaceChildren(...visible(run.title));
  const facts = [
    live && h("span", { class: "live" }, "recording"),
    plural(counts.turns, "turn"),
    counts.failed_tries ? h("span", { class: "bad" }, plural(counts.failed_tries, "failed try", "failed tries")) : null,
    tokens.total === null ? null : `${compact(tokens.total)} tokens`,
    cost.dollars === null ? null : `${cost.at_least ? "≥ " : ""}${dollars(cost.dollars)}`,
    seconds(time.seconds),
    summary.problems.length ? h("a", { href: "#overview", class: "bad" }, plural(summary.problems.length, "problem")) : null,
  ];
  byId("facts").replaceChildren(...facts.filter(Boolean).map((fact) => h("span", {}, fact)));
}

/** @param {Page} page */
function showTools(page) {
  byId("tools").replaceChildren(
    h("button", { type: "button", onclick: () => openSearch(), title: "Search everything (/ or Ctrl-F)" }, "Search ", h("kbd", {}, "/")),
    h("button", { type: "button", id: "theme", onclick: switchTheme, title: "Light, dark, or as the system (t)" }),
    h("button", { type: "button", onclick: () => showHelp(page), "aria-label": "Help: all keys", title: "All keys (?)" }, "?"),
  );
  showTheme(savedTheme());
}

/** Show what the address names. @param {Page} page */
async function showAddress(page) {
  const path = addressParts(location.hash);
  const view = VIEWS[path[0]] ?? VIEWS.overview ?? VIEWS.turns;
  const root = h("div", { class: `view view-${view.name}` });
  const list = byId("pane-list");
  list.hidden = !WITH_LIST.has(view.name);
  byId("panes").classList.toggle("with-list", !list.hidden);
  showTabs(list.hidden ? view.name : "turns");
  byId("pane-view").replaceChildren(root);
  byId("pane-view").scrollTop = 0;
  if (!list.hidden) page.list?.follow(path);
  try {
    await view.show(root, path, page);
  } catch (error) {
    for (const waiting of root.querySelectorAll(".wait")) waiting.remove();
    root.append(h("p", { class: "failure", role: "alert" }, `This cannot be shown: ${/** @type {Error} */ (error).message}`));
    if (!(error instanceof Error) || !/^This (run|record) has no/.test(error.message)) console.error(error);
  }
}

/** @param {string} current */
function showTabs(current) {
  const tabs = TABS.flatMap((name) => VIEWS[name] ?? []);
  byId("tabs").replaceChildren(
    ...tabs.map((view) =>
      h(
        "a",
        { href: `#${view.name}`, "aria-current": view.name === current ? "page" : null, title: view.key ? `g ${view.key}` : null },
        view.tab,
      ),
    ),
  );
}

const THEMES = ["system", "light", "dark"];

function savedTheme() {
  try {
    return localStorage.getItem("agent-probe-theme") ?? "system";
  } catch {
    return "system";
  }
}

/** @param {string} theme */
function showTheme(theme) {
  document.documentElement.dataset.theme = theme;
  const button = document.getElementById("theme");
  if (!button) return;
  button.textContent = { system: "◐", light: "☀", dark: "☾" }[theme] ?? "◐";
  button.setAttribute("aria-label", `Theme: ${theme}`);
}

function switchTheme() {
  const next = THEMES[(THEMES.indexOf(savedTheme()) + 1) % THEMES.length];
  try {
    localStorage.setItem("agent-probe-theme", next);
  } catch {
    // A browser that keeps nothing for this page: the theme lasts until it is closed.
  }
  showTheme(next);
  announce(`Theme: ${next}`);
}
