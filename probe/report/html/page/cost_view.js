// What the run cost, how many tokens it took, and why the cache missed.

addParts("cost", "Cost", "$", {
  Cost: ({ summary: { cost, models } }) => [
    h("p", { class: "value" }, costWords(cost)),
    h("ul", {}, [cost.dollars !== null && !cost.paid ? "Nobody paid it: the answers are a replay." : "", cost.unpriced_turns ? `${plural(cost.unpriced_turns, "turn")} without a price` : "", ...cost.reasons, cost.dollars === null || cost.unpriced_turns ? "Prices of your own: PROBE_PRICES=file, then analyze again." : "", cost.sources.length ? `Prices: ${cost.sources.join("; ")}` : ""].filter(Boolean).map((line) => h("li", {}, isolated(line)))),
    longTable("Cost by model", ["model", "for", "#calls", ...TOKEN_HEADS, "#cost"], models, (one) => [isolated(one.model ?? "not named"), one.side ? "side requests" : "the work", number(one.turns), ...tokenCells(one.tokens), dollars(one.dollars)]),
  ],
  "Cost of each turn": ({ summary }) => {
    const turns = summary.turns.filter((turn) => turn.dollars !== null);
    if (!turns.length) return empty(`No turn has a price. ${summary.cost.reasons.join("; ")}`);
    const sorted = [...turns].sort((one, other) => (other.dollars ?? 0) - (one.dollars ?? 0));
    return [
      columnsChart({ label: "Dollars of each turn", turns, colors: ["--t-model"], parts: (turn) => [turn.dollars ?? 0], format: dollars, words: (turn) => [dollars(turn.dollars), turn.model ?? "", turn.did] }),
      folded("The turns by cost", () => longTable("Turns by cost", ["turn", "#cost", ...TOKEN_HEADS, "model", "did"], sorted, (turn) => [turnLink(turn.number), dollars(turn.dollars), ...tokenCells(turn.tokens), isolated(turn.model ?? "?"), clip(turn.did)])),
    ];
  },
  "Tokens of each turn": ({ summary }) => {
    const turns = summary.turns.filter((turn) => turn.tokens);
    if (!turns.length) return empty("No answer reported its usage, so tokens and cache hits are not known.");
    const names = [["input read from the cache", "--c-read"], ["written to it", "--c-written"], ["fresh", "--c-fresh"], ["output", "--c-output"], ["▼ the cache missed", "--bad"]].map(([name, color]) => ({ name, color }));
    const chart = columnsChart({
      label: "Tokens of each turn", turns, format: compact,
      colors: names.map(({ color }) => color),
      parts: ({ tokens }) => {
        const [read, written] = [tokens?.cache_read ?? 0, tokens?.cache_write ?? 0];
        return [read, written, Math.max((tokens?.input ?? 0) - read - written, 0), tokens?.output ?? 0];
      },
      words: (turn) => [...tokenCells(turn.tokens).map((count, at) => `${TOKEN_HEADS[at].slice(1)} ${count}`), turn.cache?.reason ?? ""],
      mark: (turn) => Boolean(turn.cache?.reason),
    });
    return [chart, legend(names), folded("The same as a table", () => longTable("Tokens of each turn", ["turn", ...TOKEN_HEADS], turns, (turn) => [turnLink(turn.number), ...tokenCells(turn.tokens)]))];
  },
  "Why the cache missed": (page) => {
    const { turns } = page.summary;
    const missed = turns.filter((turn) => turn.cache?.reason);
    if (!turns.some((turn) => turn.cache)) return empty("It is not known: no turn that goes on from another reported what it read from the cache.");
    if (!missed.length) return h("p", {}, "It did not: each turn read nearly all that the turn before had sent.");
    return longTable("Turns that missed the cache", ["turn", "why", "first difference", "#expected", "#read", "#missed", "compare"], missed, ({ number: turn, cache }) => {
      const { reason, first_change: change, expected, read, missed: count, before } = /** @type {CacheFacts} */ (cache);
      return [turnLink(turn), isolated(reason ?? ""), change ? firstChange(page, turn, change) : "none", number(expected), number(read), number(count), h("a", { href: `#compare/turn-${before}/turn-${turn}` }, `with turn ${before}`)];
    });
  },
});

const TOKEN_HEADS = ["#input", "#cache read", "#cache write", "#output", "#reasoning"];

/** @param {Tokens | null} tokens */
function tokenCells(tokens) {
  return [tokens?.input, tokens?.cache_read, tokens?.cache_write, tokens?.output, tokens?.reasoning].map(number);
}

/** Return the item that differs, a link as soon as the index is there. @param {Page} page @param {number} turn @param {NonNullable<CacheFacts["first_change"]>} change */
function firstChange(page, turn, { kind, among, dropped }) {
  const words = h("span", {}, `${kind} #${among}${dropped ? " is gone" : ""}`);
  Promise.all([page.index(), page.items(turn)]).then(([{ items }, places]) => {
    const place = places.filter((one) => items[one].kind === kind)[among];
    if (!dropped && place !== undefined) words.replaceChildren(h("a", { href: `#item-${place}` }, isolated(`${kind} #${among}: ${itemName(items[place])}`)));
  }, () => {});
  return words;
}
