// The list of turns: a row for each, lanes for threads as in a graph of commits, the human's prompts as dividers.

/** Sizes in pixels, and the most lanes side by side. */
const [ROW, LANE, LANES] = [46, 11, 6];

class TurnList {
  /** @param {Page} page @param {HTMLElement} root */
  constructor(page, root) {
    this.page = page;
    /** @type {(turn: Turn) => boolean} */
    this.predicate = () => true;
    /** @type {ListRow[]} */
    this.rows = [];
    this.current = 0;
    this.tail = "";
    /** @type {Map<number, string>} What the human asked, by the turn that answers it. */
    this.prompts = new Map();
    this.count = h("span.num", { role: "status" });
    this.box = /** @type {HTMLInputElement} */ (h("input", { type: "search", placeholder: "Filter: words, tool:Bash, is:failed …", "aria-label": "Filter the turns", autocomplete: "off", spellcheck: "false" }));
    this.box.addEventListener("input", () => this.refresh());
    this.box.addEventListener("keydown", ({ key }) => ["Enter", "ArrowDown"].includes(key) && focusList());
    const rows = h("div");
    root.append(h("div.list-head", this.box, this.count), rows);
    this.list = new VirtualList(rows, "Turns", ROW, (place) => this.row(this.rows[place]), (place) => go(`#turn-${this.rows[place].turn.number}`));
    this.refresh();
    page.onUpdate(() => this.refresh());
  }

  /** Make the rows anew; the place in the list stays, except at the end of a list that grows. */
  refresh() {
    const { summary, live, threads } = this.page;
    const { turns, errors } = this.box.value.trim() ? filterTurns(summary, this.box.value) : { turns: summary.turns, errors: [] };
    const shown = turns.filter(this.predicate);
    this.rows = listRows(shown, threads);
    this.box.title = errors.join(" ");
    this.box.classList.toggle("bad", errors.length > 0);
    this.count.textContent = shown.length < summary.turns.length ? `${number(shown.length)} of ${number(summary.turns.length)}` : "";
    this.list.set(this.rows.length, this.placeOf(this.current), live);
  }

  /** Show only some turns. @param {(turn: Turn) => boolean} predicate */
  filterTurns(predicate) {
    this.predicate = predicate;
    this.refresh();
  }

  /** @param {number} turn */
  placeOf(turn) {
    return this.rows.findIndex((row) => !row.isPrompt && row.turn.number === turn);
  }

  /** Select the row of what an address names. @param {string[]} path */
  follow([name, wanted, tail = ""]) {
    if (name === "turn") this.current = Number(wanted);
    if (name === "exchange") this.current = this.page.exchanges.get(Number(wanted))?.turns[0] ?? 0;
    this.tail = name === "turn" ? tail : "";
    this.list.select(this.placeOf(this.current));
  }

  /** Go some turns on or back; the part of the turn that is open stays. @param {number} step */
  move(step) {
    const turns = this.rows.filter((row) => !row.isPrompt);
    const at = turns.findIndex((row) => row.turn.number === this.current);
    const next = turns[Math.min(turns.length - 1, Math.max(0, at < 0 ? 0 : at + step))];
    if (next) go(`#turn-${next.turn.number}${this.tail ? `/${this.tail}` : ""}`);
  }

  /** Go to the next turn in which something went wrong. */
  moveToProblem() {
    const bad = this.rows.filter(({ turn, isPrompt }) => !isPrompt && rowState(turn).some(Boolean)).map((row) => row.turn.number);
    if (bad.length) go(`#turn-${bad.find((turn) => turn > this.current) ?? bad[0]}`);
    else announce("Nothing went wrong in these turns.");
  }

