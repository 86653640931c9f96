// The difference of any two turns or items: #compare/turn-3/turn-8, #compare/item-2/item-9.

/** How differences are shown; kept while the page is open. */
const compareChoice = { beside: false };
/** Rows of a difference that are drawn at a time, unchanged lines around a change, and characters at the ends of a long part. */
const [DIFF_ROWS, DIFF_AROUND, DIFF_PART] = [400, 3, 600];

addView({
  name: "compare",
  tab: "Compare",
  key: "d",
  async show(root, path, page) {
    const { turns } = page.summary;
    const [, one = `turn-${turns.at(-1)?.before ?? 1}`, other = `turn-${turns.length}`] = path;
    const body = h("div", {}, h("p", { class: "wait" }, "Comparing …"));
    root.append(comparePickers(one, other), body);
    const [a, b] = [one, other].map((name) => /^(turn|item)-(\d+)$/.exec(name));
    if (!turns.length) body.replaceChildren(empty("No call of a model was recorded."));
    else if (!a || !b || a[1] !== b[1]) body.replaceChildren(empty("Two turns or two items can be compared: write turn-3 and turn-8, or item-2 and item-9. The number of an item is in its address."));
    else body.replaceChildren(...(await (a[1] === "turn" ? compareTurns : compareItems)(page, Number(a[2]), Number(b[2]))));
  },
});

/** @param {string} one @param {string} other */
function comparePickers(one, other) {
  const [from, to] = [one, other].map((value, at) => /** @type {HTMLInputElement} */ (h("input", { "aria-label": at ? "Second turn or item" : "First turn or item", size: 12, spellcheck: "false", value })));
  const open = (/** @type {HTMLInputElement[]} */ ...inputs) => go(`#compare/${inputs.map(({ value }) => encodeURIComponent(value.trim().toLowerCase().replace(/^(\d+)$/, "turn-$1").replace(/\s+/g, "-"))).join("/")}`);
  const turnRound = () => {
    compareChoice.beside = !compareChoice.beside;
    reopen(`#compare/${one}/${other}`);
  };
  const submit = (/** @type {Event} */ event) => {
    event.preventDefault();
    open(from, to);
  };
  return h("form", { class: "controls", onsubmit: submit }, "Compare", from, "with", to, h("button", {}, "Compare"), h("button", { type: "button", onclick: () => open(to, from) }, "Swap"),
    h("button", { type: "button", "aria-pressed": String(compareChoice.beside), onclick: turnRound }, "Side by side"));
}

/** @param {Page} page @param {number} one @param {number} other @returns {Promise<HTMLElement[]>} */
async function compareItems(page, one, other) {
  const { items } = await page.index();
  for (const place of [one, other]) if (!items[place]) throw new Error(`This run has no item ${place}.`);
  const link = (/** @type {number} */ place) => h("a", { href: `#item-${place}` }, `${items[place].kind} ${itemName(items[place])}, ${bytes(items[place].size)}`);
  return [h("p", {}, link(one), " → ", link(other)), await itemDifference(page, one, other)];
}

/** @param {Page} page @param {number} one @param {number} other */
async function itemDifference(page, one, other) {
  const { items } = await page.index();
  const [before, after] = await Promise.all([one, other].map(async (place) => readable(await page.store.json(items[place].raw)).trimStart()));
  return difference(before, after, `item ${one} and item ${other}`);
}

