// The panels of a choice: each has the points of a target or of a version, along days or along versions.

/** Panels that are shown at most. */
const PANELS = 24;
/** Places that an axis has at least, so that one point does not fill it. */
const [LEAST_DAYS, LEAST_VERSIONS] = [7, 4];

/** @param {Choice} choice @returns {Panel[]} */
function panelsOf(choice) {
  return choice.over === "days" ? dayPanels(choice) : choice.targets.map((target) => versionPanel(target, choice));
}

/** Return what of a target is shown: its chosen versions, each on its own, or all together. @param {Choice} choice */
function shownParts({ targets, versions }) {
  return targets.flatMap((target) => {
    const chosen = versions.get(target) ?? [];
    return (chosen.length ? chosen : [-1]).map((version) => ({ target, version }));
  });
}

/** @param {Choice} choice @returns {Panel[]} */
function dayPanels(choice) {
  const days = [...new Set(trends.points.period.filter((_, at) => value(at, "kind") === "day"))].filter((day) => inPeriod(day, choice.period)).map(dayNumber);
  if (!days.length) return [];
  const last = days.reduce((one, other) => Math.max(one, other));
  const first = days.reduce((one, other) => Math.min(one, other), last - LEAST_DAYS + 1);
  const count = last - first + 1;
  const every = Math.max(1, Math.ceil(count / 6));
  /** @type {Axis} */
  const axis = {
    kind: "days", count,
    name: (place) => dayName(first + place),
    ticks: Array.from({ length: count }, (_, place) => place).filter((place) => place % every === 0),
    tick: (place) => dayName(first + place).slice(...(count > 300 ? [0, 7] : [5, 10])),
  };
  return shownParts(choice).map(({ target, version }) => {
    const { name, versions } = trends.targets[target];
    const points = Array.from({ length: count }, (_, place) => pointOf(target, version, "day", dayName(first + place)));
    return { title: version < 0 ? name : `${name}: ${versions[version]}`, target, axis, points };
  });
}

/** @param {number} target @param {Choice} choice @returns {Panel} */
function versionPanel(target, { versions: chosen, period }) {
  const { name, versions } = trends.targets[target];
  const short = shortVersions(target);
  const wanted = chosen.get(target) ?? [];
  const all = versions.map((_, version) => version);
  const points = all.map((version) => pointOf(target, version, kindOf(period), period));
  // A version without runs in these days has a place only where it was asked for.
  const shown = all.filter((version) => (wanted.length ? wanted.includes(version) : points[version] !== undefined));
  const every = Math.max(1, Math.ceil(shown.length / 6));
  return {
    title: name, target,
    points: shown.map((version) => points[version]),
    axis: {
      kind: "versions", count: Math.max(shown.length, LEAST_VERSIONS),
      name: (place) => versions[shown[place]],
      ticks: shown.map((_, place) => place).filter((place) => place % every === 0),
      tick: (place) => short[shown[place]],
    },
  };
}
