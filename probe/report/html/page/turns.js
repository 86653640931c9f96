// The list of turns: a row for each, lanes for threads as in a graph of commits, the human's prompts as dividers.

/** Sizes in pixels, and the most lanes side by side. */
const [ROW, LANE, LANES] = [46, 11, 6];

class TurnList {
  /** @type {ListRow[]} */
  rows = [];
  current = 0;
  tail = "";
  /** @type {Map<number, string>} What the human asked, by the turn that answers it. */
  prompts = new Map();
  said = h("div.list-said", { role: "status" });

  /** @param {HTMLElement} root */
  constructor(root) {
    this.box = /** @type {HTMLInputElement} */ (h("input", {
      type: "search", placeholder: "Filter or number: tool:Bash, is:failed, 250", "aria-label": "Filter the turns", spellcheck: "false",
      title: "Words look at titles and texts of turns; Search looks at everything",
      oninput: () => this.refresh(), onkeydown: (/** @type {KeyboardEvent} */ event) => this.key(event),
    }));
    this.list = new VirtualList("Turns", ROW, (place) => this.row(this.rows[place]), (place) => go(`#turn-${this.rows[place].turn.number}`));
    root.append(h("div.list-head", this.box, this.said), this.list.root);
    this.refresh();
    page.onUpdate(() => this.refresh());
  }

