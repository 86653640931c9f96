// Differences of two texts or lists. No DOM: these functions are tested on their own.

/** Steps that one comparison may take before it is less exact: about a tenth of a second. */
const DIFF_STEPS = 5e6;
/** Differences within one stretch that are searched for: what is kept to go back grows with its square. */
const DIFF_DEPTH = 1500;
/** Characters of a pair of changed lines that are compared by words. */
const DIFF_WORDS = 200_000;

/** @typedef {[number, number, number]} Run Elements that both have: where in the first, where in the second, how many. */
/** @typedef {{runs: Run[], steps: number, exact: boolean}} Alignment */
/** @typedef {{kind: "same" | "added" | "removed", text: string, parts?: [string, boolean][]}} DiffLine */

/**
 * Compare two texts by lines. Changed lines have `parts`: texts, and whether each differs from the other line.
 * `exact` is false where so much differs that a shorter difference may exist.
 * @param {string} before @param {string} after
 * @returns {{lines: DiffLine[], exact: boolean}}
 */
function diffLines(before, after) {
  const [a, b] = [before.split("\n"), after.split("\n")];
  const found = align(...numbered(a, b));
  /** @type {DiffLine[]} */
  const lines = [];
  let [atA, atB] = [0, 0];
  for (const [startA, startB, length] of [...found.runs, /** @type {Run} */ ([a.length, b.length, 0])]) {
    changedLines(a.slice(atA, startA), b.slice(atB, startB), lines, found);
    for (let i = startA; i < startA + length; i++) lines.push({ kind: "same", text: a[i] });
    [atA, atB] = [startA + length, startB + length];
  }
  return { lines, exact: found.exact };
}

/** Add removed and added lines, compared by words in pairs. @param {string[]} removed @param {string[]} added @param {DiffLine[]} lines @param {Alignment} state */
function changedLines(removed, added, lines, state) {
  const count = removed.length === added.length ? removed.length : Math.min(removed.length, added.length, 1);
  const pairs = removed.slice(0, count).map((text, i) => diffWords(text, added[i], state));
  removed.forEach((text, i) => lines.push({ kind: "removed", text, parts: pairs[i]?.[0] }));
  added.forEach((text, i) => lines.push({ kind: "added", text, parts: pairs[i]?.[1] }));
}

/**
 * Return the parts of two lines, each with whether it differs; null where they have little in common.
 * @param {string} a @param {string} b @param {Alignment} state
 * @returns {[string, boolean][][] | null}
 */
function diffWords(a, b, state) {
  if (state.steps <= 0) return null;
  const [head, tail] = sharedEnds(a, b);
  const isLong = a.length + b.length - 2 * (head + tail) > DIFF_WORDS;
  const sides = [a, b].map((text) => {
    const middle = text.slice(head, text.length - tail);
    return isLong ? [middle] : (middle.match(/[\p{L}\p{N}_]+|\s+|[^\p{L}\p{N}_\s]/gu) ?? []);
  });
  const { runs, steps } = align(...numbered(sides[0], sides[1]), state.steps);
  state.steps = steps - 10 * (sides[0].length + sides[1].length);
  const parts = sides.map((words, side) => {
    /** @type {[string, boolean][]} */
    const found = [[a.slice(0, head), false]];
    let at = 0;
    for (const run of runs) {
      found.push([words.slice(at, run[side]).join(""), true], [words.slice(run[side], run[side] + run[2]).join(""), false]);
      at = run[side] + run[2];
    }
    found.push([words.slice(at).join(""), true], [a.slice(a.length - tail), false]);
    return found.filter(([part]) => part);
  });
  const shared = parts[0].reduce((sum, [part, changed]) => sum + (changed ? 0 : part.length), 0);
  return shared * 3 < Math.max(a.length, b.length) ? null : parts;
}

/** A unit of a text at which no word is divided. */
const IN_WORD = /[\p{L}\p{N}_\uD800-\uDFFF]/u;

/** Return how many characters two texts share at their beginning and end, in whole words. @param {string} a @param {string} b */
function sharedEnds(a, b) {
  const most = Math.min(a.length, b.length);
  let head = 0;
  while (head < most && a.charCodeAt(head) === b.charCodeAt(head)) head++;
  while (head && head < Math.max(a.length, b.length) && IN_WORD.test(a[head - 1])) head--;
  let tail = 0;
  while (tail < most - head && a.charCodeAt(a.length - 1 - tail) === b.charCodeAt(b.length - 1 - tail)) tail++;
  while (tail && IN_WORD.test(a[a.length - tail])) tail--;
  return [head, tail];
}

/** Return two lists of texts as lists of numbers, the same for equal texts. @param {string[]} a @param {string[]} b @returns {[number[], number[]]} */
function numbered(a, b) {
  /** @type {Map<string, number>} */
  const known = new Map();
  /** @param {string} text */
  const place = (text) => {
    let found = known.get(text);
    if (found === undefined) known.set(text, (found = known.size));
    return found;
  };
  return [a.map(place), b.map(place)];
}

/** Find the runs that two lists share, in order. @param {number[]} a @param {number[]} b @param {number} [steps] @returns {Alignment} */
function align(a, b, steps = DIFF_STEPS) {
  /** @type {Alignment} */
  const state = { runs: [], steps, exact: true };
  alignRange(a, b, 0, a.length, 0, b.length, state);
  return state;
}

