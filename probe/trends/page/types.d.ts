// What the page is made of: probe/trends/data.py, packed by probe/trends/page.py. Each column is a list; a point is a place in them.

interface Trends {
  generated_at: string;
  tables: string;
  view: string;
  about: TrendsAbout;
  limits: { days: number; versions: number; targets: number };
  targets: { name: string; versions: string[] }[];
  points: Record<string, any[]>;
  tools: NamedAmounts;
  errors: NamedAmounts;
  runs: { target: number[]; version: number[]; day: (string | null)[]; name: string[] };
}

interface TrendsAbout {
  replays: number;
  runs: number;
  undated: number;
  shown: number;
  by_version_from: string | null;
  first_day: string | null;
  last_day: string | null;
}

interface NamedAmounts {
  names: string[];
  point: number[];
  name: number[];
  calls?: number[];
  failed?: number[];
  count?: number[];
}

/** What a chart shows of its points. */
interface Measure {
  id: string;
  title: string;
  about: string;
  kind: "lines" | "columns";
  format: (value: number) => string;
  /** Words at the chart's axis, where they are shorter. */
  axis?: (value: number) => string;
  /** Names of the series; of columns, whose names are in the numbers, nothing. */
  series?: string[];
  /** Values of the series; null where nothing is known. */
  values: (at: number, names: string[]) => (number | null)[];
  /** Names of the columns, the largest first. */
  names?: (points: number[]) => string[];
  /** What a reader of the numbers should know. */
  note?: (at: number) => string;
}

/** The places along a chart: days or versions. */
interface Axis {
  kind: "days" | "versions";
  count: number;
  name: (place: number) => string;
  ticks: number[];
  tick: (place: number) => string;
}

/** One chart of each measure: a target, or a version of it. */
interface Panel {
  title: string;
  target: number;
  axis: Axis;
  /** The point at each place; undefined where there is no run. */
  points: (number | undefined)[];
}

interface Choice {
  over: "days" | "versions";
  targets: number[];
  /** Of each target; none are all versions together. */
  versions: Map<number, number[]>;
  period: string;
}
