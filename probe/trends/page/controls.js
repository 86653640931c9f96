// What the reader chose: targets, versions, days. It is in the address, so that a link leads to the same charts.

/** @returns {Choice} */
function choiceOfAddress() {
  const words = new URLSearchParams(location.hash.slice(1));
  const targets = trends.targets.map((_, target) => target);
  const chosen = targets.filter((target) => words.getAll("target").includes(trends.targets[target].name));
  const named = (/** @type {number} */ target) => trends.targets[target].versions.flatMap((name, version) => (words.getAll("version").includes(`${trends.targets[target].name}/${name}`) ? [version] : []));
  return {
    over: words.get("over") === "versions" ? "versions" : "days",
    targets: chosen.length ? chosen : targets.slice(0, 4),
    versions: new Map(targets.map((target) => [target, named(target)])),
    period: periods().includes(words.get("days") ?? "") ? words.get("days") ?? "" : "",
  };
}

/** @param {Choice} choice */
function keepInAddress({ over, targets, versions, period }) {
  const words = new URLSearchParams({ over });
  for (const target of targets) words.append("target", trends.targets[target].name);
  for (const [target, chosen] of versions) for (const version of chosen) words.append("version", `${trends.targets[target].name}/${trends.targets[target].versions[version]}`);
  if (period) words.set("days", period);
  history.replaceState(null, "", `#${words}`);
}

/** Return the periods that can be chosen, months from the newest. */
function periods() {
  const of = (/** @type {string} */ kind) => [...new Set(trends.points.period.filter((_, at) => value(at, "kind") === kind))].sort();
  return ["", ...of("recent"), ...of("month").reverse()];
}

/** Fill the controls; `changed` is called with each new choice. @param {Choice} choice @param {(choice: Choice) => void} changed */
function fillControls(choice, changed) {
  const change = (/** @type {Partial<Choice>} */ part) => changed({ ...choice, ...part });
  const over = /** @type {const} */ (["days", "versions"]).map((name) => labelled("radio", "over", name, choice.over === name, () => change({ over: name })));
  const days = h("select", { id: "days", onchange: (/** @type {any} */ event) => change({ period: event.target.value }) }, periods().map((one) => h("option", { value: one, selected: one === choice.period }, periodName(one))));
  const controls = byId("controls");
  const opened = new Set([...controls.querySelectorAll("details[open]")].map(({ id }) => id));
  const focused = document.activeElement?.id;
  controls.replaceChildren(
    h("fieldset", h("legend", "Over"), over),
    h("label", "Days ", days),
    trends.targets.length > 1 ? fold("targets", `Targets: ${choice.targets.length} of ${trends.targets.length}`, targetBoxes(choice, change), opened) : "",
    fold("versions", `Versions: ${versionWords(choice)}`, choice.targets.map((target) => versionBoxes(target, choice, change)), opened),
  );
  if (focused) document.getElementById(focused)?.focus();
}

/** @param {Choice} choice */
function versionWords({ over, targets, versions }) {
  const count = targets.reduce((sum, target) => sum + (versions.get(target)?.length ?? 0), 0);
  return count ? `${count} chosen` : over === "days" ? "all together" : "all";
}

/** @param {Choice} choice @param {(part: Partial<Choice>) => void} change */
function targetBoxes({ targets }, change) {
  return trends.targets.map(({ name }, target) => labelled("checkbox", `target-${target}`, name, targets.includes(target), (isOn) => {
    const wanted = trends.targets.map((_, one) => one).filter((one) => (one === target ? isOn : targets.includes(one)));
    change({ targets: wanted.length ? wanted : [target] });
  }));
}

/** @param {number} target @param {Choice} choice @param {(part: Partial<Choice>) => void} change */
function versionBoxes(target, { versions }, change) {
  const { name, versions: names } = trends.targets[target];
  const chosen = versions.get(target) ?? [];
  const set = (/** @type {number[]} */ wanted) => change({ versions: new Map([...versions, [target, wanted]]) });
  const boxes = names.map((label, version) => labelled("checkbox", `version-${target}-${version}`, label, chosen.includes(version), (isOn) => set(names.map((_, one) => one).filter((one) => (one === version ? isOn : chosen.includes(one))))));
  return h("fieldset", h("legend", isolated(name)), boxes.reverse(), h("button.quiet", { type: "button", id: `none-${target}`, onclick: () => set([]) }, "Choose none: all together"));
}

/** @param {string} type @param {string} name @param {string} text @param {boolean} isOn @param {(isOn: boolean) => void} set */
function labelled(type, name, text, isOn, set) {
  const id = type === "radio" ? `${name}-${text}` : name;
  return h("label", h("input", { type, name, id, checked: isOn, onchange: (/** @type {any} */ event) => set(event.target.checked) }), isolated(text));
}

/** @param {string} id @param {string} title @param {any} content @param {Set<string>} opened */
function fold(id, title, content, opened) {
  return h("details", { id, open: opened.has(id) }, h("summary", { id: `${id}-summary` }, title), h("div.boxes", content));
}
