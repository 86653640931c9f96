// What a reader searches for: `tool:Bash status:429 size:>10k "exact words"`. No DOM: these functions are tested on their own.

/** @type {Record<string, Tests["turn"]>} */
const IS = {
  failed: (turn) => Boolean(turn.problem) || (turn.status ?? 600) >= 400 || turn.tool_calls.some((call) => call.failed),
  retried: (turn) => turn.tries.length > 0,
  cut: (turn) => !turn.complete || Boolean(turn.incomplete),
  side: (turn) => turn.is_side,
  subagent: (turn, { threads }) => threads.some((thread) => thread.number === turn.thread && thread.is_sub_agent),
  main: (turn, summary) => !turn.is_side && !IS.subagent(turn, summary),
};

/** @type {Record<string, Tests["turn"]>} */
const HAS = {
  image: (turn) => Boolean(turn.context.media),
  tool_call: (turn) => turn.tool_calls.length > 0,
  reasoning: (turn) => Boolean(turn.tokens?.reasoning),
  cache_miss: (turn) => Boolean(turn.cache?.reason),
};

/**
 * The filters: how one is written, the values there are, and the tests for a value (null for one that cannot be read).
 * @type {Record<string, {help: string, values?: (summary: Summary) => string[], make: (value: string) => Tests | null}>}
 */
const FILTERS = {
  tool: {
    help: "tool:Bash",
    values: ({ tools, turns }) => [...tools.map((tool) => tool.name), ...turns.flatMap((turn) => turn.tool_calls.map((call) => call.name))],
    make: (value) => ({ turn: (turn) => turn.tool_calls.some((call) => includes(call.name, value)), item: (item) => includes(item.name, value) || (Boolean(item.context.tool_calls) && includes(item.beginning, value)) }),
  },
  status: {
    help: "status:429, status:4xx, status:>=400",
    make: (value) => numberTest(value.replace(/^(\d)xx$/i, "$100-$199"), (turn) => [turn.status, ...turn.tries.map((one) => one.status)], (exchange) => [exchange.status]),
  },
  size: {
    help: "size:>10k, size:1k-2M",
    make: (value) => numberTest(/^[\d.]+\w*$/.test(value) ? `>=${value}` : value, (turn) => [Object.values(turn.context).reduce((sum, size) => sum + size, 0)], (exchange) => [exchange.sent, exchange.received], (item) => [item.size]),
  },
  model: {
    help: "model:opus",
    values: ({ turns }) => turns.flatMap((turn) => [turn.model ?? "", turn.answered_by ?? ""]).filter(Boolean),
    make: (value) => ({ turn: (turn) => includes(`${turn.model}\n${turn.answered_by}`, value) }),
  },
  turn: { help: "turn:3-9, turn:>100", make: (value) => numberTest(value, (turn) => [turn.number]) },
  thread: { help: "thread:2", make: (value) => numberTest(value, (turn) => [turn.thread]) },
  is: { help: `is:${Object.keys(IS).join(", is:")}`, values: () => Object.keys(IS), make: (value) => ({ turn: (...of) => Object.keys(IS).some((word) => includes(word, value) && IS[word](...of)) }) },
  has: { help: `has:${Object.keys(HAS).join(", has:")}`, values: () => Object.keys(HAS), make: (value) => ({ turn: (...of) => Object.keys(HAS).some((word) => includes(word, value) && HAS[word](...of)) }) },
  kind: {
    help: "kind:tool_results",
    values: () => KINDS.map(([kind]) => kind),
    make: (value) => {
      const has = (/** @type {Context} */ context) => KINDS.some(([kind]) => includes(kind, value) && context[kind]);
      return { turn: (turn) => has(turn.context), item: (item) => has(item.context) };
    },
  },
};

/** Check whether a text includes another, in any case. @param {string} text @param {string} part */
function includes(text, part) {
  return text.toLowerCase().includes(part.toLowerCase());
}

/**
 * Return tests of numbers by `3`, `3-9`, `>10k`, `<=1.5MB`, or several of them with commas.
 * @param {string} value @param {(turn: Turn) => (number | null)[]} turn @param {(exchange: ExchangeFacts) => (number | null)[]} [exchange] @param {(item: ItemFacts) => number[]} [item]
 * @returns {Tests | null}
 */
function numberTest(value, turn, exchange, item) {
  const tests = value.split(",").map((part) => {
    const [, sign, ...ends] = /^(>=|<=|>|<|)(\d[\d.]*[kmg]?)b?(?:-(\d[\d.]*[kmg]?)b?)?$/i.exec(part) ?? [];
    if (sign === undefined || (sign && ends[1])) return null;
    const [low, high] = [ends[0], ends[1] ?? ends[0]].map((end) => parseFloat(end) * 1000 ** Math.max(" kmg".indexOf(end.slice(-1).toLowerCase()), 0));
    return (/** @type {number} */ one) => (sign[0] === ">" ? one > low : sign[0] === "<" ? one < low : one >= low && one <= high) || (sign.length === 2 && one === low);
  });
  if (tests.includes(null)) return null;
  const passes = (/** @type {(number | null)[]} */ numbers) => numbers.some((one) => one !== null && tests.some((test) => test?.(one)));
  return { turn: (one) => passes(turn(one)), exchange: exchange && ((one) => passes(exchange(one))), item: item && ((one) => passes(item(one))) };
}

