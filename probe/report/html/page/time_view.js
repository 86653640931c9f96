// Where the time went: lanes of threads on one axis (drag to zoom), and below them a row for each turn in sight.

/** Turns in sight up to which their rows share one axis. */
const MANY_TURNS = 60;
/** Height of a lane, of what is above the lanes, and the width of their names, in pixels. */
const [TIME_ROW, TIME_TOP, TIME_LEFT] = [16, 22, 96];
const TIME_COLORS = [["waiting for the first token", "--t-wait"], ["streaming", "--t-model"], ["tools", "--t-tool"], ["the agent itself", "--t-agent"], ["idle", "--t-idle"], ["failed, or a stall", "--bad"]].map(([name, color]) => ({ name, color }));

addView({
  name: "time",
  tab: "Time",
  key: "w",
  show(root, _path, { summary }) {
    if (!summary.turns.length) {
      root.append(empty("No call of a model was recorded."));
      return;
    }
    const { bars, lanes, count } = laneBars(summary);
    const all = { from: bars[0].turn.started, to: bars.reduce((last, bar) => Math.max(last, bar.end), bars[0].turn.started + 0.001) };
    const span = { ...all };
    const [rows, words, note] = [h("div", {}), h("p", { role: "status" }), tip()];
    const label = `Turns on a time axis, in lanes: ${lanes.map(([name]) => name).join(", ")}. The rows below are the same as links.`;
    const canvas = /** @type {HTMLCanvasElement} */ (styled(h("canvas", { role: "img", "aria-label": label }), { height: `${TIME_TOP + TIME_ROW * count + 4}px` }));
    paintOn(canvas, (painter) => paintLanes(painter, bars, lanes, span, all.from));
    const show = () => {
      const seen = bars.filter((bar) => bar.end >= span.from && bar.turn.started <= span.to);
      words.textContent = `${plural(seen.length, "turn")} in ${seconds(span.to - span.from)}, from +${seconds(span.from - all.from)} on`;
      rows.replaceChildren(waterfall(seen, span, all.from, summary));
      canvas.dispatchEvent(new Event("repaint"));
    };
    /** @param {number} from @param {number} to */
    const zoom = (from, to) => {
      const wide = Math.max(Math.min(to - from, all.to - all.from), 0.001);
      span.from = Math.max(all.from, Math.min(from, all.to - wide));
      span.to = span.from + wide;
      show();
    };
    listenToLanes(canvas, note, bars, span, zoom);
    root.append(
      section("Where the time went", timeBar(summary)),
      section("Turns on one axis", zoomButtons(span, all, zoom), h("div", { class: "time-lanes" }, canvas, note.box), legend(TIME_COLORS), words),
      section("Turns", rows),
      section("Stalls", stalls(summary)),
    );
    show();
  },
});

/** Return the lanes: main threads, sub-agents, side requests; what runs side by side gets rows of its own. @param {Summary} summary */
function laneBars(summary) {
  const agents = new Set(summary.threads.filter((thread) => thread.is_sub_agent).map((thread) => thread.number));
  /** @type {[string, Turn[]][]} */
  const groups = [["Main", []], ["Sub-agents", []], ["Side requests", []]];
  for (const turn of summary.turns) groups[turn.is_side ? 2 : agents.has(turn.thread) ? 1 : 0][1].push(turn);
  /** @type {Bar[]} */
  const bars = [];
  /** @type {[string, number][]} */
  const lanes = [];
  let count = 0;
  for (const [name, turns] of groups.filter(([, found]) => found.length)) {
    /** @type {number[]} */
    const free = [];
    for (const turn of turns) {
      const end = turn.ended ?? turn.started;
      const row = free.findIndex((time) => time <= turn.started);
      free[row < 0 ? free.length : row] = end;
      bars.push({ turn, row: count + (row < 0 ? free.length - 1 : row), end });
    }
    lanes.push([name, count]);
    count += free.length;
  }
  bars.sort((one, other) => one.turn.started - other.turn.started);
  return { bars, lanes, count };
}

