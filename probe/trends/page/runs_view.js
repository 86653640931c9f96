// What is behind a point: its runs in a dialog, and the table of a chart.

/** Runs that a dialog lists at once. */
const LISTED = 100;

/** Return a name as a word of a shell. @param {string} name */
const shellName = (name) => (/^[\w./@%+=:,-]+$/.test(name) ? name : `'${name.replaceAll("'", "'\\''")}'`);

/** List the runs behind a point. @param {number} at @param {Panel} panel @param {string} place */
function showRuns(at, panel, place) {
  const [runs, count] = [runsOf(at), value(at, "n")];
  const dialog = /** @type {HTMLDialogElement} */ (byId("behind"));
  const period = panel.axis.kind === "versions" ? `, ${periodName(value(at, "period"))}` : "";
  const list = h("ul.run-list");
  const more = h("button", { type: "button", onclick: () => grow(runs.length) }, `Show all ${number(runs.length)}`);
  let shown = 0;
  const grow = (/** @type {number} */ step) => {
    list.append(...runs.slice(shown, (shown += step)).map(runLine));
    more.hidden = shown >= runs.length;
  };
  grow(LISTED);
  const unnamed = count > runs.length && h("p", `${number(runs.length)} of them are named here, the newest: the page has the names of the newest ${number(trends.runs.name.length)} runs. The table \`runs\` has all: invoke sql.`);
  const close = h("button", { type: "button", onclick: () => dialog.close() }, "Close");
  dialog.replaceChildren(h("div.row", h("h2", { id: "behind-title" }, isolated(`${panel.title}, ${place}${period}: ${plural(count, "run")}`)), close), h("p.dim", "Each is opened by its command:"), unnamed || "", list, more);
  dialog.showModal();
}

/** @param {string} run */
function runLine(run) {
  const command = `${trends.view} ${shellName(run)}`;
  const copy = () => navigator.clipboard.writeText(command).then(() => announce("Copied."), () => announce("The browser does not let this page copy."));
  return h("li", h("code", command), h("button", { type: "button", "aria-label": `Copy the command of ${run}`, onclick: copy }, "Copy"));
}

/** Return the table of a chart, made when it is opened. @param {Measure} measure @param {Panel} panel @param {string[]} names */
function tableOf(measure, panel, names) {
  const fold = h("details.fold", h("summary", "Table", h("span.sr-only", ` of ${measure.title}, ${panel.title}`)));
  fold.addEventListener("toggle", () => {
    if (fold.childElementCount === 1) fold.append(filledTable(measure, panel, names));
  });
  return fold;
}

/** @param {Measure} measure @param {Panel} panel @param {string[]} names */
function filledTable(measure, panel, names) {
  const series = measure.id === "runs" ? [] : names;
  const hasNotes = panel.points.some((at) => at !== undefined && measure.note?.(at));
  const heads = [panel.axis.kind === "days" ? "Day" : "Version", "Runs", ...series, ...(hasNotes ? ["Note"] : [])];
  const rows = panel.points.flatMap((at, place) => {
    if (at === undefined) return [];
    const name = panel.axis.name(place);
    const values = measure.values(at, names).slice(0, series.length).map((one) => h("td.num", { "data-value": one }, one === null ? "not known" : measure.format(one)));
    const runs = h("button.quiet", { type: "button", "aria-label": `${plural(value(at, "n"), "run")}: list them`, onclick: () => showRuns(at, panel, name) }, number(value(at, "n")));
    return [h("tr", h("th", { scope: "row" }, isolated(name)), h("td.num", { "data-value": value(at, "n") }, runs), values, hasNotes && h("td", measure.note?.(at)))];
  });
  const caption = `${measure.title}, ${panel.title}`;
  return h("div.table", { tabindex: "0", role: "region", "aria-label": caption }, h("table", h("thead", h("tr", heads.map((head, at) => h("th", { scope: "col", class: at > 0 && head !== "Note" && "num" }, isolated(head))))), h("tbody", rows)));
}
