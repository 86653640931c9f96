// What a reader searches for: `tool:Bash status:429 size:>10k "exact words"`. No DOM: these functions are tested on their own.

/** @type {(name: string) => Tests["turn"]} */
const isNotable = (name) => (turn) => notable(turn).some((one) => one.name.startsWith(name));

/** What a turn is or has: `is:failed`, `has:image`. @type {Record<string, Tests["turn"]>} */
const TRAITS = {
  side: (turn) => turn.is_side,
  subagent: (turn, { threads }) => threads.some((thread) => thread.number === turn.thread && thread.is_sub_agent),
  main: (turn, summary) => !turn.is_side && !TRAITS.subagent(turn, summary),
  image: (turn) => Boolean(turn.context.media),
  tool_call: (turn) => turn.tool_calls.length > 0,
  reasoning: (turn) => Boolean(turn.tokens?.reasoning),
  notable: isNotable(""),
  ...Object.fromEntries(["failed", "retried", "cut", "stall", "slow_start", "cache_miss", "shortened"].map((name) => [name, isNotable(name)])),
};

/** @param {string} help @returns {Filter} */
const traitFilter = (help) => ({ help, values: () => Object.keys(TRAITS), make: (value) => ({ turn: (...of) => Object.keys(TRAITS).some((word) => includes(word, value) && TRAITS[word](...of)) }) });

/** @param {string} help @param {Numbers} numbers @param {(value: string) => string} [read] @returns {Filter} */
const numberFilter = (help, numbers, read = (value) => value) => ({ help, make: (value) => numberTests(read(value), numbers) });

/** @type {Record<string, Filter>} */
const FILTERS = {
  tool: {
    help: "tool:Bash",
    values: ({ tools, turns }) => [...tools, ...turns.flatMap((turn) => turn.tool_calls)].map(({ name }) => name),
    make: (value) => ({ turn: (turn) => turn.tool_calls.some((call) => includes(call.name, value)), item: (item) => includes(item.name, value) || (Boolean(item.context.tool_calls) && includes(item.beginning, value)) }),
  },
  status: numberFilter("status:429, status:4xx, status:>=400", { turn: (turn) => [turn.status, ...turn.tries.map((one) => one.status)], exchange: (one) => [one.status] }, (value) => value.replace(/^(\d)xx$/i, "$100-$199")),
  size: numberFilter("size:>10k, size:1k-2M", { turn: (turn) => [contextSize(turn)], exchange: (one) => [one.sent, one.received], item: (item) => [item.size] }, (value) => (/^[\d.]+\w*$/.test(value) ? `>=${value}` : value)),
  took: numberFilter("took:>1s, took:<200ms", { turn: (turn) => [turn.ended && turn.ended - turn.started], exchange: (one) => [one.ended - one.started] }),
  input: numberFilter("input:>20k (tokens)", { turn: (turn) => [turn.tokens?.input] }),
  output: numberFilter("output:>1k (tokens)", { turn: (turn) => [turn.tokens?.output] }),
  model: { help: "model:opus", values: ({ turns }) => turns.flatMap((turn) => [turn.model ?? "", turn.answered_by ?? ""]).filter(Boolean), make: (value) => ({ turn: (turn) => includes(`${turn.model}\n${turn.answered_by}`, value) }) },
  turn: numberFilter("turn:3-9, turn:>100", { turn: (turn) => [turn.number] }),
  thread: numberFilter("thread:2", { turn: (turn) => [turn.thread] }),
  is: traitFilter("is:failed, is:retried, is:cut, is:side, is:subagent, is:main, is:notable"),
  has: traitFilter("has:stall, has:slow_start, has:cache_miss, has:shortened, has:image, has:tool_call, has:reasoning"),
  kind: {
    help: "kind:tool_results",
    values: () => KINDS.map(([kind]) => kind),
    make: (value) => {
      const has = (/** @type {{context: Context}} */ { context }) => Object.entries(context).some(([kind, size]) => includes(kind, value) && size);
      return { turn: has, item: has };
    },
  },
};

/** Check whether a text includes another, in any case. @param {string} text @param {string} part */
function includes(text, part) {
  return text.toLowerCase().includes(part.toLowerCase());
}

