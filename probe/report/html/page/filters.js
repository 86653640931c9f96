// What a reader searches for: `tool:Bash status:429 size:>10k "exact words"`. No DOM: these functions are tested on their own.

/** @typedef {{turn: (turn: Turn, summary: Summary) => boolean, item?: (item: ItemFacts) => boolean, exchange?: (exchange: ExchangeFacts) => boolean}} Tests */
/** @typedef {Tests & {name: string, value: string, not: boolean}} Filter */
/** @typedef {{text: string, filters: Filter[], errors: string[]}} Query `text` is what is searched for besides the filters. */
/** @typedef {{help: string, values?: (summary: Summary) => string[], fixed?: boolean, make: (value: string) => Tests | null}} FilterKind `make` returns null for a value that cannot be read; `fixed` values are whole words. */

/** @type {Record<string, (turn: Turn, summary: Summary) => boolean>} */
const IS = {
  failed: (turn) => Boolean(turn.problem) || (turn.status ?? 600) >= 400 || HAS.failed_tool(turn),
  retried: (turn) => turn.tries.length > 0,
  cut: (turn) => !turn.complete || Boolean(turn.incomplete),
  side: (turn) => turn.is_side,
  main: (turn, summary) => !turn.is_side && !IS.subagent(turn, summary),
  subagent: (turn, { threads }) => threads.some((thread) => thread.number === turn.thread && thread.is_sub_agent),
  websocket: (turn) => turn.transport === "websocket",
};

/** @type {Record<string, (turn: Turn) => boolean>} */
const HAS = {
  image: (turn) => Boolean(turn.context.media),
  text: (turn) => Boolean(turn.text),
  tool_call: (turn) => turn.tool_calls.length > 0,
  failed_tool: (turn) => turn.tool_calls.some((call) => call.failed),
  reasoning: (turn) => Boolean(turn.tokens?.reasoning),
  cache_miss: (turn) => Boolean(turn.cache?.reason),
  injected: (turn) => Boolean(turn.context.injected),
};

/** @type {Record<string, FilterKind>} */
const FILTERS = {
  tool: {
    help: "tool:Bash",
    values: ({ tools, turns }) => [...new Set([...tools.map((tool) => tool.name), ...turns.flatMap((turn) => turn.tool_calls.map((call) => call.name))])],
    make: (value) => ({
      turn: (turn) => turn.tool_calls.some((call) => includes(call.name, value)),
      item: (item) => includes(item.name, value) || (Boolean(item.context.tool_calls) && includes(item.beginning, value)),
    }),
  },
  status: {
    help: "status:429, status:4xx, status:>=400",
    make: (value) => {
      const test = rangeTest(value.replace(/^(\d)xx$/i, "$100-$199"), wholeNumber);
      return test && { turn: (turn) => [turn, ...turn.tries].some(({ status }) => status !== null && test(status)), exchange: ({ status }) => status !== null && test(status) };
    },
  },
  size: {
    help: "size:>10k, size:1k-2M",
    make: (value) => {
      const test = rangeTest(/^[\d.]+\w*$/.test(value) ? `>=${value}` : value, byteCount);
      return test && {
        turn: (turn) => test(Object.values(turn.context).reduce((sum, size) => sum + size, 0)),
        item: (item) => test(item.size),
        exchange: (exchange) => test(exchange.sent) || test(exchange.received),
      };
    },
  },
  model: {
    help: "model:opus",
    values: ({ turns }) => [...new Set(turns.flatMap((turn) => [turn.model, turn.answered_by]).filter((model) => model !== null))],
    make: (value) => ({ turn: (turn) => includes(`${turn.model ?? ""}\n${turn.answered_by ?? ""}`, value) }),
  },
  turn: { help: "turn:3-9, turn:>100", make: (value) => numberTest(value, (turn) => turn.number) },
  thread: { help: "thread:2", make: (value) => numberTest(value, (turn) => turn.thread) },
  is: { help: Object.keys(IS).map((word) => `is:${word}`).join(", "), fixed: true, values: () => Object.keys(IS), make: (value) => ({ turn: IS[value] }) },
  has: { help: Object.keys(HAS).map((word) => `has:${word}`).join(", "), fixed: true, values: () => Object.keys(HAS), make: (value) => ({ turn: HAS[value] }) },
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

/** @param {string} value @param {(turn: Turn) => number} get @returns {Tests | null} */
function numberTest(value, get) {
  const test = rangeTest(value, wholeNumber);
  return test && { turn: (turn) => test(get(turn)) };
}

/** @param {string} text */
function wholeNumber(text) {
  return /^\d+$/.test(text) ? Number(text) : NaN;
}

/** Return the bytes of `10k`, `1.5MB`, `300`. @param {string} text */
function byteCount(text) {
  const [, count, unit] = /^(\d+(?:\.\d+)?)([kmg]?)b?$/i.exec(text) ?? [];
  return count ? Number(count) * 1000 ** ["", "k", "m", "g"].indexOf(unit.toLowerCase()) : NaN;
}

/**
 * Return a test of numbers for `3`, `3-9`, `>3`, `<=9` or several of them with commas; null for anything else.
 * @param {string} text @param {(text: string) => number} parse
 * @returns {((value: number) => boolean) | null}
 */
function rangeTest(text, parse) {
  const tests = text.split(",").map((part) => {
    const [, sign, first, last] = /^(>=|<=|>|<|)([^<>=-]+)(?:-([^<>=-]+))?$/.exec(part) ?? [];
    const [low, high] = [first, last ?? first].map((one) => parse(one ?? ""));
    if (Number.isNaN(low) || Number.isNaN(high) || (sign && last)) return null;
    return (/** @type {number} */ value) => (sign?.startsWith(">") ? value > low : sign?.startsWith("<") ? value < low : value >= low && value <= high) || (sign?.endsWith("=") && value === low);
  });
  return tests.includes(null) ? null : (value) => tests.some((test) => test?.(value));
}

/**
 * Return the filters and the text of a query. A filter that cannot be read is an error in words; an unknown word before
 * a colon is text, unless it is nearly a filter.
 * @param {string} query @param {Summary} summary
 * @returns {Query}
 */
function parseQuery(query, summary) {
  /** @type {Query} */
  const found = { text: "", filters: [], errors: [] };
  const words = [];
  for (const [whole, minus, name = "", quoted, plain, text] of query.matchAll(/(-?)\b([a-z_]+):(?:"([^"]*)"?|([^\s"]*))(?=\s|$)|"([^"]*)"?|\S+/gi)) {
    const [value, filter] = [quoted ?? plain, name.toLowerCase()];
    const near = filter && !value.startsWith("//") ? nearest(filter, Object.keys(FILTERS)) : null;
    if (near === filter && near) addFilter(found, filter, value, minus === "-", summary);
    else if (near) found.errors.push(`There is no filter ${filter}:. Did you mean ${near}:?`);
    else words.push(text ?? whole);
  }
  found.text = words.join(" ").trim();
  return found;
}

