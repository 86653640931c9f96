// Where the time went: lanes of threads on one axis (drag to zoom), and below it a row for each turn in sight.

addView({ name: "time", tab: "Time", key: "w", show: showTime });

/** A silence of a stream that is marked, in seconds. */
const STALL = 3;
/** Turns in sight up to which their rows share one axis. */
const MANY_TURNS = 60;
const TIME_ROW = 16;
const TIME_TOP = 22;

/** @typedef {{turn: Turn, row: number, end: number}} Bar */
/** @typedef {{name: string, first: number, rows: number}} Lane */
/** @typedef {{from: number, to: number}} Span */

/** @param {HTMLElement} root @param {string[]} _path @param {Page} page */
function showTime(root, _path, page) {
  const { summary } = page;
  if (!summary.turns.length) {
    root.append(empty("No call of a model was recorded."));
    return;
  }
  const { bars, lanes } = laneBars(summary);
  const all = { from: Math.min(...bars.map((bar) => bar.turn.started)), to: Math.max(...bars.map((bar) => bar.end)) };
  if (all.to <= all.from) all.to = all.from + 1;
  const span = { ...all };
  const rows = h("div", {});
  const words = h("p", { role: "status" });
  const canvas = /** @type {HTMLCanvasElement} */ (styled(h("canvas", { role: "img", "aria-label": `Turns on a time axis in lanes: ${lanes.map((lane) => lane.name).join(", ")}. The rows below have the same as links.` }), { height: `${TIME_TOP + TIME_ROW * lanes.reduce((sum, lane) => sum + lane.rows, 0) + 4}px` }));
  const redraw = drawn(canvas, (context, width, _height, color) => drawLanes(context, width, color, bars, lanes, span, all.from));
  const show = () => {
    const seen = bars.filter((bar) => bar.end >= span.from && bar.turn.started <= span.to);
    words.textContent = `${plural(seen.length, "turn")} in ${seconds(span.to - span.from)}, from +${seconds(span.from - all.from)} on`;
    rows.replaceChildren(waterfall(seen, span, all.from, summary));
    redraw();
  };
  /** @param {number} from @param {number} to */
  const zoom = (from, to) => {
    const wide = Math.max(Math.min(to - from, all.to - all.from), 0.05);
    span.from = Math.max(all.from, Math.min(from, all.to - wide));
    span.to = span.from + wide;
    show();
  };
  const note = tip();
  const chart = h("div", { class: "time-lanes" }, canvas, note.box);
  listenToLanes(canvas, note, bars, span, zoom, summary);
  root.append(
    section("Where the time went", timeBar(summary)),
    section("Turns on one axis", zoomButtons(span, all, zoom), chart, legend(TIME_COLORS), words),
    section("Turns", rows),
    section("Stalls", stalls(summary)),
  );
  show();
}

const TIME_COLORS = [
  { name: "waiting for the first token", color: "--t-wait" },
  { name: "streaming", color: "--t-model" },
  { name: "tools", color: "--t-tool" },
  { name: "idle", color: "--t-idle" },
  { name: "failed, or a stall", color: "--bad" },
];

/** Return each turn's place: main threads first, then sub-agents, then side requests; what runs side by side gets rows of its own. @param {Summary} summary */
function laneBars(summary) {
  const agents = new Set(summary.threads.filter((thread) => thread.is_sub_agent).map((thread) => thread.number));
  /** @type {[string, Turn[]][]} */
  const groups = [["Main", []], ["Sub-agents", []], ["Side requests", []]];
  for (const turn of summary.turns) groups[turn.is_side ? 2 : agents.has(turn.thread) ? 1 : 0][1].push(turn);
  /** @type {Bar[]} */
  const bars = [];
  /** @type {Lane[]} */
  const lanes = [];
  let first = 0;
  for (const [name, turns] of groups.filter(([, found]) => found.length)) {
    /** @type {number[]} */
    const free = [];
    for (const turn of turns) {
      const end = turn.ended ?? turn.started;
      let row = free.findIndex((time) => time <= turn.started);
      if (row < 0) row = free.length;
      free[row] = end;
      bars.push({ turn, row: first + row, end });
    }
    lanes.push({ name, first, rows: free.length });
    first += free.length;
  }
  bars.sort((one, other) => one.turn.started - other.turn.started);
  return { bars, lanes };
}

