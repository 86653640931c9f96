// The list of turns: a row for each, lanes for threads as in a graph of commits, the human's prompts as dividers.

const ROW = 46;
const LANE = 11;
const LANES = 6;

/**
 * @typedef {object} ListRow
 * @property {Turn} turn
 * @property {boolean} isPrompt A divider before the turn that answers a prompt.
 * @property {number} lane
 * @property {number} through Lanes with a line through the row, as bits; those that begin and end in it as well.
 * @property {number} above Lanes that come from the row above.
 * @property {number} below Lanes that go on below.
 * @property {number | null} from Lane of the parent, where a sub-agent begins.
 */

class TurnList {
  /** @param {Page} page @param {HTMLElement} root */
  constructor(page, root) {
    this.page = page;
    /** @type {(turn: Turn) => boolean} */
    this.predicate = () => true;
    /** @type {ListRow[]} */
    this.rows = [];
    this.current = 0;
    this.count = h("span", { class: "num", role: "status" });
    this.box = this.filterBox();
    this.start = 0;
    this.length = 1;
    const rows = h("div");
    root.append(h("div", { class: "list-head" }, this.box, this.count), rows);
    this.list = new VirtualList(rows, {
      label: "Turns",
      rowHeight: ROW,
      row: (place) => this.row(this.rows[place]),
      onSelect: (place) => go(`#turn-${this.rows[place].turn.number}`),
    });
    this.refresh();
    page.onUpdate(() => this.refresh());
  }

  /** Make the rows anew; the place in the list stays, except at the end of a list that grows. */
  refresh() {
    const { turns, run, time } = this.page.summary;
    const found = this.box.value.trim() ? filterTurns(this.page.summary, this.box.value) : { turns, errors: [] };
    const shown = found.turns.filter(this.predicate);
    this.box.title = found.errors.join(" ");
    this.box.classList.toggle("bad", found.errors.length > 0);
    this.start = run.started ?? turns[0]?.started ?? 0;
    this.length = Math.max(0.001, time.seconds);
    this.rows = listRows(shown, this.page.threads);
    const counted = plural(turns.length, "turn");
    this.count.textContent = shown.length < turns.length ? `${number(shown.length)} of ${counted}` : counted;
    this.list.set(this.rows.length, this.placeOf(this.current), this.page.live);
  }

