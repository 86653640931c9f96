// What the context consists of and how it grew: columns over turns, a treemap of one turn, and the same as a table.

addView({ name: "context", tab: "Context", key: "c", show: showContext });

/** What a reader chose; kept while the page is open. */
const contextChoice = { unit: "bytes", thread: 0 };

/** @param {HTMLElement} root @param {string[]} path @param {Page} page */
async function showContext(root, path, page) {
  const { summary } = page;
  if (!summary.turns.some((turn) => contextSize(turn.context))) {
    root.append(empty(summary.turns.length ? "No request of a model could be read, so what its context consists of is not known." : "No call of a model was recorded, so there is no context."));
    return;
  }
  const asked = Number(/^turn-(\d+)$/.exec(path[1] ?? "")?.[1]);
  const wanted = summary.turns.find((turn) => turn.number === asked);
  const threads = summary.threads.filter((thread) => thread.turns.length);
  const longest = threads.reduce((best, one) => (one.turns.length > best.turns.length ? one : best), threads[0]);
  const thread = threads.find((one) => one.number === (wanted?.thread ?? contextChoice.thread)) ?? longest;
  contextChoice.thread = thread.number;
  const turns = thread.turns.map((turn) => page.turn(turn));
  const turn = wanted ?? turns.reduce((best, one) => (contextSize(one.context) > contextSize(best.context) ? one : best), turns[0]);
  const estimated = turns.some((one) => one.context_tokens);
  if (!estimated) contextChoice.unit = "bytes";
  /** @param {Turn} one */
  const context = (one) => (contextChoice.unit === "tokens" ? (one.context_tokens ?? {}) : one.context);
  const format = contextChoice.unit === "tokens" ? (/** @type {number} */ value) => `≈ ${number(Math.round(value))}` : bytes;
  const again = () => {
    root.replaceChildren();
    showContext(root, ["context", `turn-${turn.number}`], page);
  };
  root.append(
    section("How the context grew", contextControls(threads, summary, estimated, again), growth(turns, turn, context, format), legend(contextParts(turn, context, format)),
      folded("The same as a table", () => contextTable(turns, context, format))),
  );
  const detail = h("div", { class: "wait" }, "Reading the items …");
  root.append(section(`What turn ${turn.number} sent`, contextWords(turn), detail));
  await showTreemap(detail, page, turn, context, format);
}

/** Return the size by which turns are compared. @param {Context} context */
function contextSize(context) {
  return Object.values(context).reduce((sum, size) => sum + size, 0);
}

/** @param {Turn} turn @param {(turn: Turn) => Context} context @param {(size: number) => string} format */
function contextParts(turn, context, format) {
  return KINDS.map(([kind, name]) => ({ kind, name, color: `--k-${kind}`, value: context(turn)[kind] ?? 0, text: format(context(turn)[kind] ?? 0) })).filter((part) => part.value);
}

/** @param {Thread[]} threads @param {Summary} summary @param {boolean} estimated @param {() => void} again */
function contextControls(threads, summary, estimated, again) {
  const select = /** @type {HTMLSelectElement} */ (h("select", {}, threads.map((one) => h("option", { value: one.number, selected: one.number === contextChoice.thread }, `${threadName(one, summary)}, ${plural(one.turns.length, "turn")}`))));
  select.addEventListener("change", () => {
    contextChoice.thread = Number(select.value);
    go(`#context/turn-${threads.find((one) => one.number === contextChoice.thread)?.turns[0]}`);
  });
  const units = ["bytes", "tokens"].map((unit) => {
    const input = h("input", { type: "radio", name: "unit", value: unit, checked: contextChoice.unit === unit, disabled: unit === "tokens" && !estimated });
    input.addEventListener("change", () => {
      contextChoice.unit = unit;
      again();
    });
    return h("label", {}, input, unit === "tokens" ? " estimated tokens" : " bytes");
  });
  const why = estimated ? null : h("small", {}, "No usage was reported from which tokens could be estimated.");
  return h("div", { class: "controls" }, threads.length > 1 ? h("label", {}, "Thread ", select) : null, h("span", { role: "radiogroup", "aria-label": "Unit" }, units), why);
}

