// What a reader searches for: `tool:Bash status:429 size:>10k "exact words"`. No DOM: these functions are tested on their own.

/** @typedef {{name: string, value: string, not: boolean, turn: (turn: Turn, summary: Summary) => boolean, item?: (item: ItemFacts) => boolean, exchange?: (exchange: ExchangeFacts) => boolean}} Filter */
/** @typedef {{text: string, filters: Filter[], errors: string[]}} Query `text` is what is searched for besides the filters. */
/** @typedef {Pick<Filter, "turn" | "item" | "exchange">} Tests */
/** @typedef {{help: string, values?: (summary: Summary) => string[], make: (value: string) => Tests | null}} FilterKind `make` returns null for a value that cannot be read. */

/** @type {Record<string, (turn: Turn, summary: Summary) => boolean>} */
const IS = {
  failed: (turn) => Boolean(turn.problem) || (turn.status ?? 600) >= 400 || turn.tool_calls.some((call) => call.failed),
  retried: (turn) => turn.tries.length > 0,
  cut: (turn) => !turn.complete || Boolean(turn.incomplete),
  side: (turn) => turn.is_side,
  main: (turn, summary) => !turn.is_side && !threadOf(turn, summary)?.is_sub_agent,
  subagent: (turn, summary) => Boolean(threadOf(turn, summary)?.is_sub_agent),
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
    values: (summary) => [...new Set([...summary.tools.map((tool) => tool.name), ...summary.turns.flatMap((turn) => turn.tool_calls.map((call) => call.name))])],
    make: (value) => ({
      turn: (turn) => turn.tool_calls.some((call) => includes(call.name, value)),
      item: (item) => includes(item.name, value) || (Boolean(item.context.tool_calls) && includes(item.beginning, value)),
    }),
  },
  status: {
    help: "status:429, status:4xx, status:>=400",
    make: (value) => {
      const test = rangeTest(value.replace(/^(\d)xx$/i, "$100-$199"), Number);
      return test && {
        turn: (turn) => [turn, ...turn.tries].some((one) => one.status !== null && test(one.status)),
        exchange: (exchange) => exchange.status !== null && test(exchange.status),
      };
    },
  },
  size: {
    help: "size:>10k, size:1k-2M",
    make: (value) => {
      const test = rangeTest(/^[\d.]/.test(value) && !value.includes("-") ? `>=${value}` : value, byteCount);
      return test && {
        turn: (turn) => test(Object.values(turn.context).reduce((sum, size) => sum + size, 0)),
        item: (item) => test(item.size),
        exchange: (exchange) => test(exchange.sent) || test(exchange.received),
      };
    },
  },
  model: {
    help: "model:opus",
    values: (summary) => [...new Set(summary.turns.flatMap((turn) => [turn.model, turn.answered_by]).filter((model) => model !== null))],
    make: (value) => ({ turn: (turn) => includes(turn.model ?? "", value) || includes(turn.answered_by ?? "", value) }),
  },
  turn: { help: "turn:3-9", make: (value) => numberTest(value, (turn) => turn.number) },
  thread: { help: "thread:2", make: (value) => numberTest(value, (turn) => turn.thread) },
  is: { help: Object.keys(IS).map((word) => `is:${word}`).join(", "), values: () => Object.keys(IS), make: (value) => ({ turn: IS[value] }) },
  has: { help: Object.keys(HAS).map((word) => `has:${word}`).join(", "), values: () => Object.keys(HAS), make: (value) => ({ turn: HAS[value] }) },
  kind: {
    help: "kind:tool_results",
    values: () => KINDS.map(([kind]) => kind),
    make: (value) => {
      const kinds = KINDS.map(([kind]) => kind).filter((kind) => includes(kind, value));
      return {
        turn: (turn) => kinds.some((kind) => turn.context[kind]),
        item: (item) => kinds.some((kind) => item.context[kind]),
      };
    },
  },
};

/** @param {Turn} turn @param {Summary} summary */
function threadOf(turn, summary) {
  return summary.threads.find((thread) => thread.number === turn.thread);
}

/** Check whether a text includes another, in any case. @param {string} text @param {string} part */
function includes(text, part) {
  return text.toLowerCase().includes(part.toLowerCase());
}

/** @param {string} value @param {(turn: Turn) => number} get @returns {Tests | null} */
function numberTest(value, get) {
  const test = rangeTest(value, (text) => (/^\d+$/.test(text) ? Number(text) : NaN));
  return test && { turn: (turn) => test(get(turn)) };
}