  /** Return the field that filters the list, in the words of the search. */
  filterBox() {
    const box = /** @type {HTMLInputElement} */ (h("input", { type: "search", placeholder: "Filter: words, tool:Bash, is:failed …", "aria-label": "Filter the turns", autocomplete: "off", spellcheck: "false" }));
    box.addEventListener("input", () => this.refresh());
    box.addEventListener("keydown", (event) => {
      if (event.key === "Enter" || event.key === "ArrowDown") focusList();
    });
    return box;
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
  follow([name, number, ...rest]) {
    if (name === "turn") this.current = Number(number);
    else if (name === "exchange") this.current = this.page.exchanges.get(Number(number))?.exchange.turns[0] ?? 0;
    this.tail = name === "turn" ? rest[0] : undefined;
    this.list.select(this.placeOf(this.current));
  }

  /** Go some turns on or back; the part of the turn that is open stays. @param {number} step */
  move(step) {
    const turns = this.rows.filter((row) => !row.isPrompt);
    if (!turns.length) return;
    const at = turns.findIndex((row) => row.turn.number === this.current);
    const next = turns[Math.min(turns.length - 1, Math.max(0, at < 0 ? 0 : at + step))];
    go(`#turn-${next.turn.number}${this.tail ? `/${this.tail}` : ""}`);
  }

  /** Go to the next turn that failed. */
  moveToProblem() {
    const bad = this.rows.filter(({ turn, isPrompt }) => !isPrompt && isProblem(turn)).map((row) => row.turn.number);
    if (!bad.length) announce("No turn failed.");
    else go(`#turn-${bad.find((turn) => turn > this.current) ?? bad[0]}`);
  }

  /** @param {ListRow} row @returns {HTMLElement} */
  row(row) {
    return row.isPrompt ? this.promptRow(row.turn) : this.turnRow(row);
  }

  /** @param {Turn} turn */
  promptRow(turn) {
    const text = h("span", { class: "grow" }, `Prompt ${turn.prompt}`);
    promptText(this.page, turn).then(
      (found) => found && text.replaceChildren(isolated(found)),
      () => null,
    );
    const { sessions } = this.page.summary;
    const session = sessions.length > 1 ? `session ${this.page.threads.get(turn.thread)?.session} · ` : "";
    return h("div", { class: "prompt-row" }, text, h("span", { class: "right num" }, session, clock(turn.started).slice(0, 8)));
  }

  /** @param {ListRow} row */
  turnRow(row) {
    const { turn } = row;
    const thread = this.page.threads.get(turn.thread);
    return h(
      "div",
      { class: `turn-row${turn.is_side ? " is-side" : ""}` },
      laneView(row),
      h("span", { class: "turn-number" }, turn.number),
      h(
        "span",
        { class: "lines" },
        h("span", { class: "line" }, h("span", { class: "grow did" }, isolated(turn.did || turn.purpose)), rowState(turn)),
        h(
          "span",
          { class: "line" },
          h("span", { class: "grow" }, rowWords(turn, thread)),
          h("span", { class: "right" }, rowTokens(turn), turn.dollars ? h("span", { class: "cost" }, dollars(turn.dollars)) : null, h("span", {}, tookWords(turn))),
        ),
      ),
      this.waterfall(turn),
    );
  }

  /** Return when the turn ran in the run's time: waiting for the first token lighter. @param {Turn} turn */
  waterfall(turn) {
    const share = (/** @type {number} */ time) => Math.min(1, Math.max(0, (time - this.start) / this.length)) * 100;
    const ended = turn.ended ?? turn.started;
    const first = turn.first_token ?? ended;
    const bar = (/** @type {string} */ name, /** @type {number} */ from, /** @type {number} */ to) => {
      const part = h("i", { class: name });
      part.style.left = `${Math.min(98, share(from))}%`;
      part.style.width = `${share(to) - share(from)}%`;
      return part;
    };
    return h("span", { class: "waterfall", "aria-hidden": "true" }, bar("waits", turn.started, first), first < ended && bar("", first, ended));
  }
}

/** Return whether something went wrong in a turn. @param {Turn} turn */
function isProblem(turn) {
  const failed = turn.status !== null && turn.status >= 400;
  return failed || !turn.complete || Boolean(turn.problem) || turn.tries.length > 0 || turn.tool_calls.some((call) => call.failed);
}

/** @param {Turn} turn @param {Thread} [thread] */
function rowWords(turn, thread) {
  const agent = thread?.is_sub_agent ? `${thread.agent ?? "sub-agent"} · ` : "";
  return isolated(`${agent}${turn.is_side ? `${turn.purpose} · ` : ""}${turn.model ?? turn.path}`);
}

/** Return how long something took; nothing where the record does not say. @param {{started: number, ended: number | null}} times */
function tookWords({ started, ended }) {
  return ended === null || ended === started ? "" : seconds(ended - started);
}

/** @param {Turn} turn */
function rowTokens({ tokens }) {
  return tokens && (tokens.input !== null || tokens.output !== null) ? h("span", {}, `${compact(tokens.input)} → ${compact(tokens.output)}`) : null;
}

/** Return what a reader must see at once of how a turn went. @param {Turn} turn */
function rowState(turn) {
  const failedCalls = turn.tool_calls.filter((call) => call.failed).length;
  return [
    turn.tries.length ? h("span", { class: "badge warn" }, plural(turn.tries.length, "failed try", "failed tries")) : null,
    turn.status !== null && turn.status >= 400 ? h("span", { class: "badge bad" }, turn.status) : null,
    (turn.status === null || turn.status < 400) && (turn.problem || !turn.complete)
      ? h("span", { class: "badge bad" }, turn.problem ? "error" : turn.ended === null && !turn.problem ? "no answer" : "cut short")
      : null,
    failedCalls ? h("span", { class: "badge bad" }, failedCalls === 1 ? "tool failed" : `${failedCalls} tools failed`) : null,
    turn.incomplete ? h("span", { class: "badge warn" }, isolated(turn.incomplete)) : null,
  ];
}

/** Return a count in few characters: 812, 12.3K, 1.2M. @param {number | null | undefined} count */
function compact(count) {
  if (count === null || count === undefined) return "?";
  if (count < 1000) return String(count);
  const [value, unit] = count < 999_950 ? [count / 1000, "K"] : [count / 1_000_000, "M"];
  return `${value < 100 ? value.toFixed(1) : Math.round(value)}${unit}`;
}

/** Return the beginning of what the human asked in the turn that begins a prompt. @param {Page} page @param {Turn} turn */
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
  /** @type {Map<number, number>} */
  const lanes = new Map();
  /** @type {Map<number, number | null>} */
  const prompts = new Map();
  let taken = 0;
  /** @type {ListRow[]} */
  const rows = [];
  turns.forEach((turn, place) => {
    const above = taken;
    const isFirst = !lanes.has(turn.thread);
    const isPrompt = turn.prompt !== null && !turn.is_side && !threads.get(turn.thread)?.is_sub_agent && prompts.get(turn.thread) !== turn.prompt;
    if (!turn.is_side) prompts.set(turn.thread, turn.prompt);
    if (isPrompt) rows.push({ turn, isPrompt, lane: 0, through: 0, above: 0, below: 0, from: null });
    let lane = lanes.get(turn.thread);
    if (lane === undefined) {
      lane = freeLane(taken);
      lanes.set(turn.thread, lane);
      taken |= 1 << lane;
    }
    if (last.get(turn.thread) === place) taken &= ~(1 << lane);
    const parent = threads.get(turn.thread)?.parent ?? null;
    const from = isFirst && parent !== null ? (lanes.get(parent) ?? null) : null;
    rows.push({ turn, isPrompt: false, lane, through: above | taken | (1 << lane), above, below: taken, from: from === lane ? null : from });
  });
  return rows;
}

