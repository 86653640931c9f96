// Every key of the page, in one table that is also its help.

/** Keys, what they do in words, and how. */
const KEYS = /** @type {[string, string, (page: Page) => void][]} */ ([
  ["j", "next turn", (page) => page.list?.move(1)],
  ["k", "previous turn", (page) => page.list?.move(-1)],
  ["n", "next turn with a problem", (page) => page.list?.moveToProblem()],
  ["l", "to the list of turns", () => focusList()],
  ["f", "filter the list", () => focusList("input")],
  ["Enter", "from the list to the content", () => byId("pane-view").focus()],
  ["1", "the turn", (page) => showPart(page, "")],
  ["2", "its whole context", (page) => showPart(page, "/context")],
  ["3", "its request", (page) => showPart(page, "/request")],
  ["4", "its response or WebSocket", (page) => showPart(page, "/response")],
  ["d", "compare with the turn before", (page) => compareTurn(page)],
  ["e", "open all folds", () => openFolds(true)],
  ["w", "close all folds", () => openFolds(false)],
  ["m", "Markdown or plain text", () => switchMarkdown()],
  ["y", "copy a link to this place", () => copyText(location.href)],
  ["/", "search everything, as Ctrl-F", () => openSearch()],
  ["t", "theme: system, light, dark", () => switchTheme()],
  ["?", "this list", (page) => showHelp(page)],
]);

/** @param {Page} page */
function listenToKeys(page) {
  let waits = 0;
  addEventListener("keydown", (event) => {
    const { key, ctrlKey, metaKey, altKey, shiftKey, defaultPrevented } = event;
    const target = /** @type {HTMLElement} */ (event.target);
    const isFind = (ctrlKey || metaKey) && !altKey && !shiftKey && key.toLowerCase() === "f";
    const isOurs = !ctrlKey && !metaKey && !altKey && !defaultPrevented && !target.closest("input, textarea, select, dialog");
    if (key === "Escape") target.blur();
    if (!isFind && !isOurs) return;
    // g, then the key of a view.
    const view = Date.now() - waits < 1500 ? Object.values(VIEWS).find((one) => one.key === key) : undefined;
    waits = key === "g" && !view ? Date.now() : 0;
    const [, , run] = KEYS.find(([one]) => one === (isFind ? "/" : key)) ?? [];
    if ((!view && !run) || (key === "Enter" && !byId("pane-list").contains(target))) return;
    event.preventDefault();
    if (view) go(`#${view.name}`);
    else run?.(page);
  });
}

/** @param {string} [selector] */
function focusList(selector = ".rows") {
  if (byId("pane-list").hidden) go("#turns");
  byId("pane-list").hidden = false;
  /** @type {HTMLElement | null} */ (byId("pane-list").querySelector(selector))?.focus();
}

/** @param {Page} page */
function currentTurn(page) {
  return page.turns.get(page.list?.current ?? 0) ?? page.summary.turns[0];
}

/** @param {Page} page @param {string} part */
function showPart(page, part) {
  const turn = currentTurn(page);
  if (turn) go(`#turn-${turn.number}${turn.transport === "websocket" && part === "/response" ? "/websocket" : part}`);
}

/** @param {Page} page */
function compareTurn(page) {
  const turn = currentTurn(page);
  if (turn && turn.before !== null) go(`#compare/turn-${turn.before}/turn-${turn.number}`);
  else announce("There is no turn before it.");
}

/** @param {boolean} open */
function openFolds(open) {
  for (const fold of byId("pane-view").querySelectorAll("details")) if (fold.className !== "menu") fold.open = open;
}

/** @param {Page} page */
function showHelp({ summary: { project } }) {
  const views = TABS.map((name) => VIEWS[name]).filter((view) => view.key);
  /** @param {string} keys @param {any} what */
  const entry = (keys, what) => h("div", h("dt", keys.split(" ").map((key) => h("kbd", key))), h("dd", what));
  const dialog = /** @type {HTMLDialogElement} */ (
    h(
      "dialog",
      { "aria-labelledby": "help-title" },
      h("h2", { id: "help-title" }, "Keys"),
      h("dl.keys", KEYS.map(([key, what]) => entry(key, what)), views.map(({ key, tab }) => entry(`g ${key}`, tab))),
      h("p.dim", `${project.name} ${project.version}. Arrows, Page Up, Page Down, Home and End move in lists.`),
      h("form", { method: "dialog" }, h("button", { autofocus: true }, "Close")),
    )
  );
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
}