/**
 * Return a test of numbers for `3`, `3-9`, `>3`, `<=9` or several of them with commas; null for anything else.
 * @param {string} text @param {(text: string) => number} parse
 * @returns {((value: number) => boolean) | null}
 */
function rangeTest(text, parse) {
  const tests = text.split(",").map((part) => {
    const [, sign, first, last] = /^(>=|<=|>|<|)([^<>=-]+)(?:-([^<>=-]+))?$/.exec(part) ?? [];
    const [low, high] = [first, last ?? first].map((one) => (one ? parse(one) : NaN));
    if (Number.isNaN(low) || Number.isNaN(high) || (sign && last)) return null;
    return (/** @type {number} */ value) =>
      sign === ">" ? value > low : sign === ">=" ? value >= low : sign === "<" ? value < low : sign === "<=" ? value <= low : value >= low && value <= high;
  });
  return tests.includes(null) ? null : (value) => tests.some((test) => test?.(value));
}

/** Return the bytes of `10k`, `1.5MB`, `300`. @param {string} text */
function byteCount(text) {
  const [, count, unit] = /^(\d+(?:\.\d+)?)([kmg]?)b?$/i.exec(text) ?? [];
  return count ? Number(count) * 1000 ** ["", "k", "m", "g"].indexOf(unit.toLowerCase()) : NaN;
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
  for (const [whole, minus, name, quoted, plain, text] of query.matchAll(/(-?)\b([a-z_]+):(?:"([^"]*)"?|([^\s"]*))(?=\s|$)|"([^"]*)"?|\S+/gi)) {
    const value = quoted ?? plain;
    const filter = name && !/^\/\//.test(value) ? name.toLowerCase() : null;
    if (filter && FILTERS[filter]) addFilter(found, filter, value, minus === "-", summary);
    else if (filter && nearest(filter, Object.keys(FILTERS))) found.errors.push(`There is no filter ${filter}:. Did you mean ${nearest(filter, Object.keys(FILTERS))}:?`);
    else words.push(text ?? whole);
  }
  found.text = words.join(" ").trim();
  return found;
}

/** @param {Query} query @param {string} name @param {string} value @param {boolean} not @param {Summary} summary */
function addFilter(query, name, value, not, summary) {
  const kind = FILTERS[name];
  if (!value) {
    query.errors.push(`${name}: needs a value, such as ${kind.help}.`);
    return;
  }
  const known = kind.values?.(summary);
  const fixed = name === "is" || name === "has";
  const words = value.toLowerCase();
  if (known && !known.some((one) => (fixed ? one === words : includes(one, words)))) {
    const near = nearest(value, known);
    const where = fixed || name === "kind" ? `There is no ${name}:${value}.` : `No turn has the ${name} "${value}".`;
    query.errors.push(`${where} ${near ? `Did you mean ${name}:${near}?` : known.length ? `There are: ${known.slice(0, 12).join(", ")}.` : ""}`.trim());
    return;
  }
  const tests = kind.make(fixed ? words : value);
  if (tests) query.filters.push({ name, value, not, ...tests });
  else query.errors.push(`${name}:${value} cannot be read. It is written like ${kind.help}.`);
}

/** Return the candidate that is spelled most alike, or null if none is. @param {string} word @param {string[]} candidates */
function nearest(word, candidates) {
  const low = word.toLowerCase();
  let [best, least] = [/** @type {string | null} */ (null), Math.max(1, Math.floor(word.length / 3)) + 0.5];
  for (const candidate of candidates) {
    const other = candidate.toLowerCase();
    const distance = low.length > 2 && other.startsWith(low) ? 0 : editDistance(low, other);
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
  return query.filters.every((filter) =>
    filter.exchange ? filter.exchange(exchange) !== filter.not : turns.some((turn) => filter.turn(turn, summary) !== filter.not),
  );
}

/**
 * Return the turns that a query finds without looking into their content: filters, and its text in what they did.
 * @param {Summary} summary @param {string} text
 * @returns {{turns: Turn[], errors: string[]}}
 */
function filterTurns(summary, text) {
  const query = parseQuery(text, summary);
  const turns = summary.turns.filter(
    (turn) => turnPasses(query, turn, summary) && (!query.text || [turn.did, turn.text, turn.model ?? "", turn.path, turn.problem ?? ""].some((one) => includes(one, query.text))),
  );
  return { turns, errors: query.errors };
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