  /** @param {ListRow} row @returns {HTMLElement} */
  row(row) {
    const { turn } = row;
    if (row.isPrompt) return this.promptRow(turn);
    const thread = this.page.threads.get(turn.thread);
    const who = [thread?.is_sub_agent ? (thread.agent ?? "sub-agent") : "", turn.is_side ? turn.purpose : "", turn.model ?? turn.path].filter(Boolean).join(" · ");
    const { input = null, output = null } = turn.tokens ?? {};
    const tokens = input === null && output === null ? null : h("span", `${compact(input)} → ${compact(output)}`);
    const facts = h("span.right", tokens, turn.dollars ? h("span.cost", dollars(turn.dollars)) : null, h("span", tookWords(turn)));
    const lines = [h("span.line", h("span.grow.did", isolated(didWords(turn))), rowState(turn)), h("span.line", h("span.grow", isolated(who)), facts)];
    return h(turn.is_side ? "div.turn-row.is-side" : "div.turn-row", laneView(row), h("span.turn-number", turn.number), h("span.lines", lines), this.waterfall(turn));
  }

  /** @param {Turn} turn */
  promptRow(turn) {
    const { sessions } = this.page.summary;
    const session = sessions.length > 1 ? `session ${this.page.threads.get(turn.thread)?.session} · ` : "";
    const known = this.prompts.get(turn.number);
    const text = h("span.grow", known ? isolated(known) : `Prompt ${turn.prompt}`);
    if (!known) {
      promptText(this.page, turn).then((found) => {
        if (!found) return;
        this.prompts.set(turn.number, found);
        text.replaceChildren(isolated(found));
      });
    }
    return h("div.prompt-row", text, h("span.right.num", session, clock(turn.started).slice(0, 8)));
  }

  /** Return when the turn ran in the run's time: waiting for the first token lighter. @param {Turn} turn */
  waterfall({ started, first_token: first, ended }) {
    const { run, time } = this.page.summary;
    /** @param {string} tag @param {number} from @param {number} to */
    const bar = (tag, from, to) => {
      const part = h(tag);
      const left = ((from - (run.started ?? started)) / (time.seconds || 1)) * 100;
      part.style.left = `${Math.min(98, left)}%`;
      part.style.width = `${Math.min(100 - left, ((to - from) / (time.seconds || 1)) * 100)}%`;
      return part;
    };
    const end = ended ?? started;
    return h("span.waterfall", { "aria-hidden": "true" }, bar("i.waits", started, first ?? end), first === null ? null : bar("i", first, end));
  }
}