/** @param {CanvasRenderingContext2D} context @param {number} width @param {(name: string) => string} color @param {Bar[]} bars @param {Lane[]} lanes @param {Span} span @param {number} start */
function drawLanes(context, width, color, bars, lanes, span, start) {
  const left = 96;
  /** @param {number} time */
  const x = (time) => left + ((time - span.from) / (span.to - span.from)) * (width - left);
  const bottom = TIME_TOP + TIME_ROW * (lanes[lanes.length - 1].first + lanes[lanes.length - 1].rows);
  context.textBaseline = "alphabetic";
  const step = ticks(span.to - span.from, Math.max(2, Math.floor((width - left) / 110)))[1];
  for (let time = Math.ceil((span.from - start) / step) * step; start + time <= span.to; time += step) {
    context.fillStyle = color("--chart-grid");
    context.fillRect(Math.round(x(start + time)), TIME_TOP - 4, 1, bottom - TIME_TOP + 4);
    context.fillStyle = color("--chart-text");
    context.fillText(`+${seconds(time)}`, x(start + time), 12);
  }
  for (const lane of lanes) {
    context.fillStyle = color("--chart-text");
    context.fillText(lane.name, 0, TIME_TOP + lane.first * TIME_ROW + 12);
    context.fillStyle = color("--chart-grid");
    context.fillRect(0, TIME_TOP + lane.first * TIME_ROW - 2, width, 1);
  }
  context.beginPath();
  context.rect(left, 0, width - left, bottom + 4);
  context.clip();
  for (const bar of bars) {
    if (bar.end < span.from || bar.turn.started > span.to) continue;
    const y = TIME_TOP + bar.row * TIME_ROW;
    for (const [from, to, name] of phases(bar)) {
      context.fillStyle = color(name);
      context.fillRect(x(from), y, Math.max(x(to) - x(from), 1), TIME_ROW - 4);
    }
  }
}

/** Return what a turn's time was spent on: begin, end, colour. @param {Bar} bar @returns {[number, number, string][]} */
function phases({ turn, end }) {
  const first = turn.first_token ?? end;
  /** @type {[number, number, string][]} */
  const found = turn.problem || (turn.status ?? 600) >= 400 ? [[turn.started, end, "--bad"]] : [[turn.started, first, "--t-wait"], [first, end, "--t-model"]];
  for (const one of turn.tries) found.push([one.started, one.ended ?? one.started, "--bad"]);
  return found;
}

/** @param {Span} span @param {Span} all @param {(from: number, to: number) => void} zoom */
function zoomButtons(span, all, zoom) {
  /** @param {number} factor @param {number} shift */
  const by = (factor, shift) => () => {
    const [middle, wide] = [(span.from + span.to) / 2 + shift * (span.to - span.from), (span.to - span.from) * factor];
    zoom(middle - wide / 2, middle + wide / 2);
  };
  /** @type {[string, () => void][]} */
  const buttons = [["Zoom in", by(0.5, 0)], ["Zoom out", by(2, 0)], ["Earlier", by(1, -0.5)], ["Later", by(1, 0.5)], ["All", () => zoom(all.from, all.to)]];
  return h("div", { class: "controls" }, buttons.map(([name, onclick]) => h("button", { type: "button", onclick }, name)), h("small", {}, "or drag over the lanes; a click opens a turn"));
}

/** @param {HTMLCanvasElement} canvas @param {ReturnType<typeof tip>} note @param {Bar[]} bars @param {Span} span @param {(from: number, to: number) => void} zoom @param {Summary} summary */
function listenToLanes(canvas, note, bars, span, zoom, summary) {
  let began = /** @type {number | null} */ (null);
  /** @param {number} x */
  const time = (x) => span.from + ((x - 96) / (canvas.clientWidth - 96)) * (span.to - span.from);
  /** @param {MouseEvent} event */
  const under = (event) => {
    const [at, row, near] = [time(event.offsetX), Math.floor((event.offsetY - TIME_TOP) / TIME_ROW), ((span.to - span.from) / canvas.clientWidth) * 2];
    return bars.find((bar) => bar.row === row && bar.turn.started - near <= at && at <= bar.end + near);
  };
  canvas.addEventListener("pointerdown", (event) => {
    began = event.offsetX;
    canvas.setPointerCapture(event.pointerId);
  });
  canvas.addEventListener("pointerup", (event) => {
    const bar = under(event);
    if (began !== null && Math.abs(event.offsetX - began) > 6) {
      const [one, other] = [time(began), time(event.offsetX)];
      zoom(Math.min(one, other), Math.max(one, other));
    } else if (bar) go(`#turn-${bar.turn.number}`);
    began = null;
  });
  canvas.addEventListener("pointermove", (event) => {
    const bar = under(event);
    if (began !== null) note.show([`${seconds(Math.abs(time(event.offsetX) - time(began)))}`], event.offsetX, canvas.clientWidth);
    else if (bar) note.show([`Turn ${bar.turn.number}`, ...timeWords(bar, summary), bar.turn.did], event.offsetX, canvas.clientWidth);
    else note.hide();
  });
  canvas.addEventListener("pointerleave", note.hide);
}