/** @param {number[]} a @param {number[]} b @param {number} a0 @param {number} a1 @param {number} b0 @param {number} b1 @param {Alignment} state */
function alignRange(a, b, a0, a1, b0, b1, state) {
  const head = [a0, b0];
  while (a0 < a1 && b0 < b1 && a[a0] === b[b0]) [a0, b0] = [a0 + 1, b0 + 1];
  addRun(state, head[0], head[1], a0 - head[0]);
  let tail = 0;
  while (a0 < a1 && b0 < b1 && a[a1 - 1] === b[b1 - 1]) [a1, b1, tail] = [a1 - 1, b1 - 1, tail + 1];
  if (a0 < a1 && b0 < b1) {
    const points = a1 - a0 + b1 - b0 > 400 ? anchors(a, b, a0, a1, b0, b1) : [];
    if (points.length) {
      for (const [atA, atB] of [...points, [a1, b1]]) {
        alignRange(a, b, a0, atA, b0, atB, state);
        if (atA < a1) addRun(state, atA, atB, 1);
        [a0, b0] = [atA + 1, atB + 1];
      }
    } else shortest(a, b, a0, a1, b0, b1, state);
  }
  addRun(state, a1, b1, tail);
}

/** @param {Alignment} state @param {number} atA @param {number} atB @param {number} length */
function addRun(state, atA, atB, length) {
  const last = state.runs.at(-1);
  if (!length) return;
  if (last && last[0] + last[2] === atA && last[1] + last[2] === atB) last[2] += length;
  else state.runs.push([atA, atB, length]);
}

/**
 * Return pairs of places with an element that each list has once, in an order that both share: they divide a large comparison.
 * @param {number[]} a @param {number[]} b @param {number} a0 @param {number} a1 @param {number} b0 @param {number} b1
 */
function anchors(a, b, a0, a1, b0, b1) {
  /** @param {number[]} list @param {number} from @param {number} to @returns {Map<number, number>} */
  const once = (list, from, to) => {
    const places = new Map();
    for (let i = from; i < to; i++) places.set(list[i], places.has(list[i]) ? -1 : i);
    return places;
  };
  const inB = once(b, b0, b1);
  const pairs = [...once(a, a0, a1)].map(([value, place]) => [place, inB.get(value) ?? -1]).filter(([x, y]) => x >= 0 && y >= 0);
  pairs.sort((one, other) => one[0] - other[0]);
  return longestRising(pairs);
}

/** Return the longest list out of pairs in which the second numbers rise. @param {number[][]} pairs */
function longestRising(pairs) {
  /** @type {number[]} */
  const ends = [];
  const before = pairs.map(([, value], i) => {
    let [low, high] = [0, ends.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (pairs[ends[middle]][1] < value) low = middle + 1;
      else high = middle;
    }
    ends[low] = i;
    return low ? ends[low - 1] : -1;
  });
  const found = [];
  for (let i = ends.at(-1) ?? -1; i >= 0; i = before[i]) found.push(pairs[i]);
  return found.reverse();
}

/**
 * Add the runs of a shortest difference (Myers 1986), as long as steps are left.
 * @param {number[]} a @param {number[]} b @param {number} a0 @param {number} a1 @param {number} b0 @param {number} b1 @param {Alignment} state
 */
function shortest(a, b, a0, a1, b0, b1, state) {
  const [n, m] = [a1 - a0, b1 - b0];
  const most = Math.min(n + m, DIFF_DEPTH);
  const reach = new Int32Array(2 * most + 3);
  const history = [];
  for (let d = 0; d <= most && state.steps > 0; d++) {
    history.push(reach.slice(most - d, most + d + 3));
    for (let k = -d; k <= d; k += 2) {
      const at = most + 1 + k;
      let x = k === -d || (k !== d && reach[at - 1] < reach[at + 1]) ? reach[at + 1] : reach[at - 1] + 1;
      const from = x;
      while (x < n && x - k < m && a[a0 + x] === b[b0 + x - k]) x++;
      reach[at] = x;
      state.steps -= x - from + 1;
      if (x >= n && x - k >= m) return backtrack(history, d, a0, b0, n, m, state);
    }
  }
  state.exact = false;
}

/** @param {Int32Array[]} history @param {number} depth @param {number} a0 @param {number} b0 @param {number} n @param {number} m @param {Alignment} state */
function backtrack(history, depth, a0, b0, n, m, state) {
  let [x, y] = [n, m];
  /** @type {Run[]} */
  const runs = [];
  for (let d = depth; d >= 0; d--) {
    const k = x - y;
    const reach = history[d];
    const at = k + d + 1;
    const down = k === -d || (k !== d && reach[at - 1] < reach[at + 1]);
    const start = d === 0 ? 0 : down ? reach[at + 1] : reach[at - 1] + 1;
    if (x > start) runs.push([a0 + start, b0 + start - k, x - start]);
    [x, y] = down ? [start, start - k - 1] : [start - 1, start - k];
  }
  for (const run of runs.reverse()) addRun(state, ...run);
}

/**
 * Return a value as lines for a reader and a comparison: a text over several lines is shown by lines.
 * @param {any} value @param {string} [indent]
 * @returns {string}
 */
function readable(value, indent = "") {
  const inner = `${indent}  `;
  if (typeof value === "string") {
    return value.includes("\n") ? `|\n${value.split("\n").map((line) => inner + line).join("\n")}` : JSON.stringify(value);
  }
  if (value === null || typeof value !== "object") return JSON.stringify(value) ?? "";
  const entries = Object.entries(value);
  if (!entries.length) return Array.isArray(value) ? "[]" : "{}";
  const lines = entries.map(([key, one]) => {
    const text = readable(one, inner);
    if (Array.isArray(value)) return `${indent}- ${text.trimStart()}`;
    return `${indent}${key}:${text.startsWith("\n") ? "" : " "}${text}`;
  });
  return `\n${lines.join("\n")}`;
}
