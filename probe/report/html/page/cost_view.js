// What the run cost, how many tokens it took, and why the cache missed.

addView({ name: "cost", tab: "Cost", key: "$", show: showCost });

/** @param {HTMLElement} root @param {string[]} _path @param {Page} page */
function showCost(root, _path, page) {
  const { summary } = page;
  const counted = summary.turns.filter((turn) => turn.tokens);
  root.append(
    section("Cost", costTotal(summary), modelTable(summary)),
    section("Cost of each turn", turnCosts(summary)),
    section("Tokens of each turn: read from the cache, written to it, fresh, and output", counted.length ? tokenColumns(counted) : empty("No answer reported its usage, so tokens and cache hits are not known.")),
    section("Why the cache missed", cacheMisses(page, counted)),
  );
}

/** @param {Summary} summary */
function costTotal({ cost, tokens }) {
  const known = cost.dollars !== null;
  const value = known ? `${cost.at_least ? "At least " : ""}${dollars(cost.dollars)}${cost.paid ? ", as the API reported it" : ", by list prices"}` : "Unknown";
  const reasons = cost.reasons.length ? h("ul", {}, cost.reasons.map((reason) => h("li", {}, reason))) : null;
  return [
    h("p", { class: "value" }, value),
    cost.unpriced_turns ? h("p", {}, `${plural(cost.unpriced_turns, "turn")} without a price.`) : null,
    reasons,
    known ? null : empty("Prices of one's own: PROBE_PRICES=file, then analyze again."),
    cost.sources.length ? h("p", {}, h("small", {}, `Prices: ${cost.sources.join("; ")}`)) : null,
    factList([["Input tokens", number(tokens.input)], ["Read from the cache", number(tokens.cache_read)], ["Written to the cache", number(tokens.cache_write)], ["Output tokens", number(tokens.output)], ["Reasoning tokens", number(tokens.reasoning)]]),
  ];
}

/** @param {Summary} summary */
function modelTable({ models }) {
  if (!models.length) return empty("No model was called.");
  return longTable("Cost by model", ["model", "for", "#turns", "#input", "#cache read", "#cache write", "#output", "#reasoning", "#cost"], models, ({ model, side, turns, tokens, dollars: cost }) => [
    model ?? "not named", side ? "side requests" : "the work", number(turns), number(tokens.input), number(tokens.cache_read), number(tokens.cache_write), number(tokens.output), number(tokens.reasoning), dollars(cost),
  ]);
}

/** @param {Summary} summary */
function turnCosts({ turns, cost }) {
  const priced = turns.filter((turn) => turn.dollars !== null);
  if (!priced.length) return empty("No turn has a price. ", cost.reasons.join(" "));
  return [
    columnsChart({
      label: "Dollars of each turn",
      series: [{ name: "cost", color: "--t-model" }],
      count: priced.length,
      value: (column) => priced[column].dollars ?? 0,
      format: dollars,
      words: (column) => [`Turn ${priced[column].number}`, dollars(priced[column].dollars), priced[column].model ?? "", priced[column].did],
      choose: (column) => go(`#turn-${priced[column].number}`),
    }),
    folded("The turns by cost", () => longTable("Turns by cost", ["turn", "#cost", "#input", "#output", "model", "did"], [...priced].sort((one, other) => (other.dollars ?? 0) - (one.dollars ?? 0)), (turn) => [
      turnLink(turn.number), dollars(turn.dollars), number(turn.tokens?.input), number(turn.tokens?.output), turn.model ?? "?", h("span", { class: "clip" }, turn.did),
    ])),
  ];
}

/** @param {Turn[]} turns */
function tokenColumns(turns) {
  const series = [["read from the cache", "--c-read"], ["written to the cache", "--c-written"], ["fresh", "--c-fresh"], ["output", "--c-output"]].map(([name, color]) => ({ name, color }));
  /** @param {number} column */
  const parts = (column) => {
    const { input, output, cache_read: read, cache_write: written } = /** @type {Tokens} */ (turns[column].tokens);
    return [read ?? 0, written ?? 0, Math.max((input ?? 0) - (read ?? 0) - (written ?? 0), 0), output ?? 0];
  };
  return [
    columnsChart({
      label: "Tokens of each turn",
      series,
      count: turns.length,
      value: (column, part) => parts(column)[part],
      format: (value) => (value >= 1e6 ? `${value / 1e6} M` : value >= 1e3 ? `${value / 1e3} k` : String(value)),
      words: (column) => {
        const tokens = /** @type {Tokens} */ (turns[column].tokens);
        return [`Turn ${turns[column].number}`, `input ${number(tokens.input)}`, `cache read ${number(tokens.cache_read)}`, `cache written ${number(tokens.cache_write)}`, `output ${number(tokens.output)}`, turns[column].cache?.reason ?? ""].filter(Boolean);
      },
      choose: (column) => go(`#turn-${turns[column].number}`),
      mark: (column) => Boolean(turns[column].cache?.reason),
    }),
    legend([...series, { name: "▼ the cache missed", color: "--bad" }]),
    folded("The same as a table", () => longTable("Tokens of each turn", ["turn", "#input", "#cache read", "#cache write", "#output", "#reasoning"], turns, ({ number: turn, tokens }) => [
      turnLink(turn), number(tokens?.input), number(tokens?.cache_read), number(tokens?.cache_write), number(tokens?.output), number(tokens?.reasoning),
    ])),
  ];
}

/** @param {Page} page @param {Turn[]} counted */
function cacheMisses(page, counted) {
  const missed = page.summary.turns.filter((turn) => turn.cache?.reason);
  if (!missed.length) {
    if (!counted.some((turn) => turn.tokens?.cache_read !== null)) return empty("No answer reported cache reads.");
    if (!page.summary.turns.some((turn) => turn.cache)) return empty("No turn goes on from one before it, so there is nothing that it could have read.");
    return h("p", {}, "It did not: each turn read what the turn before could have left in the cache.");
  }
  return longTable("Turns that missed the cache", ["turn", "why", "first difference", "#expected", "#read", "#missed", "compare"], missed, (turn) => {
    const cache = /** @type {CacheFacts} */ (turn.cache);
    const change = cache.first_change;
    return [
      turnLink(turn.number), cache.reason,
      change ? firstChange(page, turn, change) : "none",
      number(cache.expected), number(cache.read), number(cache.missed),
      turn.before === null ? null : h("a", { href: `#compare/turn-${turn.before}/turn-${turn.number}` }, `with turn ${turn.before}`),
    ];
  });
}

/** Return a link to the item that differs, as soon as the index is there. @param {Page} page @param {Turn} turn @param {{kind: string, place: number}} change */
function firstChange(page, turn, change) {
  const link = h("a", { href: `#turn-${turn.number}` }, `${change.kind} ${change.place + 1}`);
  page.items(turn.number).then(async (items) => {
    const item = (await page.index()).items[items[change.place]];
    if (!item) return;
    link.setAttribute("href", `#item-${items[change.place]}`);
    link.textContent = `${change.kind}: ${itemName(item)}`;
    link.title = item.beginning;
  }, () => {});
  return link;
}
