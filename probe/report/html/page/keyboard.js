// Every key of the page, in one table that is also its help.

/** Keys, what they do in words, and how. */
const KEYS = /** @type {[string, string, () => any][]} */ ([
  ["j", "next turn", () => page.list?.move(1)],
  ["k", "previous turn", () => page.list?.move(-1)],
  ["n", "next turn that is worth a look", () => page.list?.move(1, (turn) => notable(turn).length > 0)],
  ["l", "to the list of turns", () => focusList()],
  ["f", "filter the list; Escape shows all", () => focusList("input")],
  ["Enter", "from the list to the content", () => byId("pane-view").focus()],
  ["1", "the turn", () => showPart("")],
  ["2", "its whole context", () => showPart("/context")],
  ["3", "its request", () => showPart("/request")],
  ["4", "its response or WebSocket", () => showPart(currentTurn()?.transport === "websocket" ? "/websocket" : "/response")],
  ["d", "compare with the turn before", () => {
    const turn = currentTurn();
    const before = turn && comparedWith(turn);
    if (before) go(`#compare/turn-${before}/turn-${turn.number}`);
    else announce("There is no turn before it.");
  }],
  ["e", "open all folds", () => openFolds(true)],
  ["w", "close all folds", () => openFolds(false)],
  ["y", "copy a link to this place", () => copyText(location.href, "Link copied.")],
  ["/", "search everything, as Ctrl-F", () => openSearch()],
  ["t", "theme: system, light, dark", () => switchTheme()],
  ["?", "this list", () => showHelp()],
]);

function listenToKeys() {
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
    else run?.();
  });
  addEventListener("beforeprint", () => openFolds(true));
}

/** @param {string} [selector] */
function focusList(selector = ".rows") {
  if (byId("pane-list").hidden) go("#turns");
  byId("pane-list").hidden = false;
  /** @type {HTMLElement | null} */ (byId("pane-list").querySelector(selector))?.focus();
}

/** @returns {Turn | undefined} */
function currentTurn() {
  return page.turns.get(page.list?.current ?? 0) ?? page.summary.turns[0];
}

/** @param {string} part */
function showPart(part) {
  go(`#turn-${currentTurn()?.number}${part}`);
}

/** @param {boolean} open */
function openFolds(open) {
  for (const fold of byId("pane-view").querySelectorAll("details")) if (!fold.matches(".menu, .proof")) fold.open = open;
}

function showHelp() {
  const { name, version } = page.summary.project;
  const all = [...KEYS, ...TABS.map((tab) => [`g ${VIEWS[tab].key}`, VIEWS[tab].tab])];
  const dialog = /** @type {HTMLDialogElement} */ (h("dialog", { "aria-labelledby": "help-title", onclose: () => dialog.remove() },
    h("h2", { id: "help-title" }, "Keys"),
    h("dl.keys", all.map(([keys, what]) => h("div", h("dt", h("kbd", keys)), h("dd", what)))),
    h("p.dim", `${name} ${version}. Arrows, Page Up, Page Down, Home and End move in lists.`),
    h("form", { method: "dialog" }, h("button", { autofocus: true }, "Close"))));
  document.body.append(dialog);
  dialog.showModal();
}
