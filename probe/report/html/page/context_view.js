// What the context consists of and how it grew: columns over turns, a treemap of one turn, and the same as tables.

/** What a reader chose; kept while the page is open. */
const contextChoice = { unit: "bytes", thread: 0 };

addView({
  name: "context",
  tab: "Context",
  key: "c",
  async show(root, path, page) {
    const { turns: all } = page.summary;
    if (!all.some((turn) => contextSize(turn.context))) {
      root.append(empty(all.length ? "No request of a model could be read, so what its context consists of is not known." : "No call of a model was recorded, so there is no context."));
      return;
    }
    const wanted = page.turns.get(Number(path[1]?.replace("turn-", "")));
    const threads = page.summary.threads.filter((thread) => thread.turns.length);
    const thread = threads.find((one) => one.number === (wanted?.thread ?? contextChoice.thread)) ?? threads.reduce((best, one) => (one.turns.length > best.turns.length ? one : best));
    contextChoice.thread = thread.number;
    const turns = thread.turns.map((turn) => page.turn(turn));
    const turn = wanted ?? turns.reduce((best, one) => (contextSize(one.context) > contextSize(best.context) ? one : best));
    const estimated = turns.some((one) => one.context_tokens);
    const shown = contextMeasure(estimated ? contextChoice.unit : "bytes");
    const detail = h("div", {}, "Reading the items …");
    root.append(
      section("How the context grew", contextControls(threads, page.summary, turn, estimated), growth(turns, turn, shown), legend(shown.parts(turn)), folded("The same as a table", () => contextTable(turns, shown))),
      section(`What turn ${turn.number} sent`, contextWords(turn), detail),
    );
    await showTreemap(detail, page, turn, shown);
  },
});

/** @param {Context} context */
function contextSize(context) {
  return Object.values(context).reduce((sum, size) => sum + size, 0);
}

/** @typedef {ReturnType<typeof contextMeasure>} Measure How the context is measured. */

/** @param {string} unit */
function contextMeasure(unit) {
  const format = (/** @type {number} */ size) => (unit === "tokens" ? `≈ ${number(Math.round(size))}` : bytes(size));
  const size = (/** @type {Turn} */ turn, /** @type {ContextKind} */ kind) => (unit === "tokens" ? turn.context_tokens : turn.context)?.[kind] ?? 0;
  const parts = (/** @type {Turn} */ turn) => KINDS.map(([kind, name]) => ({ kind, name, color: `--k-${kind}`, size: size(turn, kind), text: format(size(turn, kind)) })).filter((part) => part.size);
  return { format, size, parts };
}

/** @param {Thread[]} threads @param {Summary} summary @param {Turn} turn @param {boolean} estimated */
function contextControls(threads, summary, turn, estimated) {
  const select = /** @type {HTMLSelectElement} */ (h("select", { onchange: () => go(`#context/turn-${select.value}`) }, threads.map((one) => h("option", { value: one.turns[0], selected: one.number === turn.thread }, `${threadName(one, summary)}, ${plural(one.turns.length, "turn")}`))));
  const units = [["bytes", "bytes"], ["tokens", "estimated tokens"]].map(([unit, name]) => {
    const choose = () => {
      contextChoice.unit = unit;
      reopen(`#context/turn-${turn.number}`);
    };
    return h("label", {}, h("input", { type: "radio", name: "unit", checked: (estimated ? contextChoice.unit : "bytes") === unit, disabled: unit === "tokens" && !estimated, onchange: choose }), ` ${name}`);
  });
  return h("div", { class: "controls" }, threads.length > 1 ? h("label", {}, "Thread ", select) : null, h("span", { role: "radiogroup", "aria-label": "Unit" }, units), estimated ? null : h("small", {}, "No usage was reported from which tokens could be estimated."));
}

/** Show the place where the reader is once more, with another choice. @param {string} [address] */
function reopen(address = location.hash) {
  history.replaceState(null, "", address);
  dispatchEvent(new HashChangeEvent("hashchange"));
}

/** @param {Turn[]} turns @param {Turn} chosen @param {Measure} shown */
function growth(turns, chosen, shown) {
  return columnsChart({
    label: "Context of each turn",
    series: KINDS.map(([kind]) => `--k-${kind}`),
    count: turns.length,
    value: (column, series) => shown.size(turns[column], KINDS[series][0]),
    format: shown.format,
    words: (column) => [`Turn ${turns[column].number}`, ...shown.parts(turns[column]).map(({ name, text }) => `${name} ${text}`), turns[column].new.dropped ? `${plural(turns[column].new.dropped, "item")} of the turn before dropped` : ""],
    choose: (column) => go(`#context/turn-${turns[column].number}`),
    chosen: turns.indexOf(chosen),
    mark: (column) => turns[column].new.dropped > 0,
  });
}

/** @param {Turn[]} turns @param {Measure} shown */
function contextTable(turns, shown) {
  const kinds = KINDS.filter(([kind]) => turns.some((turn) => shown.size(turn, kind)));
  return longTable("Context of each turn", ["turn", ...kinds.map(([, name]) => `#${name}`), "#input tokens"], turns, (turn) => [turnLink(turn.number), ...kinds.map(([kind]) => shown.format(shown.size(turn, kind))), number(turn.tokens?.input)]);
}

/** @param {Turn} turn */
function contextWords(turn) {
  const tokens = turn.tokens?.input ?? null;
  return h("p", {}, turnLink(turn.number), ": ", isolated(turn.did), tokens === null ? ". " : `. The API counted ${number(tokens)} input tokens. `, "New: ", newWords(turn), turn.before === null ? "" : [" (", h("a", { href: `#compare/turn-${turn.before}/turn-${turn.number}` }, "difference"), ")"]);
}

/** @param {HTMLElement} root @param {Page} page @param {Turn} turn @param {Measure} shown */
async function showTreemap(root, page, turn, shown) {
  const index = await page.index();
  const rows = (await page.items(turn.number)).flatMap((place) => KINDS.map(([kind, name]) => ({ place, item: index.items[place], kind, name, size: index.items[place].context[kind] ?? 0 }))).filter((row) => row.size);
  rows.sort((one, other) => other.size - one.size);
  const groups = shown.parts(turn).map((part) => ({ ...part, cells: rows.filter((row) => row.kind === part.kind).map(itemCell) }));
  root.replaceChildren(
    treemap(`Items of turn ${turn.number} by size; each opens the item`, groups),
    legend(shown.parts(turn)),
    folded("The items as a table, by size", () => longTable(`Items of turn ${turn.number}`, ["item", "kind", "#bytes", "begins"], rows, ({ place, item, kind, name, size }) => [
      h("a", { href: `#item-${place}` }, isolated(itemName(item))), [swatch(`--k-${kind}`), name], number(size), h("span", { class: "clip" }, isolated(item.beginning)),
    ])),
  );
}

/** @param {{place: number, item: ItemFacts, size: number}} row @returns {Cell} */
function itemCell({ place, item, size }) {
  const name = (item.kind === "message" && item.beginning) || itemName(item);
  return { name, size, text: bytes(size), href: `#item-${place}`, title: `${itemName(item)}, ${bytes(size)}: ${item.beginning}` };
}

/** Return what an item is called: who wrote a message, or the name of anything else. @param {ItemFacts} item */
function itemName(item) {
  return (item.kind === "message" ? item.role || item.name : item.name) || itemKind(item).replace("_", " ");
}