/** @param {Page} page @param {number} one @param {number} other @returns {Promise<HTMLElement[]>} */
async function compareTurns(page, one, other) {
  const turns = [page.turn(one), page.turn(other)];
  const index = await page.index();
  const sent = await Promise.all([page.items(one), page.items(other)]);
  const kinds = /** @type {[ItemFacts["kind"], string][]} */ ([["setting", "Settings"], ["instructions", "Instructions"], ["tool", "Tools"], ["message", "Messages"]]);
  const parts = kinds.map(([kind, title]) => {
    const [before, after] = sent.map((places) => places.filter((place) => index.items[place].kind === kind));
    return section(title, itemChanges(page, index.items, pairItems(before, after, index.items)));
  });
  const [before, after] = await Promise.all([one, other].map(async (turn) => {
    const piece = index.turns[turn]?.answer ?? null;
    const blocks = piece === null ? [] : await page.store.json(piece);
    return blocksMarkdown(blocks.filter((/** @type {Block} */ { block }) => !["Settings", "EventCounts", "Usage"].includes(block)));
  }));
  return [section("Both turns", turnFactsTable(turns)), ...parts, section("Answers", difference(before, after, "the answers"))];
}

/** @param {Turn[]} turns */
function turnFactsTable(turns) {
  /** @type {[string, (turn: Turn) => any][]} */
  const facts = [
    ["did", (turn) => turn.did], ["model", (turn) => turn.model ?? "?"], ["purpose", (turn) => turn.purpose], ["status", (turn) => turn.status ?? "no answer"], ["stop", (turn) => turn.stop ?? "?"],
    ...TOKEN_HEADS.map((name, at) => /** @type {[string, (turn: Turn) => any]} */ ([`tokens: ${name.slice(1)}`, (turn) => tokenCells(turn.tokens)[at]])),
    ["cost", (turn) => dollars(turn.dollars)], ["took", tookWords], ["why the cache missed", (turn) => turn.cache?.reason ?? ""],
  ];
  const rows = facts.map(([name, fact]) => [name, ...turns.map((turn) => String(fact(turn)))]);
  return longTable("Facts of both turns", ["", ...turns.map((turn) => `turn ${turn.number}`)], rows, ([name, one, other]) => [name, isolated(one), h(one === other ? "span" : "b", { class: one === other ? "dim" : null }, isolated(other))]);
}

/** Pair items: those that both have, but for marks of the cache, then by name or role and order those that only one has. @param {number[]} before @param {number[]} after @param {ItemFacts[]} items */
function pairItems(before, after, items) {
  const [inBefore, inAfter] = [before, after].map((list) => new Set(list.map((place) => items[place].canonical)));
  const dropped = before.filter((place) => !inAfter.has(items[place].canonical));
  const same = before.length - dropped.length;
  /** @type {Map<string, number[]>} */
  const waiting = new Map();
  const key = (/** @type {number} */ place) => `${items[place].name} ${items[place].role}`;
  for (const place of dropped) waiting.set(key(place), waiting.get(key(place)) ?? []).get(key(place))?.push(place);
  const changes = after.filter((place) => !inBefore.has(items[place].canonical)).map((place) => ({ before: waiting.get(key(place))?.shift() ?? null, after: place }));
  const paired = new Set(changes.map((change) => change.before));
  return { same, changes: [...dropped.filter((place) => !paired.has(place)).map((place) => ({ before: place, after: null })), ...changes] };
}

/** @param {Page} page @param {ItemFacts[]} items @param {ReturnType<typeof pairItems>} found */
function itemChanges(page, items, { same, changes }) {
  const isState = {
    changed: changes.filter(({ before, after }) => before !== null && after !== null),
    added: changes.filter(({ before }) => before === null),
    dropped: changes.filter(({ after }) => after === null),
  };
  const words = [same ? `${number(same)} the same` : "", ...Object.entries(isState).map(([word, list]) => (list.length ? `${number(list.length)} ${word}` : ""))].filter(Boolean);
  const row = (/** @type {typeof changes[0]} */ change) => {
    const { before, after } = change;
    const [state, sign, color] = before === null ? ["added", "+", "good"] : after === null ? ["dropped", "−", "bad"] : ["changed", "±", "warn"];
    const place = /** @type {number} */ (after ?? before);
    const head = [h("span", { class: `sign ${color}`, role: "img", "aria-label": state }, sign), ` ${itemName(items[place])}, ${bytes(items[place].size)} `, clip(items[place].beginning)];
    const open = items[place].size < 20_000 && isState.changed.slice(0, 5).includes(change);
    return fold(head, async () => (before === null || after === null ? [itemLinks(place), await renderItem(page, place)] : [itemLinks(after, before), await itemDifference(page, before, after)]), { class: "given", open });
  };
  return [h("p", { class: changes.length ? null : "dim" }, words.join(", ") || "None."), growing(h("div"), changes, row, 100)];
}

