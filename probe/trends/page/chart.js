// One chart: lines of medians, or columns of parts; arrow keys move its cursor, Enter or a click lists the runs of a point.

/** Height of a picture in its own units; it is stretched to its place. */
const HEIGHT = 1000;

/** @param {Measure} measure @param {Panel} panel @param {string[]} names @param {number} most */
function chart(measure, panel, names, most) {
  const there = panel.points.flatMap((at, place) => (at !== undefined && measure.values(at, names).some((one) => one !== null) ? [place] : []));
  if (!there.length) return h("p.nothing", panel.points.some((at) => at !== undefined) ? "Not known of any of these runs." : "No runs.");
  const step = roundStep(most, 4);
  const top = Math.max(Math.ceil(most / step - 1e-9), 1) * step;
  const lines = Array.from({ length: Math.round(top / step) + 1 }, (_, line) => styled(h("span.axis", (measure.axis ?? measure.format)(Number((line * step).toPrecision(6)))), { bottom: percent((line * step) / top) }));
  const { count, ticks, tick } = panel.axis;
  const marks = ticks.map((place) => styled(h("span.tick", tick(place), countWords(panel, place)), { left: percent((place + 0.5) / count), "max-width": percent(1 / ticks.length) }));
  const draw = measure.kind === "lines" ? drawLines : drawColumns;
  const cursor = h("span.cursor");
  const plot = h("div.plot", lines, draw(measure, panel, names, top), cursor, marks);
  return withCursor(measure, panel, names, there, plot, cursor);
}

/** Return how many runs a version has, under its name. @param {Panel} panel @param {number} place */
function countWords({ axis, points }, place) {
  const at = points[place];
  return axis.kind === "versions" && h("small", `n ${at === undefined ? 0 : compact(value(at, "n"))}`);
}

/** Add what reads a chart: a cursor that goes from point to point. @param {Measure} measure @param {Panel} panel @param {string[]} names @param {number[]} there @param {HTMLElement} plot @param {HTMLElement} cursor */
function withCursor(measure, panel, names, there, plot, cursor) {
  const label = `${measure.title}, ${panel.title}. Arrow keys move, Enter lists the runs`;
  const slider = h(`div.chart.over-${panel.axis.kind}`, { role: "slider", tabindex: "0", "aria-label": label, "aria-valuemin": 1, "aria-valuemax": there.length }, plot);
  const readout = h("p.readout", { "aria-hidden": "true" });
  let now = there.length - 1;
  const move = (/** @type {number} */ wanted) => {
    now = Math.max(0, Math.min(there.length - 1, wanted));
    const place = there[now];
    const text = pointWords(measure, names, /** @type {number} */ (panel.points[place]));
    setAttributes(slider, { "aria-valuenow": now + 1, "aria-valuetext": `${panel.axis.name(place)}: ${text}` });
    readout.replaceChildren(h("b", isolated(panel.axis.name(place))), `: ${text}`);
    styled(cursor, { left: percent((place + 0.5) / panel.axis.count) });
  };
  const open = () => showRuns(/** @type {number} */ (panel.points[there[now]]), panel, panel.axis.name(there[now]));
  slider.addEventListener("keydown", (event) => {
    if (event.key === "Enter") open();
    else if (event.key in CURSOR_STEPS) move(now + CURSOR_STEPS[event.key]);
    else return;
    event.preventDefault();
  });
  const point = (/** @type {MouseEvent} */ event) => {
    const wanted = shareOf(plot, event)[0] * panel.axis.count - 0.5;
    move(there.reduce((best, place, one) => (Math.abs(place - wanted) < Math.abs(there[best] - wanted) ? one : best), 0));
  };
  plot.addEventListener("pointermove", point);
  plot.addEventListener("click", (event) => {
    point(event);
    open();
  });
  move(now);
  return h("div", slider, readout);
}

/** Return what a point says, in words. @param {Measure} measure @param {string[]} names @param {number} at */
function pointWords(measure, names, at) {
  const values = measure.values(at, names);
  const shown = names.map((name, series) => ({ name, value: values[series] })).filter(({ value: one }) => (measure.kind === "lines" ? one !== null : one));
  const words = shown.map(({ name, value: one }) => `${name} ${measure.format(/** @type {number} */ (one))}`);
  if (measure.id === "runs") return plural(value(at, "n"), "run");
  return [words.join(", ") || (values.some((one) => one !== null) ? "none" : "not known"), `n = ${plural(value(at, "n"), "run")}`, measure.note?.(at)].filter(Boolean).join("; ");
}

/** Return a picture that fills its place, out of paths with their classes. @param {number} width @param {(string | null)[][]} paths */
function drawing(width, paths) {
  const shown = paths.filter(([d]) => d).map(([d, classes]) => svg("path", { class: classes, d }));
  return svg("svg", { viewBox: `0 0 ${width} ${HEIGHT}`, preserveAspectRatio: "none", "aria-hidden": "true" }, shown);
}

/** Return lines that end where nothing is known, with a dot for each point; hollow, where it is of few runs. @param {Measure} measure @param {Panel} panel @param {string[]} names @param {number} top */
function drawLines(measure, { axis, points }, names, top) {
  const size = axis.count <= 60 ? "large" : axis.count <= 150 ? "middle" : "small";
  const paths = names.map((_, series) => {
    let [line, dots, hollow, isDown] = ["", "", "", false];
    points.forEach((at, place) => {
      const one = at === undefined ? null : measure.values(at, names)[series];
      if (one === null) return void (isDown = false);
      const spot = `${place + 0.5} ${(1 - one / top) * HEIGHT}`;
      line += `${isDown ? "L" : "M"}${spot}`;
      // A line without length has round ends, so it is a dot however the picture is stretched.
      dots += `M${spot}h0`;
      if (value(/** @type {number} */ (at), "n") < FEW) hollow += `M${spot}h0`;
      isDown = true;
    });
    return [[line, `line s${series}`], [dots, `dots s${series} ${size}`], [hollow, `dots hollow ${size}`]];
  });
  return drawing(axis.count, paths.flat());
}

/** Return columns of parts; pale, where they are of few runs. No column is no run; one without height has a dot. @param {Measure} measure @param {Panel} panel @param {string[]} names @param {number} top */
function drawColumns(measure, { axis, points }, names, top) {
  const isTight = axis.count >= 150;
  const wide = isTight ? 1 : 0.8;
  const paths = names.flatMap((_, series) => [["", `column s${series} ${isTight ? "tight" : ""}`], ["", `column pale s${series}`]]);
  let zeros = "";
  points.forEach((at, place) => {
    if (at === undefined) return;
    const values = measure.values(at, names);
    if (values.every((one) => one === 0)) zeros += `M${place + 0.5} ${HEIGHT}h0`;
    let y = HEIGHT;
    values.forEach((one, series) => {
      const high = ((one ?? 0) / top) * HEIGHT;
      if (high) paths[2 * series + (value(at, "n") < FEW && measure.id !== "runs" ? 1 : 0)][0] += `M${place + (1 - wide) / 2} ${y}v${-high}h${wide}v${high}z`;
      y -= high;
    });
  });
  return drawing(axis.count, [...paths, [zeros, "dots zero"]]);
}