  /** @param {KeyboardEvent} event */
  key({ key }) {
    const wanted = Number(/^#?(?:turn:)?(\d+)$/.exec(this.box.value.trim())?.[1]);
    if (key === "Escape" || (key === "Enter" && page.turns.has(wanted))) this.clear();
    if (key === "Enter") go(`#turn-${page.turns.has(wanted) ? wanted : (this.rows[0]?.turn.number ?? this.current)}`);
    if (["Escape", "Enter", "ArrowDown"].includes(key)) focusList();
  }

  clear() {
    this.box.value = "";
    this.refresh();
  }

  /** Make the rows anew; the place in the list stays, except at the end of a list that grows. */
  refresh() {
    const { summary, live, threads } = page;
    const text = this.box.value.trim();
    const isNumber = /^#?\d+$/.test(text);
    const { turns, errors } = text && !isNumber ? filterTurns(summary, text) : { turns: summary.turns, errors: [] };
    this.rows = listRows(turns, threads);
    const clear = h("button", { type: "button", onclick: () => this.clear() }, `Show all ${number(summary.turns.length)}`);
    const search = h("a", { href: `#search/${encodeURIComponent(text)}` }, "search everything");
    const words = errors.length ? h("b.warn", errors.join(" ")) : turns.length ? `${number(turns.length)} of ${number(summary.turns.length)}` : "No turn matches.";
    this.said.replaceChildren(...(isNumber ? ["Enter opens this turn"] : text ? [h("span", words), search, clear] : []));
    this.list.set(this.rows.length, this.placeOf(this.current), live);
  }

  /** @param {number} turn */
  placeOf(turn) {
    return this.rows.findIndex((row) => !row.isPrompt && row.turn.number === turn);
  }

  /** Select the row of a turn. @param {number} turn @param {string} [tail] The part of it that is open. */
  select(turn, tail = "") {
    [this.current, this.tail] = [turn, tail];
    if (this.placeOf(turn) < 0 && this.box.value && page.turns.has(turn)) this.clear();
    this.list.select(this.placeOf(turn));
  }

  /** Go to another turn of the list; the part of the turn that is open stays. @param {number} step @param {(turn: Turn) => boolean} [test] */
  move(step, test = () => true) {
    const turns = this.rows.flatMap(({ turn, isPrompt }) => (isPrompt || !test(turn) ? [] : [turn.number]));
    const next = step > 0 ? turns.find((turn) => turn > this.current) : turns.findLast((turn) => turn < this.current);
    if (next) go(`#turn-${next}${this.tail ? `/${this.tail}` : ""}`);
    else announce("There is no further turn of this kind in the list.");
  }

  /** @param {ListRow} row @returns {HTMLElement} */
  row(row) {
    const { turn } = row;
    if (row.isPrompt) return this.promptRow(turn);
    const thread = page.threads.get(turn.thread);
    const who = [thread?.is_sub_agent ? (thread.kind ?? thread.agent ?? "sub-agent") : "", turn.is_side ? turn.purpose : "", page.summary.models.length > 1 || !turn.model ? (turn.model ?? turn.path) : ""];
    const facts = [turn.tokens && `${compact(turn.tokens.input)} → ${compact(turn.tokens.output)}`, turn.dollars && dollars(turn.dollars), tookWords(turn)];
    return h(turn.is_side ? "div.turn-row.dim" : "div.turn-row", laneView(row), h("span.turn-number", turn.number), h("span.lines",
      h("span.row-line", h("span.grow", isolated(didWords(turn)))),
      h("span.row-line", h("span.grow.row-line", notable(turn).map(badge), isolated(who.filter(Boolean).join(" · "))), h("span.right", facts.filter(Boolean).map((fact) => h("span", fact))))));
  }

  /** @param {Turn} turn */
  promptRow(turn) {
    const first = page.summary.turns.find((one) => one.thread === turn.thread && one.prompt === turn.prompt && !one.is_side) ?? turn;
    const session = page.summary.sessions.length > 1 ? `session ${page.threads.get(turn.thread)?.session} · ` : "";
    const known = this.prompts.get(first.number);
    const text = h("span.grow", isolated(known ?? `Prompt ${turn.prompt}`));
    if (!known) {
      promptText(first).then((found = "") => {
        if (found) text.replaceChildren(isolated(found));
        this.prompts.set(first.number, found || `Prompt ${turn.prompt}`);
      });
    }
    return h("div.prompt-row", text, h("span.right.num", session, clock(first.started).slice(0, 8)));
  }
}

/** Return what a turn did in one line, without Markdown and what its badges say. @param {Turn} turn */
function didWords({ did, purpose, tool_calls: calls, tries }) {
  const words = tries.length ? did.replace(/;? ?after \d+ failed tr(y|ies)\b.*$/, "") : did;
  return (calls.length ? words : words.replace(/\*\*|`|(?<!\w)\*(?=\w)|(?<=\w)\*(?!\w)/g, "")) || purpose;
}

/** @param {{started: number, ended: number | null}} times */
function tookWords({ started, ended }) {
  return ended === null || ended === started ? "" : seconds(ended - started);
}

/** Return what the human asked in the turn that begins a prompt. @param {Turn} turn @returns {Promise<string | undefined>} */
async function promptText(turn) {
  const { items } = await page.index();
  const asked = (await newItems(turn)).map((item) => items[item]).findLast((facts) => facts.origins.includes("human"));
  if (!asked) return undefined;
  const [message] = await page.store.json(asked.blocks);
  const texts = message.content.filter((/** @type {Block} */ { block }) => block === "Text");
  return texts[asked.origins.indexOf("human")]?.text.slice(0, 300).trim();
}

/** @param {Turn[]} turns @param {Map<number, Thread>} threads */
function listRows(turns, threads) {
  const last = new Map(turns.map((turn, place) => [turn.thread, place]));
  const lanes = /** @type {Map<number, number>} */ (new Map());
  const prompts = new Map();
  const rows = /** @type {ListRow[]} */ ([]);
  let taken = 0;
  turns.forEach((turn, place) => {
    const { thread, prompt, is_side: isSide } = turn;
    const above = taken;
    const isFirst = !lanes.has(thread);
    if (isFirst) lanes.set(thread, Math.min(LANES - 1, 31 - Math.clz32(~taken & -~taken)));
    const lane = lanes.get(thread) ?? 0;
    taken = last.get(thread) === place ? taken & ~(1 << lane) : taken | (1 << lane);
    const row = { turn, isPrompt: false, lane, above, below: taken, from: isFirst ? lanes.get(threads.get(thread)?.parent ?? 0) : undefined };
    if (!isSide && prompt !== null && !threads.get(thread)?.is_sub_agent && prompts.get(thread) !== prompt) rows.push({ ...row, isPrompt: true });
    if (!isSide) prompts.set(thread, prompt);
    rows.push(row);
  });
  return rows;
}

const LANE_COLORS = ["user", "tool_calls", "reasoning", "injected", "instructions", "media"].map((kind) => `var(--k-${kind})`);

/** Return the lanes of a row: lines of threads that go on, and the dot of the turn. @param {ListRow} row */
function laneView({ turn, lane, above, below, from }) {
  const count = 32 - Math.clz32(above | below | (1 << lane));
  const x = (/** @type {number} */ one) => 9 + one * LANE;
  const draw = (/** @type {string} */ tag, /** @type {number} */ one, /** @type {Record<string, any>} */ more) => svg(tag, { stroke: LANE_COLORS[one], "stroke-width": 2, fill: "none", ...more });
  const lines = Array.from({ length: count }, (_, one) => {
    const [begins, ends] = [above & (1 << one), below & (1 << one)];
    return begins || ends ? draw("path", one, { d: `M${x(one)} ${begins ? 0 : ROW / 2}V${ends ? ROW : ROW / 2}` }) : null;
  });
  const branch = from === undefined || from === lane ? null : draw("path", lane, { d: `M${x(from)} 0C${x(from)} ${ROW / 2} ${x(lane)} 0 ${x(lane)} ${ROW / 2}` });
  const dot = draw("circle", lane, { cx: x(lane), cy: ROW / 2, r: 4, fill: turn.is_side ? "var(--bg)" : LANE_COLORS[lane] });
  return svg("svg", { class: "rail", width: x(count) - 3, height: ROW, "aria-hidden": "true" }, lines, branch, dot);
}

addView({ name: "turns", tab: "Turns", key: "t", show: (root) => showTurn(root, currentTurn()) });