/** @param {Painter} painter @param {Bar[]} bars @param {[string, number][]} lanes @param {Span} span @param {number} start */
function paintLanes({ context, width, height, box, write }, bars, lanes, span, start) {
  const x = (/** @type {number} */ time) => TIME_LEFT + ((time - span.from) / (span.to - span.from)) * (width - TIME_LEFT);
  const step = roundStep(span.to - span.from, Math.max(2, Math.floor((width - TIME_LEFT) / 110)));
  for (let time = Math.ceil((span.from - start) / step) * step; start + time <= span.to; time += step) {
    box("--line", Math.round(x(start + time)), TIME_TOP - 4, 1, height);
    if (x(start + time) < width - 60) write(`+${seconds(time)}`, x(start + time), 12);
  }
  for (const [name, row] of lanes) {
    box("--line", 0, TIME_TOP + row * TIME_ROW - 3, width, 1);
    write(name, 0, TIME_TOP + row * TIME_ROW + 10);
  }
  context.beginPath();
  context.rect(TIME_LEFT, 0, width - TIME_LEFT, height);
  context.clip();
  for (const bar of bars) {
    if (bar.end < span.from || bar.turn.started > span.to) continue;
    for (const [from, to, color] of phases(bar)) box(color, x(from), TIME_TOP + bar.row * TIME_ROW, Math.max(x(to) - x(from), 1), TIME_ROW - 4);
  }
}

/** Return what a turn's time was spent on: begin, end, colour. @param {Bar} bar @returns {[number, number, string][]} */
function phases({ turn, end }) {
  const { started, first_token: first, longest_silence: silence, tries } = turn;
  /** @type {[number, number, string][]} */
  const found = tries.map((one) => [one.started, one.ended ?? one.started, "--bad"]);
  if (turn.problem || (turn.status ?? 600) >= 400) return [...found, [started, end, "--bad"]];
  found.push([started, first ?? end, "--t-wait"], [first ?? end, end, "--t-model"]);
  if (silence && silence.seconds >= STALL) found.push([silence.at, silence.at + silence.seconds, "--bad"]);
  return found;
}

/** @param {Span} span @param {Span} all @param {(from: number, to: number) => void} zoom */
function zoomButtons(span, all, zoom) {
  /** @param {number} factor @param {number} shift */
  const by = (factor, shift) => () => {
    const [middle, half] = [(span.from + span.to) / 2 + shift * (span.to - span.from), ((span.to - span.from) * factor) / 2];
    zoom(middle - half, middle + half);
  };
  const buttons = Object.entries({ "Zoom in": by(0.5, 0), "Zoom out": by(2, 0), Earlier: by(1, -0.5), Later: by(1, 0.5), All: () => zoom(all.from, all.to) });
  return h("div", { class: "controls" }, buttons.map(([name, onclick]) => h("button", { type: "button", onclick }, name)), h("small", {}, "or drag over the lanes; a click opens a turn"));
}

/** @param {HTMLCanvasElement} canvas @param {ReturnType<typeof tip>} note @param {Bar[]} bars @param {Span} span @param {(from: number, to: number) => void} zoom */
function listenToLanes(canvas, note, bars, span, zoom) {
  let began = /** @type {number | null} */ (null);
  const time = (/** @type {number} */ x) => span.from + ((x - TIME_LEFT) / (canvas.clientWidth - TIME_LEFT)) * (span.to - span.from);
  const under = (/** @type {MouseEvent} */ { offsetX: x, offsetY: y }) => bars.find((bar) => bar.row === Math.floor((y - TIME_TOP) / TIME_ROW) && bar.turn.started <= time(x + 2) && time(x - 2) <= bar.end);
  canvas.addEventListener("pointerdown", (event) => {
    began = event.offsetX;
    canvas.setPointerCapture(event.pointerId);
  });
  canvas.addEventListener("pointerup", (event) => {
    const [bar, from] = [under(event), began ?? event.offsetX];
    began = null;
    note.hide();
    if (Math.abs(event.offsetX - from) > 6) zoom(time(Math.min(from, event.offsetX)), time(Math.max(from, event.offsetX)));
    else if (bar) go(`#turn-${bar.turn.number}`);
  });
  canvas.addEventListener("pointermove", (event) => {
    const bar = under(event);
    if (began !== null) note.show([seconds(Math.abs(time(event.offsetX) - time(began)))], event.offsetX, canvas.clientWidth);
    else if (bar) note.show([`Turn ${bar.turn.number}`, ...timeWords(bar.turn), bar.turn.did], event.offsetX, canvas.clientWidth);
    else note.hide();
  });
  canvas.addEventListener("pointerleave", note.hide);
}

