// What is worth a look in a turn: the same words for the list, the overview, the head, the filters and the key n. No DOM.

/** Seconds from which on a silence of a stream, and a wait for the first token, are notable; the latter at so many medians. */
const [STALL, SLOW_START, SLOW_TIMES] = [3, 2, 5];

/** @type {[name: string, kind: Notable["kind"], words: (turn: Turn) => unknown, about?: (turn: Turn) => string | null | undefined][]} */
const NOTABLE = [
  ["failed", "bad", ({ status, problem }) => ((status ?? 0) >= 400 ? status : problem && "error"), ({ problem }) => problem],
  ["cut", "bad", ({ status, problem, complete, ended }) => !problem && (status ?? 0) < 400 && !complete && (ended === null ? "no answer" : "cut short")],
  ["failed", "bad", ({ tool_calls: calls }) => failedCalls(calls).length && plural(failedCalls(calls).length, "tool failed", "tools failed").replace(/^1 /, ""),
    ({ tool_calls: calls }) => failedCalls(calls).map(({ name, argument }) => `${name}: ${argument}`).join("; ")],
  ["retried", "warn", ({ tries }) => tries.length && (tries.length === 1 ? `${tries[0].status ?? "failed"}, retried` : `${tries.length} failed tries`), ({ tries }) => `${tries.at(-1)?.problem}; then it was answered`],
  ["cut", "warn", ({ incomplete }) => incomplete],
  ["stall", "warn", ({ longest_silence: silence }) => silence && silence.seconds >= STALL && `stall ${seconds(silence.seconds)}`, () => "the stream was silent"],
  ["slow_start", "warn", (turn) => startsSlowly(turn) && `first token ${seconds(waited(turn))}`, () => `the median is ${seconds(notable.median)}`],
  ["cache_miss", "warn", ({ cache }) => cache?.reason && `cache missed ${compact(cache.missed)}`, ({ cache }) => cache?.reason],
  ["shortened", "warn", ({ shortened }) => shortened && "shortened", ({ shortened }) => `${plural(shortened?.messages ?? 0, "message")} of turn ${shortened?.turn} left out`],
];

/** @param {Turn["tool_calls"]} calls */
const failedCalls = (calls) => calls.filter((call) => call.failed);

/** @param {Turn} turn */
const waited = ({ started, first_token: first }) => (first ?? started) - started;

/** @param {Turn} turn */
const startsSlowly = (turn) => waited(turn) >= SLOW_START && waited(turn) >= SLOW_TIMES * (notable.median ?? Infinity);

/** Return what is notable in a turn, worst first; `about` has more than the few words. @param {Turn} turn @returns {Notable[]} */
function notable(turn) {
  return NOTABLE.flatMap(([name, kind, test, about = () => ""]) => {
    const words = test(turn);
    return words ? [{ name, kind, words: String(words), about: about(turn) ?? "" }] : [];
  });
}
/** The median wait for the first token, of the run. */
notable.median = /** @type {number | null} */ (null);
