// What the run cost, how many tokens it took, and why the cache missed.

addParts("cost", "Cost", "$", {
  Cost: ({ summary: { cost, models } }) => [
    h("p.value", costWords(cost)),
    lines([...costNotes(cost), cost.unpriced_turns ? `${plural(cost.unpriced_turns, "turn")} without a price. Prices of your own: PROBE_PRICES=prices.yaml, then analyze again.` : ""]),
    table("Cost by model", models, { model: ({ model }) => isolated(model ?? "not named"), for: ({ side }) => (side ? "side requests" : "the work"), "#calls": ({ turns }) => amount(turns), ...TOKENS, "#cost": costCell }),
  ],
  "Each turn": ({ summary: { turns, tokens, models } }) => {
    const known = turns.filter((turn) => turn.tokens);
    if (!known.length) return h("p.dim", "No answer reported its usage, so tokens and cache hits are not known.");
    const parts = Object.entries({ "input read from the cache": "--c-read", "written to it": "--c-written", fresh: "--c-fresh", output: "--c-output" }).map(([name, color]) => ({ name, color }));
    const sizes = (/** @type {any} */ { tokens }) => {
      const { input, cache_read: read, cache_write: written, output } = tokens;
      return [read, written, Math.max(input - read - written, 0), output].map((count) => count ?? 0);
    };
    return [
      h("p", tokens.cache_read === null ? null : `${share(tokens.cache_read, tokens.input)} of the input, ${number(tokens.cache_read)} of ${number(tokens.input)} tokens, came from the cache. ▼ marks turns for which it missed.`), legend(parts),
      columnsChart({ label: "Tokens of each turn", turns: known, parts, format: compact, sizes, words: (turn) => [...sizes(turn).map((count, at) => `${parts[at].name} ${number(count)}`), turn.dollars === null ? "" : dollars(turn.dollars), turn.cache?.reason ?? ""], mark: (turn) => Boolean(turn.cache?.reason) }),
      folded("The turns as a table, to be sorted by cost", () => table("Cost of each turn", known, { turn: turnCell, "#cost": costCell, ...TOKENS, model: ({ model }) => models.length > 1 && isolated(model ?? "?"), did })),
    ];
  },
  "Why the cache missed": (page) => {
    const turns = page.summary.turns.flatMap((turn) => (turn.cache ? [{ ...turn.cache, ...turn, last: turn.cache.before }] : []));
    const missed = turns.filter(({ reason }) => reason);
    if (!turns.length) return h("p.dim", "It is not known: no turn that goes on from another reported what it read from the cache.");
    if (!missed.length) return h("p", "It did not: each turn read nearly all that the turn before had sent.");
    return table("Turns that missed the cache", missed, {
      turn: turnCell, why: ({ reason }) => isolated(reason ?? ""), "first difference": (turn) => arriving(firstChange(page, turn)),
      "#tokens to read": ({ expected }) => amount(expected), "#read": ({ read }) => amount(read), "#missed": ({ missed }) => amount(missed),
      compare: ({ last, number: turn }) => h("a", { href: `#compare/turn-${last}/turn-${turn}` }, `with turn ${last}`),
    });
  },
});

/** @type {Record<string, (one: {tokens: Tokens | null}) => Amount>} */
const TOKENS = Object.fromEntries(/** @type {(keyof Tokens)[]} */ (["input", "cache_read", "cache_write", "output", "reasoning"]).map((name) => [`#${name.replace("_", " ")}`, ({ tokens }) => amount(tokens?.[name])]));

/** Return the item that differs from the turn before. @param {Page} page @param {Turn} turn */
async function firstChange(page, { number: turn, cache }) {
  if (!cache?.first_change) return "none";
  const { kind, among, dropped } = cache.first_change;
  const { items } = await page.index();
  const place = (await page.items(turn)).filter((one) => items[one].kind === kind)[among];
  return dropped || place === undefined ? `${kind} #${among + 1} is gone` : h("a", { href: `#item-${place}` }, isolated(`${kind} #${among + 1}: ${itemName(items[place])}`));
}
