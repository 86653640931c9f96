// Differences of two texts or lists. No DOM: these functions are tested on their own.

/** Steps that one comparison may take before it is ended: about a tenth of a second. */
const DIFF_STEPS = 3e6;
/** Differences that are searched for: what is kept to go back grows with their square. */
const DIFF_DEPTH = 2200;
/** Characters of a pair of changed lines that are compared by words. */
const DIFF_WORDS = 2_500_000;
/** Compare two texts by lines, and changed lines by words; not `exact` where so much differs that the search was ended. @param {string} before @param {string} after @returns {{lines: DiffLine[], exact: boolean}} */
function diffLines(before, after) {
  const [a, b] = [before.split("\n"), after.split("\n")];
  const state = { steps: DIFF_STEPS, exact: true };
  /** @type {DiffLine[]} */
  const lines = [];
  let [atA, atB] = [0, 0];
  for (const [startA, startB, length] of [...sharedRuns(a, b, state), [a.length, b.length, 0]]) {
    const [removed, added] = [a.slice(atA, startA), b.slice(atB, startB)];
    const pairs = removed.length === added.length || removed.length * added.length === 1 ? removed.map((text, i) => diffWords(text, added[i], state)) : [];
    removed.forEach((text, i) => lines.push({ kind: "removed", text, parts: pairs[i]?.[0] }));
    added.forEach((text, i) => lines.push({ kind: "added", text, parts: pairs[i]?.[1] }));
    for (const text of a.slice(startA, startA + length)) lines.push({ kind: "same", text });
    [atA, atB] = [startA + length, startB + length];
  }
  return { lines, exact: state.exact };
}

/** Return the parts of two lines; undefined where they have little in common. @param {string} a @param {string} b @param {Steps} state @returns {[string, boolean][][] | undefined} */
function diffWords(a, b, state) {
  if (state.steps <= 0 || a.length + b.length > DIFF_WORDS) return;
  const sides = [a, b].map((text) => text.match(/[\p{L}\p{N}_]+|\s+|[^\p{L}\p{N}_\s]/gu) ?? []);
  state.steps -= 10 * (sides[0].length + sides[1].length);
  const runs = sharedRuns(sides[0], sides[1], { steps: state.steps, exact: true });
  const parts = sides.map((words, side) => {
    let at = 0;
    return [...runs, [words.length, words.length, 0]].flatMap((run) => {
      const changed = words.slice(at, run[side]).join("");
      at = run[side] + run[2];
      return /** @type {[string, boolean][]} */ ([[changed, true], [words.slice(run[side], at).join(""), false]]);
    }).filter(([part]) => part);
  });
  const shared = parts[0].reduce((sum, [part, changed]) => sum + (changed ? 0 : part.length), 0);
  return shared * 3 < Math.max(a.length, b.length) ? undefined : parts;
}

/** Return the runs that two lists share, in order. @param {string[]} first @param {string[]} second @param {Steps} state @returns {SharedRun[]} */
function sharedRuns(first, second, state) {
  /** @type {Map<string, number>} */
  const known = new Map();
  const [a, b] = [first, second].map((list) => list.map((text) => known.get(text) ?? (known.set(text, known.size), known.size - 1)));
  let [head, endA, endB] = [0, a.length, b.length];
  while (head < endA && head < endB && a[head] === b[head]) head++;
  while (endA > head && endB > head && a[endA - 1] === b[endB - 1]) [endA, endB] = [endA - 1, endB - 1];
  const middle = shortest(a.slice(head, endA), b.slice(head, endB), state).map(([x, y, length]) => /** @type {SharedRun} */ ([x + head, y + head, length]));
  return /** @type {SharedRun[]} */ ([[0, 0, head], ...middle, [endA, endB, a.length - endA]]).filter(([, , length]) => length);
}

/** Return the runs of a shortest difference (Myers 1986); none where it is not found in time. @param {number[]} a @param {number[]} b @param {Steps} state @returns {SharedRun[]} */
function shortest(a, b, state) {
  const most = Math.min(a.length + b.length, DIFF_DEPTH);
  const reach = new Int32Array(2 * most + 3);
  const history = [];
  for (let d = 0; d <= most && state.steps > 0; d++) {
    history.push(reach.slice(most - d, most + d + 3));
    for (let k = -d; k <= d; k += 2) {
      const at = most + 1 + k;
      let x = k === -d || (k !== d && reach[at - 1] < reach[at + 1]) ? reach[at + 1] : reach[at - 1] + 1;
      const from = x;
      while (x < a.length && x - k < b.length && a[x] === b[x - k]) x++;
      reach[at] = x;
      state.steps -= x - from + 1;
      if (x >= a.length && x - k >= b.length) return wayBack(history, a.length, b.length);
    }
  }
  state.exact = false;
  return [];
}

/** Return the runs on the way that was found. @param {Int32Array[]} history @param {number} x @param {number} y */
function wayBack(history, x, y) {
  /** @type {SharedRun[]} */
  const runs = [];
  for (let d = history.length - 1; d >= 0; d--) {
    const [k, reach] = [x - y, history[d]];
    const at = k + d + 1;
    const down = k === -d || (k !== d && reach[at - 1] < reach[at + 1]);
    const start = d === 0 ? 0 : down ? reach[at + 1] : reach[at - 1] + 1;
    if (x > start) runs.push([start, start - k, x - start]);
    [x, y] = down ? [start, start - k - 1] : [start - 1, start - k];
  }
  return runs.reverse();
}

/** Return a value as lines for a reader and a comparison; a text of several lines is shown by lines. @param {any} value @param {string} [indent] @returns {string} */
function readable(value, indent = "") {
  const inner = `${indent}  `;
  if (typeof value === "string" && value.includes("\n")) return `|\n${value.split("\n").map((line) => inner + line).join("\n")}`;
  if (value === null || typeof value !== "object" || !Object.keys(value).length) return JSON.stringify(value) ?? "";
  return Object.entries(value).map(([key, one]) => {
    const text = readable(one, inner);
    if (Array.isArray(value)) return `\n${indent}- ${text.trimStart()}`;
    return `\n${indent}${key}:${text.startsWith("\n") ? "" : " "}${text}`;
  }).join("");
}
