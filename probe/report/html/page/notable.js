// What is worth a look in a turn: the same words for the list, the overview, the head, the filters and the key n. No DOM.

/** Seconds from which on a silence of a stream, and a wait for the first token, are notable; the latter at so many medians. */
const [STALL, SLOW_START, SLOW_TIMES] = [3, 2, 5];

/** The filter's name, the few words, if there is something to say, and more of them. @type {[string, Notable["kind"], (turn: Turn) => unknown, ((turn: Turn) => string | null | undefined)?][]} */
const NOTABLE = [
  ["failed", "bad", (turn) => hasFailed(turn) && (Number(turn.status) >= 400 ? turn.status : "error"), ({ problem }) => problem],
  ["cut", "bad", (turn) => !turn.complete && !hasFailed(turn) && (turn.ended === null ? "no answer" : "cut short")],
  ["failed", "bad", (turn) => ["", "tool failed"][failedCalls(turn).length] ?? `${failedCalls(turn).length} tools failed`, (turn) => failedCalls(turn).map(({ name, argument }) => `${name}: ${argument}`).join("; ")],
  ["retried", "warn", ({ tries }) => ["", `${tries[0]?.status ?? "failed"}, retried`][tries.length] ?? `${tries.length} failed tries`, ({ tries }) => `${tries.at(-1)?.problem}; then it was answered`],
  ["cut", "warn", ({ incomplete }) => incomplete],
  ["stall", "warn", (turn) => silence(turn) >= STALL && `stall ${seconds(silence(turn))}`, () => "the stream was silent"],
  ["slow_start", "warn", (turn) => waited(turn) >= Math.max(SLOW_START, SLOW_TIMES * (notable.median ?? Infinity)) && `first token ${seconds(waited(turn))}`, () => `the median is ${seconds(notable.median)}`],
  ["cache_miss", "warn", ({ cache }) => cache?.reason && `cache missed ${compact(cache.missed)}`, ({ cache }) => cache?.reason],
  ["shortened", "warn", ({ shortened }) => shortened && "shortened", ({ shortened }) => shortened && `${plural(shortened.messages, "message")} of turn ${shortened.turn} left out`],
];

/** @param {Turn} turn */
const hasFailed = ({ status, problem }) => Boolean(problem) || (status ?? 600) >= 400;

/** @param {Turn} turn */
const failedCalls = ({ tool_calls: calls }) => calls.filter(({ failed }) => failed);

/** @param {Turn} turn */
const silence = ({ longest_silence: longest }) => longest?.seconds ?? 0;

/** @param {Turn} turn */
const waited = ({ started, first_token: first }) => (first ?? started) - started;

/** Return what is notable in a turn, worst first. @param {Turn} turn @returns {Notable[]} */
function notable(turn) {
  return NOTABLE.map(([name, kind, words, about]) => ({ name, kind, words: String(words(turn) || ""), about: about?.(turn) ?? "" })).filter(({ words }) => words);
}
/** The median wait for the first token, of the run. */
notable.median = /** @type {number | null} */ (null);
