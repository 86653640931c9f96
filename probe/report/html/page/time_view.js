// Where the time went: a lane for each thread on one axis, and a table with a bar for each turn.

/** What a turn's time, and the time after it, goes into, and its colour. */
const PHASES = { "waiting for the first token": "--t-wait", streaming: "--t-model", stall: "--t-stall", failed: "--bad", tools: "--t-tool", "sub-agent": "--t-sub", "the agent itself": "--t-agent", idle: "--t-idle" };

addParts("time", "Time", "w", {
  "Where the time went": ({ summary }) => timeBar(summary),
  "All turns on one axis": (page) => (page.summary.turns.length ? timeLanes(page) : h("p.dim", "No call of a model was recorded.")),
  "Each turn from its own start": ({ summary }) => turnBars(summary),
});

/** Return begin, end and name of each phase of a turn and of what follows it in its thread. @param {Summary} summary @returns {Map<Turn, [number, number, keyof typeof PHASES][]>} */
function turnPhases({ turns, threads }) {
  const all = new Map(turns.map((turn) => [turn.number, turn]));
  const next = new Map(threads.flatMap((thread) => thread.turns.map((turn, at) => [turn, all.get(thread.turns[at + 1])])));
  return new Map(turns.map((turn) => {
    const { started, ended, first_token: first, longest_silence: longest, tries, prompt, tool_calls: calls } = turn;
    const [end, after] = [ended ?? started, next.get(turn.number)];
    const stall = silence(turn) >= STALL && longest ? longest.at : end;
    // As `time` in the summary has it: tools if it called some, idle before a new prompt.
    const rest = calls.some(({ agent }) => agent) ? "sub-agent" : calls.length ? "tools" : after?.prompt && prompt && prompt !== after.prompt ? "idle" : "the agent itself";
    /** @type {[number, number, keyof typeof PHASES][]} */
    const phases = [...tries.map((one) => /** @type {[number, number, "failed"]} */ ([one.started, one.ended ?? one.started, "failed"])), [started, hasFailed(turn) ? end : started, "failed"], [started, hasFailed(turn) ? started : (first ?? end), "waiting for the first token"],
      [first ?? end, hasFailed(turn) ? started : end, "streaming"], [stall, stall + silence(turn), "stall"], [end, after ? startOf(after) : end, rest]];
    return [turn, phases.filter(([from, to, name]) => to > from && (name !== "stall" || stall < end))];
  }));
}

/** Return when a turn began, with the tries that failed. @param {Turn} turn */
function startOf({ tries, started }) {
  return Math.min(started, tries[0]?.started ?? started);
}

/** @param {Page} page */
function timeLanes({ summary, turns: byNumber }) {
  const { turns, threads } = summary;
  const threadTurns = threads.map((thread) => ({ name: threadName(thread, summary), own: thread.turns.flatMap((turn) => byNumber.get(turn) ?? []).filter((turn) => !turn.is_side) }));
  const rows = [...threadTurns, { name: "side requests", own: turns.filter((turn) => turn.is_side) }].filter(({ own }) => own.length);
  const start = turns.reduce((first, turn) => Math.min(first, startOf(turn)), Infinity);
  const length = Math.max(turns.reduce((last, turn) => Math.max(last, turn.ended ?? turn.started), 0) - start, 0.001);
  const phases = turnPhases(summary);
  const paths = new Map(Object.values(PHASES).map((color) => [color, ""]));
  rows.forEach(({ own }, row) => own.forEach((turn) => phases.get(turn)?.forEach(([from, to, name]) => paths.set(PHASES[name], `${paths.get(PHASES[name])}M${from - start} ${row + 0.12}h${to - from}v.76h${from - to}z`))));
  const step = roundStep(length, 12);
  const ticks = Array.from({ length: Math.floor(length / step) + 1 }, (_, at) => styled(h("span.tick", seconds(at * step)), { left: percent((at * step) / length) }));
  const names = rows.map(({ name }, row) => styled(h("span.axis", name), { top: percent(row / rows.length) }));
  const plot = styled(h("div.plot.lanes", { role: "img", "aria-label": "Turns on a time axis, in lanes; the table below has the same" }, names, picture(paths, length, rows.length), ticks), { height: `${rows.length * 18}px` });
  const readout = h("p.readout", { "aria-hidden": "true" }, `${plural(turns.length, "turn")}; ${seconds(length)} from the first request to the end of the last answer. A click opens a turn.`);
  const under = (/** @type {MouseEvent} */ event) => {
    const [across, down] = shareOf(plot, event);
    const time = across * length + start;
    return rows[Math.floor(down * rows.length)]?.own.findLast((turn) => startOf(turn) <= time + length / 400);
  };
  plot.addEventListener("click", (event) => go(`#turn-${under(event)?.number ?? turns[0].number}`));
  plot.addEventListener("pointermove", (event) => {
    const turn = under(event);
    if (turn) readout.textContent = `Turn ${turn.number}: ${phases.get(turn)?.map(([from, to, name]) => `${name} ${seconds(to - from)}`).join(", ")}; ${didWords(turn)}`;
  });
  return [h("div.chart.wide", plot), legend(Object.entries(PHASES).filter(([, color]) => paths.get(color)).map(([name, color]) => ({ name, color }))), readout];
}

/** @param {Summary} summary */
function turnBars(summary) {
  const { turns } = summary;
  const phases = turnPhases(summary);
  const lengthOf = (/** @type {Turn} */ turn) => Math.max(...(phases.get(turn) ?? []).map(([, to]) => to), turn.started) - startOf(turn);
  const scale = turns.map(lengthOf).sort((one, other) => one - other)[Math.floor(turns.length * 0.95)] || 0.001;
  const time = (/** @type {Turn} */ turn) => {
    const pieces = (phases.get(turn) ?? []).map(([from, to, name]) => {
      const [left, right] = [from, to].map((one) => Math.min((one - startOf(turn)) / scale, 1));
      return styled(h("span", { title: `${name} ${seconds(to - from)}` }), { left: percent(left), width: `max(${name === "failed" ? 3 : 1}px, ${percent(right - left)})`, background: `var(${PHASES[name]})` });
    });
    return h("div.time-bar", pieces, lengthOf(turn) > scale * 1.001 && h("b", `» ${seconds(lengthOf(turn))}`));
  };
  const spent = (/** @type {string[]} */ ...names) => (/** @type {Turn} */ turn) => {
    const found = phases.get(turn)?.find(([, , name]) => names.includes(name));
    return amount(found && found[1] - found[0], seconds);
  };
  return [h("p.dim", `A whole bar is ${seconds(scale)}; » is the length of one that is longer. Start is counted from the first request.`), table("Turns in time", turns, {
    turn: turnCell,
    "#start": (turn) => amount(startOf(turn) - startOf(turns[0]), seconds),
    time,
    "#failed tries": spent("failed"), "#first token": (turn) => amount(turn.first_token && waited(turn), seconds), "#took": took, "#silent for": spent("stall"), "#tools": spent("tools"), "#sub-agent": spent("sub-agent"), "#agent or idle": spent("the agent itself", "idle"),
    did,
  })];
}