/** @param {Turn} turn */
function timeWords(turn) {
  return [
    turn.ended === null ? "did not end" : `took ${seconds(turn.ended - turn.started)}`,
    turn.first_token === null ? "" : `first token after ${seconds(turn.first_token - turn.started)}`,
    turn.longest_silence ? `longest silence ${seconds(turn.longest_silence.seconds)}` : "",
    turn.tries.length ? `after ${plural(turn.tries.length, "failed try", "failed tries")}` : "",
    turn.is_side ? turn.purpose : "",
  ].filter(Boolean);
}

/**
 * Return a row for each turn: on the axis in sight, or, where they are too many to see anything, each from its own start.
 * @param {Bar[]} bars @param {Span} span @param {number} start @param {Summary} summary
 */
function waterfall(bars, span, start, summary) {
  const many = bars.length > MANY_TURNS;
  const after = gaps(summary);
  const lengths = bars.map(({ turn, end }) => Math.max(end, after.get(turn.number)?.[1] ?? 0) - turn.started).sort((one, other) => one - other);
  const longest = many ? lengths[Math.floor(lengths.length * 0.95)] || 0.001 : span.to - span.from;
  /** @param {Bar} bar */
  const pieces = (bar) => [...phases(bar), after.get(bar.turn.number) ?? [0, 0, ""]].map(([from, to, color]) => {
    const zero = many ? bar.turn.started : span.from;
    const [begin, end] = [Math.max(from - zero, 0), Math.min(to - zero, longest)];
    return end < begin ? null : styled(h("span"), { left: `${(begin / longest) * 100}%`, width: `max(1px, ${((end - begin) / longest) * 100}%)`, background: `var(${color})` });
  });
  return longTable("Turns in time", ["turn", "#start", many ? "how long" : "when", "#first token", "#took", "did"], bars, (bar) => {
    const { turn } = bar;
    const first = turn.first_token === null ? "" : seconds(turn.first_token - turn.started);
    return [turnLink(turn.number, String(turn.number)), `+${seconds(turn.started - start)}`, h("div", { class: "time-bar", title: timeWords(turn).join(", ") }, pieces(bar)), first, tookWords(turn), clip(turn.did)];
  });
}

/** Return what follows each turn in its thread, by the rule of `time` in the summary: tools if it called some, idle before a new prompt. @param {Summary} summary */
function gaps(summary) {
  const turns = new Map(summary.turns.map((turn) => [turn.number, turn]));
  /** @type {Map<number, [number, number, string]>} */
  const found = new Map();
  for (const thread of summary.threads) {
    thread.turns.slice(1).forEach((next, i) => {
      const [turn, after] = [turns.get(thread.turns[i]), turns.get(next)];
      if (!turn || !after || turn.ended === null) return;
      const idle = turn.prompt !== after.prompt && after.prompt !== null && turn.prompt !== null;
      found.set(turn.number, [turn.ended, after.tries[0]?.started ?? after.started, turn.tool_calls.length ? "--t-tool" : idle ? "--t-idle" : "--t-agent"]);
    });
  }
  return found;
}

/** @param {Summary} summary */
function stalls({ turns }) {
  const found = turns.flatMap((turn) => (turn.longest_silence && turn.longest_silence.seconds >= STALL ? [{ turn, ...turn.longest_silence }] : [])).sort((one, other) => other.seconds - one.seconds);
  if (!found.length) return h("p", {}, `None: no stream was silent for ${STALL} seconds.`);
  return longTable("Stalls", ["turn", "#silent for", "#from", "did"], found, ({ turn, at, seconds: silent }) => [turnLink(turn.number), seconds(silent), `+${seconds(at - turn.started)}`, isolated(turn.did)], 20);
}
