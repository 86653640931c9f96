// What the run cost, how many tokens it took, and why the cache missed.

addView({
  name: "cost",
  tab: "Cost",
  key: "$",
  show(root, _path, page) {
    const { summary } = page;
    const counted = summary.turns.filter((turn) => turn.tokens);
    root.append(
      section("Cost", costTotal(summary), modelTable(summary)),
      section("Cost of each turn", turnCosts(summary)),
      section("Tokens of each turn", counted.length ? tokenColumns(counted) : empty("No answer reported its usage, so tokens and cache hits are not known.")),
      section("Why the cache missed", cacheMisses(page)),
    );
  },
});

/** @param {Summary} summary */
function costTotal({ cost, tokens }) {
  return [
    h("p", { class: "value" }, costWords(cost)),
    h("ul", {}, cost.dollars !== null && !cost.paid ? h("li", {}, "Nobody paid it: the answers are a replay.") : null, cost.unpriced_turns ? h("li", {}, `${plural(cost.unpriced_turns, "turn")} without a price`) : null, cost.reasons.map((reason) => h("li", {}, isolated(reason)))),
    cost.dollars === null || cost.unpriced_turns ? empty("Prices of your own: PROBE_PRICES=file, then analyze again.") : null,
    cost.sources.length ? h("p", {}, `Prices: ${cost.sources.join("; ")}`) : null,
    factList([["Input tokens", number(tokens.input)], ["Read from the cache", number(tokens.cache_read)], ["Written to the cache", number(tokens.cache_write)], ["Output tokens", number(tokens.output)], ["Reasoning tokens", number(tokens.reasoning)]]),
  ];
}

const TOKEN_HEADS = ["#input", "#cache read", "#cache write", "#output", "#reasoning"];

/** @param {Tokens | null} tokens */
function tokenCells(tokens) {
  return [tokens?.input, tokens?.cache_read, tokens?.cache_write, tokens?.output, tokens?.reasoning].map(number);
}

/** @param {Summary} summary */
function modelTable({ models }) {
  if (!models.length) return empty("No model was called.");
  return longTable("Cost by model", ["model", "for", "#calls", ...TOKEN_HEADS, "#cost"], models, (one) => [isolated(one.model ?? "not named"), one.side ? "side requests" : "the work", number(one.turns), ...tokenCells(one.tokens), dollars(one.dollars)]);
}

/** @param {Summary} summary */
function turnCosts({ turns, cost }) {
  const priced = turns.filter((turn) => turn.dollars !== null);
  if (!priced.length) return empty(`No turn has a price. ${cost.reasons.join("; ")}`);
  const chart = columnsChart({
    label: "Dollars of each turn",
    series: ["--t-model"],
    count: priced.length,
    value: (column) => priced[column].dollars ?? 0,
    format: dollars,
    words: (column) => [`Turn ${priced[column].number}`, dollars(priced[column].dollars), priced[column].model ?? "", priced[column].did],
    choose: (column) => go(`#turn-${priced[column].number}`),
  });
  const sorted = [...priced].sort((one, other) => (other.dollars ?? 0) - (one.dollars ?? 0));
  return [chart, folded("The turns by cost", () => longTable("Turns by cost", ["turn", "#cost", ...TOKEN_HEADS, "model", "did"], sorted, (turn) => [turnLink(turn.number), dollars(turn.dollars), ...tokenCells(turn.tokens), isolated(turn.model ?? "?"), h("span", { class: "clip" }, isolated(turn.did))]))];
}

/** @param {Turn[]} turns */
function tokenColumns(turns) {
  const parts = turns.map(({ tokens }) => {
    const [read, written] = [tokens?.cache_read ?? 0, tokens?.cache_write ?? 0];
    return [read, written, Math.max((tokens?.input ?? 0) - read - written, 0), tokens?.output ?? 0];
  });
  const names = [["input read from the cache", "--c-read"], ["written to it", "--c-written"], ["fresh", "--c-fresh"], ["output", "--c-output"], ["▼ the cache missed", "--bad"]].map(([name, color]) => ({ name, color }));
  const chart = columnsChart({
    label: "Tokens of each turn",
    series: names.slice(0, 4).map(({ color }) => color),
    count: turns.length,
    value: (column, part) => parts[column][part],
    format: compact,
    words: (column) => [`Turn ${turns[column].number}`, ...tokenCells(turns[column].tokens).map((count, at) => `${TOKEN_HEADS[at].slice(1)} ${count}`), turns[column].cache?.reason ?? ""],
    choose: (column) => go(`#turn-${turns[column].number}`),
    mark: (column) => Boolean(turns[column].cache?.reason),
  });
  return [chart, legend(names), folded("The same as a table", () => longTable("Tokens of each turn", ["turn", ...TOKEN_HEADS], turns, (turn) => [turnLink(turn.number), ...tokenCells(turn.tokens)]))];
}

/** @param {Page} page */
function cacheMisses(page) {
  const { turns } = page.summary;
  const missed = turns.filter((turn) => turn.cache?.reason);
  if (!turns.some((turn) => turn.cache)) return empty("It is not known: no turn that goes on from another reported what it read from the cache.");
  if (!missed.length) return h("p", {}, "It did not: each turn read nearly all that the turn before had sent.");
  return longTable("Turns that missed the cache", ["turn", "why", "first difference", "#expected", "#read", "#missed", ""], missed, ({ number: turn, cache }) => {
    const { reason, first_change: change, expected, read, missed: count, before } = /** @type {CacheFacts} */ (cache);
    return [turnLink(turn), isolated(reason ?? ""), change ? firstChange(page, turn, change) : "none", number(expected), number(read), number(count), h("a", { href: `#compare/turn-${before}/turn-${turn}` }, `compare with turn ${before}`)];
  });
}

/** Return the item that differs, a link as soon as the index is there. @param {Page} page @param {number} turn @param {NonNullable<CacheFacts["first_change"]>} change */
function firstChange(page, turn, { kind, among, dropped }) {
  const words = h("span", {}, `${kind} #${among}${dropped ? " is gone" : ""}`);
  Promise.all([page.index(), page.items(turn)]).then(([{ items }, places]) => {
    const place = places.filter((one) => items[one].kind === kind)[among];
    if (!dropped && place !== undefined) words.replaceChildren(h("a", { href: `#item-${place}`, title: items[place].beginning }, isolated(`${kind} #${among}: ${itemName(items[place])}`)));
  }, () => {});
  return words;
}
