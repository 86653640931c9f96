// What is measured: each has a chart for each target, or for each version.

const FEW = 5;
/** Names that have a colour of their own in a chart; the rest is added to what is unnamed in the numbers already. */
const NAMED = 8;
const OTHERS = "others";

/** Return a share of the largest run, where that is most of several runs. @param {number} at @param {string} most @param {string} all @param {string} what */
function dominated(at, most, all, what) {
  const share = value(at, most) / value(at, all);
  return value(at, "n") > 2 && share > 0.5 ? `one run has ${Math.round(share * 100)} % of the ${what}` : "";
}

/** Return a measure that has the median of one value a run. @param {Pick<Measure, "id" | "title" | "about" | "format">} words @param {Record<string, string>} series */
function medians(words, series) {
  const columns = Object.values(series);
  return {
    ...words,
    kind: /** @type {const} */ ("lines"),
    series: Object.keys(series),
    values: (/** @type {number} */ at) => columns.map((name) => value(at, name)),
    note(/** @type {number} */ at) {
      const missing = value(at, `${columns[0]}_missing`);
      return missing ? `not known of ${plural(missing, "run")}` : "";
    },
  };
}

/** Return a measure of times: median and 90th percentile. @param {Pick<Measure, "id" | "title" | "about">} words @param {string} name @param {string} count */
function times(words, name, count) {
  return {
    ...words,
    kind: /** @type {const} */ ("lines"),
    format: (/** @type {number} */ one) => seconds(one / 1000),
    series: ["median", "90 % are faster than"],
    values: (/** @type {number} */ at) => [value(at, `${name}50`), value(at, `${name}90`)],
    note: (/** @type {number} */ at) => [plural(value(at, count), "answer"), dominated(at, "most_answers", "answers", "answers")].filter(Boolean).join("; "),
  };
}

/** Return a measure whose parts add up, by names in the numbers. @param {Omit<Measure, "kind" | "values" | "names">} words @param {number} table @param {"calls" | "failed" | "count"} column @param {(at: number) => number | null} base */
function parts(words, table, column, base) {
  const sizes = (/** @type {number} */ at) => amounts[table].get(at) ?? new Map();
  return {
    ...words,
    kind: /** @type {const} */ ("columns"),
    names(/** @type {number[]} */ points) {
      const sums = new Map();
      // Failures have the names, and so the colours, that the calls have.
      for (const at of points) for (const [name, one] of sizes(at)) sums.set(name, (sums.get(name) ?? 0) + one.calls + one.count);
      const all = [...sums].filter(([, sum]) => sum).sort(([, one], [, other]) => other - one).map(([name]) => name);
      const names = all.filter((name) => name !== OTHERS).slice(0, NAMED);
      return all.length > names.length ? [...names, OTHERS] : names;
    },
    values(/** @type {number} */ at, /** @type {string[]} */ names) {
      const whole = base(at);
      if (!whole) return names.map(() => null);
      const found = names.map((name) => (sizes(at).get(name)?.[column] ?? 0) / whole);
      const others = [...sizes(at)].filter(([name]) => !names.includes(name)).reduce((sum, [, one]) => sum + one[column], 0);
      return names.map((name, place) => (name === OTHERS ? found[place] + others / whole : found[place]));
    },
  };
}

/** @param {number} share */
const shareWords = (share) => (share && share < 0.001 ? "under 0.1 %" : `${Number((share * 100).toFixed(1))} %`);

/** @param {number} count */
const few = (count) => String(Number(count.toPrecision(3)));

/** @param {number} amount */
const money = (amount) => (amount >= 1 || amount === 0 ? `$${Number(amount.toFixed(2))}` : `$${Number(amount.toPrecision(3))}`);

/** @type {Measure[]} */
const MEASURES = [
  {
    id: "runs", title: "Runs", kind: "columns", format: (one) => plural(one, "run"), axis: number,
    about: "How many runs each of the points below is made of.",
    names: () => ["runs"], values: (at) => [value(at, "n")],
  },
  medians({ id: "input", title: "Input tokens of a run", format: compact, about: "Median of the runs; what was read from the cache is part of the input." }, { input: "input", "of it cached": "cached" }),
  medians({ id: "output", title: "Output tokens of a run", format: compact, about: "Median of the runs; the reasoning is part of the output." }, { output: "output", "of it reasoning": "reasoning" }),
  medians({ id: "cost", title: "Cost of a run", format: money, about: "Median of the runs whose model has a known price; list prices." }, { cost: "dollars" }),
  times({ id: "first", title: "Time to the first token", about: "Of the answers that came whole, failed tries and side requests left out." }, "first", "first_answers"),
  times({ id: "whole", title: "Time to the end of an answer", about: "Of the same answers." }, "whole", "answers"),
  parts({
    id: "tools", title: "Tool calls in a run", about: "Calls by tool, divided by the number of runs.", format: few,
    note: (at) => dominated(at, "most_tool_calls", "tool_calls", "calls"),
  }, 0, "calls", (at) => value(at, "n")),
  parts({
    id: "failures", title: "Failed tool calls", about: "By tool, as shares of the calls whose outcome the API reports; many APIs report none.", format: shareWords,
    note: (at) => `outcome known of ${number(value(at, "tool_known"))} of ${plural(value(at, "tool_calls"), "call")}`,
  }, 0, "failed", (at) => value(at, "tool_known")),
  medians({ id: "prompt", title: "Size of the prompt", format: bytes, about: "Instructions and definitions of tools in a run's first request, as JSON; median of the runs." }, { instructions: "instructions", tools: "tools" }),
  medians({ id: "first-input", title: "Input tokens of the first request", format: compact, about: "With the user's own prompt; median of the runs." }, { input: "first_input" }),
  parts({
    id: "errors", title: "Errors", format: shareWords,
    about: "Calls of the model that failed by status, had no answer, or an answer that is incomplete; as shares of all calls, tries and side requests counted.",
    note: (at) => [plural(value(at, "calls"), "call"), dominated(at, "most_calls", "calls", "calls")].filter(Boolean).join("; "),
  }, 1, "count", (at) => value(at, "calls")),
];