/** @param {Turn[]} turns @param {Turn} chosen @param {(turn: Turn) => Context} context @param {(size: number) => string} format */
function growth(turns, chosen, context, format) {
  return columnsChart({
    label: "Context of each turn",
    series: KINDS.map(([kind, name]) => ({ name, color: `--k-${kind}` })),
    count: turns.length,
    value: (column, series) => context(turns[column])[KINDS[series][0]] ?? 0,
    format,
    words: (column) => [
      `Turn ${turns[column].number}`,
      ...contextParts(turns[column], context, format).map((part) => `${part.name} ${part.text}`),
      ...(turns[column].new.dropped ? [`${plural(turns[column].new.dropped, "item")} of the turn before dropped`] : []),
    ],
    choose: (column) => go(`#context/turn-${turns[column].number}`),
    chosen: turns.indexOf(chosen),
    mark: (column) => turns[column].new.dropped > 0,
  });
}

/** @param {Turn[]} turns @param {(turn: Turn) => Context} context @param {(size: number) => string} format */
function contextTable(turns, context, format) {
  const kinds = KINDS.filter(([kind]) => turns.some((turn) => context(turn)[kind]));
  return longTable("Context of each turn", ["turn", ...kinds.map(([, name]) => `#${name}`), "#input tokens"], turns, (turn) => [
    turnLink(turn.number),
    ...kinds.map(([kind]) => format(context(turn)[kind] ?? 0)),
    number(turn.tokens?.input),
  ]);
}

/** @param {Turn} turn */
function contextWords(turn) {
  const { instructions, tools, messages, settings, dropped } = turn.new;
  const added = [[instructions, "instructions"], [tools, "tools"], [messages, "messages"], [settings, "settings"]].filter(([count]) => count).map(([count, name]) => `${count} ${name}`).join(", ");
  const tokens = turn.tokens?.input;
  return h(
    "p", {},
    turnLink(turn.number), `: ${turn.did} `,
    tokens === null || tokens === undefined ? "" : `The API counted ${number(tokens)} input tokens. `,
    turn.before === null ? "It is the first of its thread." : ["New since ", turnLink(turn.before), `: ${added || "nothing"}${dropped ? `; dropped: ${dropped}` : ""}. `, h("a", { href: `#compare/turn-${turn.before}/turn-${turn.number}` }, "Compare")],
  );
}

/** @param {HTMLElement} root @param {Page} page @param {Turn} turn @param {(turn: Turn) => Context} context @param {(size: number) => string} format */
async function showTreemap(root, page, turn, context, format) {
  const index = await page.index();
  const items = (await page.items(turn.number)).map((place) => ({ place, ...index.items[place] }));
  const groups = contextParts(turn, context, format).map((part) => ({
    ...part,
    size: part.value,
    cells: items.filter((item) => item.context[part.kind]).map((item) => itemCell(item, part.kind)),
  }));
  const rows = items.flatMap((item) => KINDS.filter(([kind]) => item.context[kind]).map(([kind, name]) => ({ item, name, kind, size: item.context[kind] ?? 0 })));
  rows.sort((one, other) => other.size - one.size);
  root.className = "";
  root.replaceChildren(
    treemap(`Items of turn ${turn.number} by size; each opens the item`, groups),
    legend(contextParts(turn, context, format)),
    folded(`The items as a table, by size`, () => longTable(`Items of turn ${turn.number}`, ["item", "kind", "#bytes", "begins"], rows, ({ item, name, kind, size }) => [
      h("a", { href: `#item-${item.place}` }, itemName(item)), [swatch(`--k-${kind}`), name], number(size), h("span", { class: "clip" }, item.beginning),
    ])),
  );
}

/** @param {ItemFacts & {place: number}} item @param {ContextKind} kind @returns {Cell} */
function itemCell(item, kind) {
  const size = item.context[kind] ?? 0;
  return { name: item.kind === "message" ? item.beginning || itemName(item) : itemName(item), color: "", size, text: bytes(size), href: `#item-${item.place}`, title: `${itemName(item)}, ${bytes(size)}: ${item.beginning}` };
}

/** Return what an item is called: who wrote a message, or the name of anything else. @param {ItemFacts} item */
function itemName(item) {
  return item.kind === "message" ? (item.role ?? item.name) : item.name || item.kind;
}