/** @param {Bar} bar @param {Summary} summary */
function timeWords({ turn, end }, summary) {
  const words = [turn.ended === null ? "did not end" : `took ${seconds(end - turn.started)}`];
  if (turn.first_token !== null) words.push(`first token after ${seconds(turn.first_token - turn.started)}`);
  if (turn.longest_silence && turn.longest_silence.seconds >= STALL) words.push(`silent for ${seconds(turn.longest_silence.seconds)}`);
  if (turn.tries.length) words.push(`after ${plural(turn.tries.length, "failed try", "failed tries")}`);
  if (turn.is_side) words.push(turn.purpose);
  else if (threadOf(turn, summary)?.is_sub_agent) words.push("sub-agent");
  return words;
}

/**
 * Return a row for each turn: on the axis in sight, or, where they are too many to see anything, each from its own start.
 * @param {Bar[]} bars @param {Span} span @param {number} start @param {Summary} summary
 */
function waterfall(bars, span, start, summary) {
  const many = bars.length > MANY_TURNS;
  const longest = many ? bars.reduce((most, { turn, end }) => Math.max(most, end - turn.started), 0.001) : span.to - span.from;
  /** @param {Bar} bar @param {number} from @param {number} to @param {string} color */
  const piece = (bar, from, to, color) => {
    const zero = many ? bar.turn.started : span.from;
    const [begin, end] = [Math.max(from - zero, 0), Math.min(to - zero, longest)];
    const percent = 100 / longest;
    return end < begin ? null : styled(h("span"), { left: `${begin * percent}%`, width: `max(2px, ${(end - begin) * percent}%)`, background: `var(${color})` });
  };
  const after = gaps(summary);
  return longTable("Turns in time", ["turn", "#start", many ? "how long" : "when", "#first token", "#took", "did"], bars, (bar) => {
    const { turn, end } = bar;
    const gap = after.get(turn.number);
    const silence = turn.longest_silence;
    return [
      turnLink(turn.number, String(turn.number)),
      `+${seconds(turn.started - start)}`,
      h("div", { class: "time-bar", title: timeWords(bar, summary).join(", ") }, phases(bar).map(([from, to, color]) => piece(bar, from, to, color)), gap ? piece(bar, end, gap.until, gap.color) : null, silence && silence.seconds >= STALL ? piece(bar, silence.at, silence.at + silence.seconds, "--bad") : null),
      turn.first_token === null ? "" : seconds(turn.first_token - turn.started),
      turn.ended === null ? "unfinished" : seconds(end - turn.started),
      h("span", { class: "clip" }, turn.did),
    ];
  });
}

/** Return what follows each turn in its thread, by the rule of `time`: tools if it called some, idle before a new prompt. @param {Summary} summary */
function gaps(summary) {
  const found = new Map();
  const turns = new Map(summary.turns.map((turn) => [turn.number, turn]));
  for (const thread of summary.threads) {
    thread.turns.slice(1).forEach((next, i) => {
      const [turn, after] = [turns.get(thread.turns[i]), turns.get(next)];
      if (!turn || !after || turn.ended === null) return;
      const idle = turn.prompt !== after.prompt && after.prompt !== null && turn.prompt !== null;
      const color = turn.tool_calls.length ? "--t-tool" : idle ? "--t-idle" : "--t-agent";
      found.set(turn.number, { until: after.tries[0]?.started ?? after.started, color });
    });
  }
  return found;
}

/** @param {Summary} summary */
function stalls({ turns }) {
  const found = turns.filter((turn) => turn.longest_silence && turn.longest_silence.seconds >= STALL);
  if (!found.length) return h("p", {}, `None: no stream was silent for ${STALL} seconds after its first token.`);
  found.sort((one, other) => (other.longest_silence?.seconds ?? 0) - (one.longest_silence?.seconds ?? 0));
  return longTable("Stalls", ["turn", "#silent for", "#from", "did"], found, (turn) => [turnLink(turn.number), seconds(turn.longest_silence?.seconds), `+${seconds((turn.longest_silence?.at ?? 0) - turn.started)}`, turn.did], 20);
}