/**
 * Return the filters and the text of a query. What cannot be read is an error in words; an unknown word before a colon is
 * text, unless it is nearly a filter.
 * @param {string} query @param {Summary} summary @returns {Query}
 */
function parseQuery(query, summary) {
  /** @type {Query} */
  const found = { text: "", filters: [], errors: [] };
  const words = [];
  for (const [whole, minus, key = "", quoted, plain, text] of query.matchAll(/(-?)\b([a-z_]+):(?:"([^"]*)"?|([^\s"]*))(?=\s|$)|"([^"]*)"?|\S+/gi)) {
    const [value, name] = [quoted ?? plain, key.toLowerCase()];
    const near = name && !value.startsWith("//") ? nearest(name, Object.keys(FILTERS)) : null;
    if (!near) words.push(text ?? whole);
    else if (near !== name) found.errors.push(`There is no filter ${name}:. Did you mean ${near}:?`);
    else addFilter(found, name, value, minus === "-", summary);
  }
  found.text = words.join(" ").trim();
  return found;
}

/** @param {Query} query @param {string} name @param {string} value @param {boolean} not @param {Summary} summary */
function addFilter({ filters, errors }, name, value, not, summary) {
  const { help, values, make } = FILTERS[name];
  const known = values && [...new Set(values(summary))];
  const tests = value ? make(value) : null;
  if (!tests) errors.push(`${name}:${value} cannot be read. It is written like ${help}.`);
  else if (!known || known.some((one) => includes(one, value))) filters.push({ not, ...tests });
  else {
    const near = nearest(value, known);
    errors.push(`Nothing has ${name}:${value}.${near ? ` Did you mean ${name}:${near}?` : known.length ? ` There are: ${known.slice(0, 12).join(", ")}.` : ""}`);
  }
}

/** Return the candidate that is spelled most alike, or null if none is. @param {string} word @param {string[]} candidates */
function nearest(word, candidates) {
  let [best, least] = [/** @type {string | null} */ (null), Math.max(1, Math.floor(word.length / 2))];
  for (const candidate of candidates) {
    const distance = editDistance(word.toLowerCase(), candidate.toLowerCase());
    if (distance < least || (distance === least && !best)) [best, least] = [candidate, distance];
  }
  return best;
}

/** Return how many letters must be changed. @param {string} a @param {string} b */
function editDistance(a, b) {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) next[j] = Math.min(row[j] + 1, next[j - 1] + 1, row[j - 1] + Number(a[i - 1] !== b[j - 1]));
    row = next;
  }
  return row[b.length];
}

/** Check whether all filters pass what `test` says of them; undefined where a filter is not about it. @param {Query} query @param {(filter: Tests) => boolean | undefined} test */
function passes(query, test) {
  return query.filters.every((filter) => (test(filter) ?? !filter.not) !== filter.not);
}

/** Check whether an exchange passes all filters, by itself or by one of its turns. @param {Query} query @param {ExchangeFacts} exchange @param {Turn[]} turns @param {Summary} summary */
function exchangePasses(query, exchange, turns, summary) {
  return passes(query, (filter) => (filter.exchange ? filter.exchange(exchange) : turns.some((turn) => filter.turn(turn, summary))));
}

/**
 * Return the turns that a query finds without looking into their content: filters, and its text in what they did.
 * @param {Summary} summary @param {string} text @returns {{turns: Turn[], errors: string[]}}
 */
function filterTurns(summary, text) {
  const query = parseQuery(text, summary);
  const words = (/** @type {Turn} */ turn) => [turn.did, turn.text, turn.model, turn.path, turn.problem].join("\n");
  return { turns: summary.turns.filter((turn) => passes(query, (filter) => filter.turn(turn, summary)) && includes(words(turn), query.text)), errors: query.errors };
}

/** Return for each item the first of some turns that has it, 0 where none has: each is visited once, however often it was sent. @param {Index} index @param {number[]} turns */
function firstTurns(index, turns) {
  const first = new Uint32Array(index.items.length);
  const next = Uint32Array.from({ length: index.items.length + 1 }, (_, i) => i);
  const free = (/** @type {number} */ at) => {
    while (next[at] !== at) at = next[at] = next[next[at]];
    return at;
  };
  for (const turn of turns) {
    const ranges = index.turns[turn]?.items ?? [];
    for (let i = 0; i < ranges.length; i += 2) {
      for (let item = free(ranges[i]); item <= ranges[i + 1]; item = free(item)) {
        first[item] = turn;
        next[item] = item + 1;
      }
    }
  }
  return first;
}
