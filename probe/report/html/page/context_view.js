// What the context consists of and how it grew: columns over turns, a treemap of one turn, and the same as tables.

/** What a reader chose; kept while the page is open. */
const contextChoice = { unit: "bytes", thread: 0 };

addView({
  name: "context", tab: "Context", key: "c",
  async show(root, path, page) {
    const largest = (/** @type {Turn[]} */ turns) => turns.reduce((best, one) => (contextSize(one.context) > contextSize(best.context) ? one : best), turns[0]);
    const { turns: all, threads } = page.summary;
    if (!all.length || !contextSize(largest(all).context)) {
      root.append(empty(all.length ? "No request of a model could be read, so what its context consists of is not known." : "No call of a model was recorded, so there is no context."));
      return;
    }
    const wanted = page.turns.get(Number(path[1]?.replace("turn-", "")));
    const thread = page.threads.get(wanted?.thread ?? contextChoice.thread) ?? threads.reduce((best, one) => (one.turns.length > best.turns.length ? one : best));
    contextChoice.thread = thread.number;
    const turns = thread.turns.map((turn) => page.turn(turn));
    const turn = wanted ?? largest(turns);
    const estimated = turns.some((one) => one.context_tokens);
    const shown = contextMeasure(estimated ? contextChoice.unit : "bytes");
    const kinds = KINDS.filter(([kind]) => turns.some((one) => shown.sizes(one)[kind]));
    const detail = h("p", { class: "wait" }, "Reading the items …");
    const growth = columnsChart({
      label: "Context of each turn", turns, chosen: turn, link: "#context/turn-", format: shown.format,
      colors: kinds.map(([kind]) => `--k-${kind}`),
      parts: (one) => kinds.map(([kind]) => shown.sizes(one)[kind] ?? 0),
      words: (one) => [...shown.parts(one).map(({ name, text }) => `${name} ${text}`), one.new.dropped ? `${plural(one.new.dropped, "item")} of the turn before dropped` : ""],
      mark: (one) => one.new.dropped > 0,
    });
    const table = () => longTable("Context of each turn", ["turn", ...kinds.map(([, name]) => `#${name}`), "#input tokens"], turns, (one) => [turnLink(one.number), ...kinds.map(([kind]) => shown.format(shown.sizes(one)[kind] ?? 0)), number(one.tokens?.input)]);
    root.append(
      section("How the context grew", contextControls(page, turn, estimated), growth, legend(shown.parts(turn)), folded("The same as a table", table)),
      section(`What turn ${turn.number} sent`, contextWords(turn), detail),
    );
    detail.replaceWith(...(await itemSizes(page, turn, shown)));
  },
});

/** @param {Context} context */
function contextSize(context) {
  return Object.values(context).reduce((sum, size) => sum + size, 0);
}

/** Return how the context is measured. @param {string} unit */
function contextMeasure(unit) {
  const format = (/** @type {number} */ size) => (unit === "tokens" ? `≈ ${number(Math.round(size))}` : bytes(size));
  const sizes = (/** @type {Turn} */ turn) => (unit === "tokens" ? turn.context_tokens : turn.context) ?? {};
  const parts = (/** @type {Turn} */ turn) => KINDS.map(([kind, name]) => ({ kind, name, color: `--k-${kind}`, size: sizes(turn)[kind] ?? 0, text: format(sizes(turn)[kind] ?? 0) })).filter((part) => part.size);
  return { format, sizes, parts };
}

/** @param {Page} page @param {Turn} turn @param {boolean} estimated */
function contextControls({ summary }, turn, estimated) {
  const threads = summary.threads.filter((one) => one.turns.length);
  const select = /** @type {HTMLSelectElement} */ (h("select", { onchange: () => go(`#context/turn-${select.value}`) }, threads.map((one) => h("option", { value: one.turns[0], selected: one.number === turn.thread }, `${threadName(one, summary)}, ${plural(one.turns.length, "turn")}`))));
  const unit = (/** @type {string} */ value, /** @type {string} */ name) => {
    const choose = () => {
      contextChoice.unit = value;
      reopen(`#context/turn-${turn.number}`);
    };
    return h("label", {}, h("input", { type: "radio", name: "unit", checked: (estimated ? contextChoice.unit : "bytes") === value, disabled: value === "tokens" && !estimated, onchange: choose }), ` ${name}`);
  };
  return h("div", { class: "controls" }, threads.length > 1 ? h("label", {}, "Thread ", select) : null, h("span", { role: "radiogroup", "aria-label": "Unit" }, unit("bytes", "bytes"), unit("tokens", "estimated tokens")), estimated ? null : empty("No usage was reported from which tokens could be estimated."));
}

/** Show a place once more, with another choice. @param {string} address */
function reopen(address) {
  history.replaceState(null, "", address);
  dispatchEvent(new HashChangeEvent("hashchange"));
}

/** @param {Turn} turn */
function contextWords(turn) {
  const tokens = turn.tokens?.input ?? null;
  return h("p", {}, turnLink(turn.number), ": ", isolated(turn.did), tokens === null ? ". " : `. The API counted ${number(tokens)} input tokens. `, "New: ", newWords(turn), turn.before === null ? "" : [" (", h("a", { href: `#compare/turn-${turn.before}/turn-${turn.number}` }, "difference"), ")"]);
}

/** @param {Page} page @param {Turn} turn @param {ReturnType<typeof contextMeasure>} shown */
async function itemSizes(page, turn, shown) {
  const { items } = await page.index();
  const rows = (await page.items(turn.number)).flatMap((place) => KINDS.map(([kind, name]) => ({ place, item: items[place], kind, name, size: items[place].context[kind] ?? 0 }))).filter((row) => row.size);
  rows.sort((one, other) => other.size - one.size);
  const cell = (/** @type {typeof rows[0]} */ { place, item, size }) => ({ name: (item.kind === "message" && item.beginning) || itemName(item), size, text: bytes(size), href: `#item-${place}` });
  const groups = shown.parts(turn).sort((one, other) => other.size - one.size).map((part) => ({ ...part, cells: rows.filter((row) => row.kind === part.kind).map(cell) }));
  const table = () => longTable(`Items of turn ${turn.number}`, ["item", "kind", "#bytes", "begins"], rows, ({ place, item, name, size }) => [h("a", { href: `#item-${place}` }, isolated(itemName(item))), name, number(size), clip(item.beginning)]);
  return [treemap(`Items of turn ${turn.number} by size; each opens the item`, groups), legend(shown.parts(turn)), folded("The items as a table, by size", table)];
}

/** Return what an item is called: who wrote a message, or the name of anything else. @param {ItemFacts} item */
function itemName(item) {
  return (item.kind === "message" ? item.role || item.name : item.name) || itemKind(item).replace("_", " ");
}
