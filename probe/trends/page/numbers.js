// The numbers of the page: points by what they are of, runs behind a point, periods of days.

/** @type {Trends} */
let trends;
/** @type {Map<string, number>} */
let places;
/** @type {Map<number, Map<string, {calls: number, failed: number, count: number}>>[]} */
let amounts;

const DAY = 86_400_000;

/** @param {Trends} found */
function takeNumbers(found) {
  trends = found;
  const { target, version, kind, period } = found.points;
  places = new Map(target.map((one, at) => [placeKey(one, version[at], kind[at], period[at]), at]));
  amounts = [found.tools, found.errors].map(byPoint);
}

/** @param {number} target @param {number} version @param {string} kind @param {string} period */
function placeKey(target, version, kind, period) {
  return `${target} ${version} ${kind} ${period}`;
}

/** Return amounts by point, then by name. @param {NamedAmounts} found */
function byPoint({ names, point, name, calls, failed, count }) {
  const found = new Map();
  point.forEach((at, row) => {
    if (!found.has(at)) found.set(at, new Map());
    found.get(at).set(names[name[row]], { calls: calls?.[row] ?? 0, failed: failed?.[row] ?? 0, count: count?.[row] ?? 0 });
  });
  return found;
}

/** Return a point, if there are runs. @param {number} target @param {number} version -1 for all together @param {string} kind @param {string} period */
function pointOf(target, version, kind, period) {
  return places.get(placeKey(target, version, kind, period));
}

/** @param {number} at @param {string} name @returns {any} */
const value = (at, name) => trends.points[name][at];

/** @param {string} period */
const kindOf = (period) => (period === "" ? "all" : period.length === 7 ? "month" : "recent");

/** @param {string} day */
const dayNumber = (day) => Date.parse(day) / DAY;

/** @param {number} day */
const dayName = (day) => new Date(day * DAY).toISOString().slice(0, 10);

/** Check whether a day is in a period: all, a month, a day, or the newest 7 or 30 days. @param {string | null} day @param {string} period */
function inPeriod(day, period) {
  if (period === "" || day === null) return period === "";
  return period.length > 2 ? day.startsWith(period) : dayNumber(day) > dayNumber(trends.about.last_day ?? "") - Number(period);
}

/** @param {string} period */
function periodName(period) {
  return period === "" ? "all days" : period.length > 2 ? period : `the last ${period} days`;
}

/** Return the names of the runs behind a point, as commands take them, newest first; the oldest runs may be unnamed. @param {number} at */
function runsOf(at) {
  const { target, version, day, name } = trends.runs;
  const [ofTarget, ofVersion, period] = [value(at, "target"), value(at, "version"), value(at, "period")];
  const found = name.map((_, row) => row).filter((row) => target[row] === ofTarget && (ofVersion < 0 || version[row] === ofVersion) && inPeriod(day[row], period));
  return found.map((row) => `${trends.targets[ofTarget].name}/${name[row]}`);
}

/** Return the names of a target's versions, without the words that all begin with. @param {number} target */
function shortVersions(target) {
  const words = trends.targets[target].versions.map((name) => name.split(" "));
  let same = 0;
  while (words.every((one) => one.length > same + 1 && one[same] === words[0][same])) same += 1;
  return words.map((one) => one.slice(same).join(" "));
}
