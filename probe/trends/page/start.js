// Draws the page, and draws it anew for each choice.

/** @param {Measure} measure @param {Panel[]} panels */
function measureSection(measure, panels) {
  const points = panels.flatMap((panel) => panel.points.filter((at) => at !== undefined));
  const names = measure.series ?? measure.names?.(points) ?? [];
  const isColumns = measure.kind === "columns";
  // One scale for all panels, so that they can be compared.
  const most = points.reduce((highest, at) => {
    const values = measure.values(at, names).map((one) => one ?? 0);
    return Math.max(highest, isColumns ? values.reduce((sum, one) => sum + one, 0) : Math.max(...values));
  }, 0);
  const legend = names.length > 1 || (isColumns && measure.names !== undefined && measure.id !== "runs") ? h("ul.legend", names.map((name, series) => h("li", h(`span.swatch.${measure.kind}.s${series}`), isolated(name)))) : null;
  const isEmpty = isColumns && !names.length;
  const charts = panels.map((panel) => h("div.panel", h("h3", isolated(panel.title)), chart(measure, panel, isEmpty ? ["none"] : names, most), tableOf(measure, panel, names)));
  return h("section.measure", { id: measure.id }, h("h2", measure.title), h("p.dim", measure.about), legend, h("div.panels", charts));
}

/** @param {Choice} choice */
function show(choice) {
  keepInAddress(choice);
  fillControls(choice, show);
  const panels = panelsOf(choice);
  const shown = panels.slice(0, PANELS);
  byId("charts").classList.toggle("single", shown.length === 1);
  byId("charts").replaceChildren(...missingWords(choice, panels.length), ...MEASURES.map((measure) => measureSection(measure, shown)));
}

/** Show what a choice leaves out. @param {Choice} choice @param {number} count */
function missingWords({ over, versions, period }, count) {
  const from = trends.about.by_version_from;
  const isByVersion = over === "days" && [...versions.values()].some((one) => one.length);
  return [
    count > PANELS && `The first ${PANELS} of ${count} charts are shown: choose fewer versions.`,
    count === 0 && `No run has a known day in ${periodName(period)}.`,
    isByVersion && from && from > (trends.about.first_day ?? "") && `A version's own days begin on ${from}: before, the page has its days only together with the other versions.`,
  ].filter((one) => typeof one === "string").map((text) => h("p.remark", text));
}

function showAbout() {
  const { about, limits, targets, tables, generated_at: made } = trends;
  const left = about.runs - about.shown;
  const days = about.first_day && `, ${about.first_day} to ${about.last_day} (UTC)`;
  byId("about").replaceChildren(
    h("p", h("b", `${plural(about.shown, "run")} of ${plural(targets.length, "target")}`), days, `. `, about.replays ? `${plural(about.replays, "replay")} left out. ` : "No replays among them. ",
      left ? `${plural(left, "older run")} beyond the newest ${limits.days} days, ${limits.versions} versions of a target or ${limits.targets} targets left out. ` : "",
      about.undated ? `${plural(about.undated, "run")} without a known day: only over versions and all days. ` : "", `From ${tables}. Page made ${made}.`),
    h("p.dim", `A day or version without runs is a gap. Hollow or pale: fewer than ${FEW} runs, so one run may decide. A chart shows what happened, not why: prompts and machines differ from run to run. Point at a chart, or use its arrow keys, to read it; a click or Enter lists the runs behind a point.`),
  );
}

function openTables() {
  const folds = [.../** @type {NodeListOf<HTMLDetailsElement>} */ (document.querySelectorAll("details.fold"))];
  const isOpening = folds.some((one) => !one.open);
  for (const one of folds) one.open = isOpening;
  byId("tables").textContent = isOpening ? "Close all tables" : "Open all tables";
}

async function start() {
  takeNumbers(await unpackedJson(document.getElementById("numbers")?.textContent ?? ""));
  byId("tables").addEventListener("click", openTables);
  byId("theme").addEventListener("click", switchTheme);
  byId("controls").addEventListener("submit", (event) => event.preventDefault());
  showTheme();
  showAbout();
  show(choiceOfAddress());
  window.addEventListener("hashchange", () => show(choiceOfAddress()));
}

start().catch((error) => {
  byId("about").textContent = `This page cannot be shown: ${error.message}. It needs a browser of 2023 or later, and all of its file.`;
});