/** @param {number} taken */
function freeLane(taken) {
  let lane = 0;
  while (lane < LANES - 1 && taken & (1 << lane)) lane += 1;
  return lane;
}

const LANE_KINDS = ["user", "tool_calls", "reasoning", "injected", "instructions", "media"];

/** Return the lanes of a row: lines of threads that go on, and the dot of the turn. @param {ListRow} row */
function laneView({ turn, lane, above, below, from }) {
  const widest = 32 - Math.clz32(above | below | (1 << lane));
  const width = widest * LANE + 6;
  const x = (/** @type {number} */ one) => 9 + one * LANE;
  const color = (/** @type {number} */ one) => `var(--k-${LANE_KINDS[one % LANE_KINDS.length]})`;
  const parts = [];
  for (let one = 0; one < widest; one += 1) {
    const [begins, ends] = [above & (1 << one), below & (1 << one)];
    if (!begins && !ends) continue;
    parts.push(svg("line", { x1: x(one), x2: x(one), y1: begins ? 0 : ROW / 2, y2: ends ? ROW : ROW / 2, stroke: color(one), "stroke-width": 2 }));
  }
  if (from !== null) parts.push(svg("path", { d: `M${x(from)} 0 C${x(from)} ${ROW / 2} ${x(lane)} 0 ${x(lane)} ${ROW / 2}`, fill: "none", stroke: color(lane), "stroke-width": 2 }));
  const bad = turn.status !== null && turn.status >= 400;
  const fill = bad ? "var(--bad)" : turn.is_side ? "var(--bg)" : color(lane);
  parts.push(svg("circle", { cx: x(lane), cy: ROW / 2, r: turn.is_side ? 3.5 : 4.5, fill, stroke: bad ? "var(--bad)" : color(lane), "stroke-width": 2 }));
  return svg("svg", { class: "lanes", width, height: ROW, "aria-hidden": "true" }, parts);
}

addView({
  name: "turns",
  tab: "Turns",
  key: "t",
  show(root, _path, page) {
    const first = page.summary.turns[0];
    if (first) return VIEWS.turn.show(root, ["turn", String(page.list?.current || first.number)], page);
    root.append(h("p", { class: "wait" }, page.live ? "No turn has begun yet." : "This run has no turn: no call of a model was recorded."));
  },
});