/** Return the bytes of what a turn sent. @param {Turn} turn */
function contextSize({ context }) {
  return Object.values(context).reduce((sum, size) => sum + size, 0);
}

/** @type {Record<string, number>} */
const UNITS = { k: 1e3, m: 1e6, g: 1e9, ms: 0.001, min: 60 };

/** Return tests of numbers by `3`, `3-9`, `>10k`, `<=200ms`, or several of them with commas. @param {string} value @param {Numbers} numbers @returns {Tests | null} */
function numberTests(value, { turn, exchange, item }) {
  const tests = value.split(",").map((part) => {
    const [, sign, first, last] = /^([<>]?=?)(\d[\d.]*(?:ms|min|s|[kmg]?b?))(?:-(\d[\d.]*(?:ms|min|s|[kmg]?b?)))?$/i.exec(part) ?? [];
    if (sign === undefined || (sign && last)) return null;
    const [low, high] = [first, last ?? first].map((end) => parseFloat(end) * (UNITS[end.toLowerCase().replace(/[\d.]|b$/g, "")] ?? 1));
    return (/** @type {number} */ one) => (sign[0] === ">" && one > low) || (sign[0] === "<" && one < low) || (!/^[<>]$/.test(sign) && one >= low && one <= high);
  });
  if (tests.includes(null)) return null;
  const test = (/** @type {(number | null | undefined)[]} */ found) => found.some((one) => typeof one === "number" && tests.some((passes) => passes?.(one)));
  return { turn: (one) => test(turn(one)), exchange: exchange && ((one) => test(exchange(one))), item: item && ((one) => test(item(one))) };
}

/** Return the filters and the text of a query; what cannot be read is an error in words. @param {string} query @param {Summary} summary @returns {Query} */
function parseQuery(query, summary) {
  /** @type {Query} */
  const { filters, errors } = { text: "", filters: [], errors: [] };
  const words = [];
  for (const [whole, minus, key = "", quoted, plain, text] of query.matchAll(/(-?)\b([a-z_]+):(?:"([^"]*)"?|([^\s"]*))(?=\s|$)|"([^"]*)"?|\S+/gi)) {
    const [value, name] = [quoted ?? plain, key.toLowerCase()];
    const filter = FILTERS[name];
    const known = filter?.values && [...new Set(filter.values(summary))];
    const tests = value ? filter?.make(value) : null;
    if (!filter) words.push(text ?? whole);
    if (!filter && value && !value.startsWith("//")) errors.push(`There is no filter ${name}:, so it is looked for as text. Filters: ${Object.keys(FILTERS).join(", ")}.`);
    else if (filter && !tests) errors.push(`${name}:${value} cannot be read. It is written like ${filter.help}.`);
    else if (known && !known.some((one) => includes(one, value))) errors.push(`Nothing has ${name}:${value}. There are: ${known.slice(0, 14).join(", ")}.`);
    else if (tests) filters.push({ not: minus === "-", ...tests });
  }
  return { text: words.join(" ").trim(), filters, errors };
}

/** Check whether all filters pass what `test` says of them; undefined where a filter is not about it. @param {Query} query @param {(filter: Tests) => boolean | undefined} test */
function passes(query, test) {
  return query.filters.every((filter) => (test(filter) ?? !filter.not) !== filter.not);
}

/** Return the turns that a query finds without looking into their content: filters, and its text in what they did. @param {Summary} summary @param {string} text @returns {{turns: Turn[], errors: string[]}} */
function filterTurns(summary, text) {
  const query = parseQuery(text, summary);
  const isIn = (/** @type {Turn} */ turn) => includes([turn.did, turn.text, turn.model, turn.path, turn.problem].join("\n"), query.text);
  return { turns: summary.turns.filter((turn) => passes(query, (filter) => filter.turn(turn, summary)) && isIn(turn)), errors: query.errors };
}

/** Return for each item the first of some turns that has it, 0 where none has. @param {Index} index @param {number[]} turns */
function firstTurns(index, turns) {
  const first = new Uint32Array(index.items.length);
  for (const turn of [...turns].reverse()) {
    const { items = [] } = index.turns[turn] ?? {};
    for (let i = 0; i < items.length; i += 2) first.fill(turn, items[i], items[i + 1] + 1);
  }
  return first;
}