/** Return what a turn did, without the Markdown of what was said. @param {Turn} turn */
function didWords({ did, purpose, tool_calls: calls }) {
  return (calls.length ? did : did.replace(/\*\*|`/g, "")) || purpose;
}

/** Return how long something took; nothing where the record does not say. @param {{started: number, ended: number | null}} times */
function tookWords({ started, ended }) {
  return ended === null || ended === started ? "" : seconds(ended - started);
}

/** Return badges for what a reader must see at once of how a turn went. @param {Turn} turn */
function rowState({ status, problem, complete, ended, tries, tool_calls: calls, incomplete }) {
  const failed = calls.filter((call) => call.failed).length;
  const isRefused = status !== null && status >= 400;
  const fault = isRefused ? status : problem ? "error" : complete ? null : ended === null ? "no answer" : "cut short";
  return [
    tries.length ? h("span.badge.warn", plural(tries.length, "failed try", "failed tries")) : null,
    fault ? h("span.badge.bad", fault) : null,
    failed ? h("span.badge.bad", failed === 1 ? "tool failed" : `${failed} tools failed`) : null,
    incomplete ? h("span.badge.warn", isolated(incomplete)) : null,
  ];
}

/** Return a count in few characters: 812, 12.3K, 1.2M. @param {number | null | undefined} count */
function compact(count) {
  if (count === null || count === undefined) return "?";
  if (count < 1000) return String(count);
  const [value, unit] = count < 999_950 ? [count / 1000, "K"] : [count / 1_000_000, "M"];
  return `${value < 100 ? value.toFixed(1) : Math.round(value)}${unit}`;
}

/** Return what the human asked in the turn that begins a prompt. @param {Page} page @param {Turn} turn */
async function promptText(page, turn) {
  const { items } = await page.index();
  const asked = (await newItems(page, turn)).map((item) => items[item]).findLast((facts) => facts.origins.includes("human"));
  if (!asked) return null;
  const [message] = await page.store.json(asked.blocks);
  const texts = message.content.filter((/** @type {Block} */ { block }) => block === "Text");
  return texts[asked.origins.indexOf("human")]?.text.slice(0, 300).trim();
}

/** Return the rows of a list, with the lanes of their threads. @param {Turn[]} turns @param {Map<number, Thread>} threads */
function listRows(turns, threads) {
  const last = new Map(turns.map((turn, place) => [turn.thread, place]));
  const lanes = /** @type {Map<number, number>} */ (new Map());
  const prompts = new Map();
  const rows = /** @type {ListRow[]} */ ([]);
  let taken = 0;
  turns.forEach((turn, place) => {
    const { thread, prompt, is_side: isSide } = turn;
    const parent = threads.get(thread)?.parent ?? 0;
    const above = taken;
    const isFirst = !lanes.has(thread);
    if (isFirst) lanes.set(thread, freeLane(taken));
    const lane = lanes.get(thread) ?? 0;
    if (last.get(thread) === place) taken &= ~(1 << lane);
    else taken |= 1 << lane;
    const row = { turn, isPrompt: false, lane, above, below: taken, from: isFirst ? lanes.get(parent) : undefined };
    if (!isSide && prompt !== null && !threads.get(thread)?.is_sub_agent && prompts.get(thread) !== prompt) rows.push({ ...row, isPrompt: true });
    if (!isSide) prompts.set(thread, prompt);
    rows.push(row);
  });
  return rows;
}

/** @param {number} taken */
function freeLane(taken) {
  let lane = 0;
  while (lane < LANES - 1 && taken & (1 << lane)) lane += 1;
  return lane;
}

const LANE_COLORS = ["user", "tool_calls", "reasoning", "injected", "instructions", "media"];

/** Return the lanes of a row: lines of threads that go on, and the dot of the turn. @param {ListRow} row */
function laneView({ turn, lane, above, below, from }) {
  const count = 32 - Math.clz32(above | below | (1 << lane));
  /** @param {number} one */
  const x = (one) => 9 + one * LANE;
  /** @param {string} tag @param {number} one @param {Record<string, any>} more */
  const stroke = (tag, one, more) => svg(tag, { stroke: `var(--k-${LANE_COLORS[one]})`, "stroke-width": 2, ...more });
  const lines = Array.from({ length: count }, (_, one) => {
    const [begins, ends] = [above & (1 << one), below & (1 << one)];
    return begins || ends ? stroke("line", one, { x1: x(one), x2: x(one), y1: begins ? 0 : ROW / 2, y2: ends ? ROW : ROW / 2 }) : null;
  });
  const branch = from === undefined || from === lane ? null : stroke("path", lane, { d: `M${x(from)} 0 C${x(from)} ${ROW / 2} ${x(lane)} 0 ${x(lane)} ${ROW / 2}`, fill: "none" });
  const dot = stroke("circle", lane, { cx: x(lane), cy: ROW / 2, r: 4, fill: turn.is_side ? "var(--bg)" : `var(--k-${LANE_COLORS[lane]})` });
  return svg("svg", { class: "lanes", width: x(count) - 3, height: ROW, "aria-hidden": "true" }, lines, branch, dot);
}

addView({
  name: "turns",
  tab: "Turns",
  key: "t",
  show(root, _path, page) {
    const shown = page.list?.current || page.summary.turns[0]?.number;
    if (shown) {
      page.list?.follow(["turn", String(shown)]);
      return VIEWS.turn.show(root, ["turn", String(shown)], page);
    }
    root.append(h("p.wait", page.live ? "No turn has begun yet." : "This run has no turn: no call of a model was recorded."));
  },
});