/** Return the difference of two texts by lines. @param {string} before @param {string} after @param {string} name */
function difference(before, after, name) {
  const { lines, exact } = diffLines(before, after);
  if (lines.every((line) => line.kind === "same")) return h("p", { class: "dim" }, before ? "The same." : "Neither has any.");
  const rows = around(compareChoice.beside ? besideRows(lines) : lines.map((line) => [line]));
  return h("div", { class: "diff", tabindex: "0", role: "region", "aria-label": `Difference of ${name}` }, exact ? null : h("p", { class: "dim" }, "So much differs that the comparison was ended early: there may be a shorter difference."),
    (([body, more]) => [h("table", { class: compareChoice.beside ? "beside" : null }, body), more])(growing(h("tbody"), rows, diffRow, DIFF_ROWS)));
}

/** Put removed lines beside the added ones that follow them. @param {DiffLine[]} lines */
function besideRows(lines) {
  /** @type {DiffRow[]} */
  const rows = [];
  for (let at = 0; at < lines.length; ) {
    if (lines[at].kind === "same") rows.push([lines[at], lines[at++]]);
    const start = at;
    while (lines[at]?.kind === "removed") at++;
    const middle = at;
    while (lines[at]?.kind === "added") at++;
    for (let i = 0; i < Math.max(middle - start, at - middle); i++) rows.push([start + i < middle ? lines[start + i] : null, middle + i < at ? lines[middle + i] : null]);
  }
  return rows;
}

/** Return rows near a change, and lists of those that are not. @param {DiffRow[]} rows @returns {(DiffRow | {folded: DiffRow[]})[]} */
function around(rows) {
  const found = [];
  const near = new Uint8Array(rows.length);
  rows.forEach((row, at) => row[0]?.kind !== "same" && near.fill(1, Math.max(0, at - DIFF_AROUND), at + DIFF_AROUND + 1));
  for (let at = 0; at < rows.length; ) {
    const start = at;
    while (at < rows.length && !near[at]) at++;
    if (at - start > 2) found.push({ folded: rows.slice(start, at) });
    else found.push(...rows.slice(start, at));
    while (at < rows.length && near[at]) found.push(rows[at++]);
  }
  return found;
}

/** @param {DiffRow | {folded: DiffRow[]}} row @returns {HTMLElement} */
function diffRow(row) {
  if (Array.isArray(row)) return h("tr", {}, row.map(diffCell));
  const { folded: all } = row;
  const open = () => line.replaceWith(...all.slice(0, DIFF_ROWS).map(diffRow), ...(all.length > DIFF_ROWS ? [diffRow({ folded: all.slice(DIFF_ROWS) })] : []));
  const line = h("tr", {}, h("td", { class: "skipped", colspan: compareChoice.beside ? 2 : null }, h("button", { type: "button", onclick: open }, `${plural(all.length, "line")} the same`)));
  return line;
}

/** @param {DiffLine | null} line */
function diffCell(line) {
  if (!line) return h("td", { class: "none" });
  const [sign, tag] = { same: [" ", "span"], added: ["+", "ins"], removed: ["−", "del"] }[line.kind];
  const parts = line.parts ?? [[line.text, false]];
  const cut = (/** @type {string} */ text) => (text.length > 2 * DIFF_PART ? `${text.slice(0, DIFF_PART)} … ${number(text.length - 2 * DIFF_PART)} characters … ${text.slice(-DIFF_PART)}` : text);
  return h("td", { class: line.kind }, h("span", { class: "sign" }, sign), parts.map(([text, changed]) => h(changed ? tag : "span", {}, ...visible(cut(text)))));
}