/** @param {Query} query @param {string} name @param {string} value @param {boolean} not @param {Summary} summary */
function addFilter({ filters, errors }, name, value, not, summary) {
  const { help, values, fixed, make } = FILTERS[name];
  const known = values?.(summary);
  const wanted = fixed ? value.toLowerCase() : value;
  if (!value) errors.push(`${name}: needs a value, such as ${help}.`);
  else if (known && !known.some((one) => (fixed ? one === wanted : includes(one, wanted)))) {
    const near = nearest(value, known);
    const hint = near ? ` Did you mean ${name}:${near}?` : known.length ? ` There are: ${known.slice(0, 12).join(", ")}.` : "";
    errors.push(`Nothing has ${name}:${value}.${hint}`);
  } else {
    const tests = make(wanted);
    if (tests) filters.push({ name, value, not, ...tests });
    else errors.push(`${name}:${value} cannot be read. It is written like ${help}.`);
  }
}

/** Return the candidate that is spelled most alike, or null if none is. @param {string} word @param {string[]} candidates */
function nearest(word, candidates) {
  const low = word.toLowerCase();
  let [best, least] = [/** @type {string | null} */ (null), Math.max(1, Math.floor(word.length / 3)) + 0.5];
  for (const candidate of candidates) {
    const other = candidate.toLowerCase();
    const distance = low.length > 2 && low !== other && other.startsWith(low) ? 0.1 : editDistance(low, other);
    if (distance < least) [best, least] = [candidate, distance];
  }
  return best;
}

/** Return how many letters must be changed, two that are swapped counting as one. @param {string} a @param {string} b */
function editDistance(a, b) {
  let [older, row] = [/** @type {number[]} */ ([]), Array.from({ length: b.length + 1 }, (_, i) => i)];
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      next[j] = Math.min(row[j] + 1, next[j - 1] + 1, row[j - 1] + Number(a[i - 1] !== b[j - 1]));
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) next[j] = Math.min(next[j], older[j - 2] + 1);
    }
    [older, row] = [row, next];
  }
  return row[b.length];
}

/** Check whether a turn passes all filters. @param {Query} query @param {Turn} turn @param {Summary} summary @param {(filter: Filter) => boolean} [which] */
function turnPasses(query, turn, summary, which = () => true) {
  return query.filters.every((filter) => !which(filter) || filter.turn(turn, summary) !== filter.not);
}

/** Check whether an item passes the filters that are about items; the others are about the turns that have it. @param {Query} query @param {ItemFacts} item */
function itemPasses(query, item) {
  return query.filters.every((filter) => !filter.item || filter.item(item) !== filter.not);
}

/** Check whether an exchange passes all filters by itself or by one of its turns. @param {Query} query @param {ExchangeFacts} exchange @param {Turn[]} turns @param {Summary} summary */
function exchangePasses(query, exchange, turns, summary) {
  return query.filters.every((filter) => (filter.exchange ? filter.exchange(exchange) !== filter.not : turns.some((turn) => filter.turn(turn, summary) !== filter.not)));
}

/**
 * Return the turns that a query finds without looking into their content: filters, and its text in what they did.
 * @param {Summary} summary @param {string} text
 * @returns {{turns: Turn[], errors: string[]}}
 */
function filterTurns(summary, text) {
  const query = parseQuery(text, summary);
  const words = (/** @type {Turn} */ turn) => [turn.did, turn.text, turn.model, turn.path, turn.problem].join("\n");
  return { turns: summary.turns.filter((turn) => turnPasses(query, turn, summary) && includes(words(turn), query.text)), errors: query.errors };
}

/**
 * Return for each item the first of some turns that has it, 0 where none has: each item is visited once, however often it was sent.
 * @param {Index} index @param {number[]} turns
 */
function firstTurns(index, turns) {
  const first = new Uint32Array(index.items.length);
  const next = Uint32Array.from({ length: index.items.length + 1 }, (_, i) => i);
  /** @param {number} at */
  const free = (at) => {
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
