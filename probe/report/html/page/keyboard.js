// Every key of the page, in one table that is also its help.

/**
 * @typedef {object} Key
 * @property {string[]} keys
 * @property {string} what
 * @property {(page: Page) => void} run
 */

/** @type {Key[]} */
const KEYS = [
  { keys: ["j"], what: "next turn", run: (page) => page.list?.move(1) },
  { keys: ["k"], what: "previous turn", run: (page) => page.list?.move(-1) },
  { keys: ["n"], what: "next turn with a problem", run: (page) => page.list?.moveToProblem() },
  { keys: ["l"], what: "to the list of turns", run: () => focusList() },
  { keys: ["f"], what: "filter the list", run: () => focusFilter() },
  { keys: ["Enter"], what: "from the list to the content", run: () => byId("pane-view").focus() },
  { keys: ["1"], what: "the turn", run: (page) => turnPart(page, "") },
  { keys: ["2"], what: "its whole context", run: (page) => turnPart(page, "/context") },
  { keys: ["3"], what: "its request", run: (page) => turnPart(page, "/request") },
  { keys: ["4"], what: "its response or WebSocket", run: (page) => turnPart(page, "/response") },
  { keys: ["d"], what: "compare with the turn before", run: (page) => compareTurn(page) },
  { keys: ["e"], what: "open all folds", run: () => openFolds(true) },
  { keys: ["w"], what: "close all folds", run: () => openFolds(false) },
  { keys: ["m"], what: "Markdown or plain text", run: () => switchMarkdown() },
  { keys: ["y"], what: "copy a link to this place", run: () => copyText(location.href) },
  { keys: ["/", "Ctrl-F"], what: "search everything", run: () => openSearch() },
  { keys: ["t"], what: "theme: system, light, dark", run: () => switchTheme() },
  { keys: ["?"], what: "this list", run: (page) => showHelp(page) },
];

let waitsForView = 0;

/** @param {Page} page */
function listenToKeys(page) {
  addEventListener("keydown", (event) => {
    const isFind = (event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey && event.key.toLowerCase() === "f";
    if (isFind) {
      event.preventDefault();
      openSearch();
      return;
    }
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented || isTyping(event)) return;
    if (openView(event)) return;
    const key = KEYS.find(({ keys }) => keys.includes(event.key));
    if (!key || (event.key === "Enter" && !isInList(event))) return;
    event.preventDefault();
    key.run(page);
  });
}

/** Take the two keys that open a view: g, then its own. @param {KeyboardEvent} event */
function openView(event) {
  const isSecond = Date.now() - waitsForView < 1500;
  waitsForView = event.key === "g" && !isSecond ? Date.now() : 0;
  if (waitsForView) return true;
  const view = isSecond && Object.values(VIEWS).find((one) => one.key === event.key);
  if (!view) return false;
  event.preventDefault();
  go(`#${view.name}`);
  return true;
}

/** @param {KeyboardEvent} event */
function isTyping({ target }) {
  const element = /** @type {HTMLElement} */ (target);
  return /^(INPUT|TEXTAREA|SELECT)$/.test(element.tagName) || Boolean(element.closest("dialog"));
}

/** @param {KeyboardEvent} event */
function isInList({ target }) {
  return byId("pane-list").contains(/** @type {Node} */ (target));
}

function focusList() {
  if (byId("pane-list").hidden) go("#turns");
  /** @type {HTMLElement | null} */ (byId("pane-list").querySelector(".rows"))?.focus();
}

function focusFilter() {
  focusList();
  /** @type {HTMLElement | null} */ (byId("pane-list").querySelector("input"))?.focus();
}

/** @param {Page} page @param {string} part */
function turnPart(page, part) {
  const turn = page.turns.get(page.list?.current ?? 0) ?? page.summary.turns[0];
  if (!turn) return;
  const isSocket = turn.transport === "websocket" && part === "/response";
  go(`#turn-${turn.number}${isSocket ? "/websocket" : part}`);
}

/** @param {Page} page */
function compareTurn(page) {
  const turn = page.turns.get(page.list?.current ?? 0);
  if (turn && turn.before !== null) go(`#compare/turn-${turn.before}/turn-${turn.number}`);
  else announce("There is no turn before it.");
}

/** @param {boolean} open */
function openFolds(open) {
  for (const details of byId("pane-view").querySelectorAll("details:not(.menu)")) /** @type {HTMLDetailsElement} */ (details).open = open;
}

/** @param {Page} page */
function showHelp(page) {
  if (document.querySelector("dialog[open]")) return;
  const views = Object.values(VIEWS).filter((view) => view.tab && view.key);
  const entry = (/** @type {string[]} */ keys, /** @type {string} */ what) => h("div", {}, h("dt", {}, keys.map((key, at) => [at ? " " : "", h("kbd", {}, key)])), h("dd", {}, what));
  const dialog = /** @type {HTMLDialogElement} */ (
    h(
      "dialog",
      { "aria-labelledby": "help-title" },
      h("h2", { id: "help-title" }, "Keys"),
      h("dl", { class: "keys" }, KEYS.map(({ keys, what }) => entry(keys, what)), views.map((view) => entry(["g", String(view.key)], String(view.tab).toLowerCase()))),
      h("p", { class: "dim" }, `Made by ${page.summary.project.name} ${page.summary.project.version}. Arrow keys, Page up, Home and End move in lists.`),
      h("form", { method: "dialog" }, h("button", { autofocus: true }, "Close")),
    )
  );
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
}
