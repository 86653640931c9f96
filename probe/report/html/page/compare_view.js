// The difference of any two turns or items: #compare/turn-3/turn-8, #compare/item-2/item-9.

addView({ name: "compare", tab: "Compare", key: "d", show: showCompare });

/** How differences are shown; kept while the page is open. */
const compareChoice = { beside: false };
/** Lines of a difference that are drawn at a time, unchanged lines around a change, and characters of an unchanged part. */
const DIFF_ROWS = 400;
const DIFF_AROUND = 3;
const DIFF_PART = 600;

/** @param {HTMLElement} root @param {string[]} path @param {Page} page */
async function showCompare(root, path, page) {
  const { turns } = page.summary;
  const [, one = `turn-${turns[turns.length - 1]?.before ?? 1}`, other = `turn-${turns.length}`] = path;
  const body = h("div", {}, h("p", { class: "wait" }, "Comparing …"));
  root.append(comparePickers(one, other), body);
  const [a, b] = [one, other].map((name) => /^(turn|item)-(\d+)$/.exec(name));
  if (!a || !b || a[1] !== b[1]) {
    body.replaceChildren(empty("Two turns or two items can be compared: write turn-3 and turn-8, or item-2 and item-9. Numbers of items are in their addresses."));
  } else if (a[1] === "turn" && !turns.length) body.replaceChildren(empty("No call of a model was recorded."));
  else body.replaceChildren(...(a[1] === "turn" ? await compareTurns(page, Number(a[2]), Number(b[2])) : await compareItems(page, Number(a[2]), Number(b[2]))));
}

/** @param {string} one @param {string} other */
function comparePickers(one, other) {
  const inputs = [one, other].map((value, at) => {
    const input = /** @type {HTMLInputElement} */ (h("input", { "aria-label": at ? "Second turn or item" : "First turn or item", size: "12", spellcheck: "false" }));
    input.value = value;
    return input;
  });
  const [from, to] = inputs;
  /** @param {HTMLInputElement} first @param {HTMLInputElement} second */
  const open = (first, second) => {
    const names = [first, second].map(({ value }) => value.trim().toLowerCase().replace(/^(\d+)$/, "turn-$1").replace(/\s+/g, "-"));
    go(`#compare/${names.map(encodeURIComponent).join("/")}`);
  };
  const way = h("button", { type: "button", "aria-pressed": String(compareChoice.beside) }, "Side by side");
  way.addEventListener("click", () => {
    compareChoice.beside = !compareChoice.beside;
    dispatchEvent(new HashChangeEvent("hashchange"));
  });
  const form = h("form", { class: "controls" }, h("span", {}, "Compare"), from, h("span", {}, "with"), to, h("button", {}, "Compare"), h("button", { type: "button", onclick: () => open(to, from) }, "Swap"), way);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    open(from, to);
  });
  return form;
}

/** @param {Page} page @param {number} one @param {number} other */
async function compareItems(page, one, other) {
  const { items } = await page.index();
  for (const place of [one, other]) if (!items[place]) throw new Error(`This run has no item ${place}.`);
  const links = [one, other].map((place) => h("a", { href: `#item-${place}` }, `${items[place].kind} ${itemName(items[place])}, ${bytes(items[place].size)}`));
  return [h("p", {}, links[0], " → ", links[1]), await itemDifference(page, items[one], items[other])];
}

/** @param {Page} page @param {ItemFacts} one @param {ItemFacts} other */
async function itemDifference(page, one, other) {
  const [before, after] = await Promise.all([one, other].map(async (item) => readable(await page.store.json(item.raw)).trimStart()));
  return difference(before, after, `${one.kind} ${itemName(one)}, items ${one.raw} and ${other.raw}`);
}

/** @param {Page} page @param {number} one @param {number} other @returns {Promise<HTMLElement[]>} */
async function compareTurns(page, one, other) {
  const turns = [page.turn(one), page.turn(other)];
  const index = await page.index();
  const [a, b] = await Promise.all([page.items(one), page.items(other)]);
  const kinds = /** @type {[ItemFacts["kind"], string][]} */ ([["setting", "Settings"], ["instructions", "Instructions"], ["tool", "Tools"], ["message", "Messages"]]);
  const parts = kinds.map(([kind, title]) => {
    const [before, after] = [a, b].map((list) => list.filter((place) => index.items[place].kind === kind));
    return section(title, itemChanges(page, index, pairItems(before, after, index.items)));
  });
  const answers = await Promise.all([one, other].map(async (turn) => {
    const piece = index.turns[turn]?.answer;
    return piece === null || piece === undefined ? "" : blocksMarkdown(await page.store.json(piece));
  }));
  const answer = section("Answers", answers[0] === answers[1] ? h("p", { class: "dim" }, answers[0] ? "The same." : "Neither has one.") : difference(answers[0], answers[1], "the answers"));
  return [section("Both turns", turnFactsTable(turns)), ...parts, answer];
}

/** @param {Turn[]} turns */
function turnFactsTable(turns) {
  /** @type {[string, (turn: Turn) => any][]} */
  const facts = [
    ["did", (turn) => turn.did], ["model", (turn) => turn.model ?? "?"], ["purpose", (turn) => turn.purpose], ["status", (turn) => turn.status ?? "no answer"], ["stop", (turn) => turn.stop ?? "?"],
    ["input tokens", (turn) => number(turn.tokens?.input)], ["cache read", (turn) => number(turn.tokens?.cache_read)], ["output tokens", (turn) => number(turn.tokens?.output)],
    ["cost", (turn) => dollars(turn.dollars)], ["took", (turn) => (turn.ended === null ? "unfinished" : seconds(turn.ended - turn.started))], ["why the cache missed", (turn) => turn.cache?.reason ?? ""],
  ];
  const rows = facts.map(([name, fact]) => [name, ...turns.map((turn) => String(fact(turn)))]);
  const table = longTable("Facts of both turns", ["", "", ""], rows, ([name, one, other]) => [name, isolated(one), one === other ? h("span", { class: "dim" }, isolated(other)) : h("b", {}, isolated(other))]);
  table.querySelector("thead")?.replaceChildren(h("tr", {}, h("td", {}), turns.map((turn) => h("th", { scope: "col" }, turnLink(turn.number)))));
  return table;
}

/** @typedef {{before: number | null, after: number | null}} Change An item, and what it became; null for none. */

/**
 * Pair items: those that both have, but for marks of the cache, then by name or role and order those that only one has.
 * @param {number[]} before @param {number[]} after @param {ItemFacts[]} items
 * @returns {{same: number, changes: Change[]}}
 */
function pairItems(before, after, items) {
  /** @param {number} place */
  const content = (place) => items[place].canonical ?? `item ${place}`;
  const [inBefore, inAfter] = [before, after].map((list) => new Set(list.map(content)));
  const dropped = before.filter((place) => !inAfter.has(content(place)));
  const added = after.filter((place) => !inBefore.has(content(place)));
  /** @type {Map<string, number[]>} */
  const waiting = new Map();
  /** @param {number} place */
  const key = (place) => `${items[place].name}\n${items[place].role}`;
  for (const place of dropped) waiting.set(key(place), [...(waiting.get(key(place)) ?? []), place]);
  /** @type {Change[]} */
  const changes = added.map((place) => ({ before: waiting.get(key(place))?.shift() ?? null, after: place }));
  const paired = new Set(changes.map((change) => change.before));
  const gone = dropped.filter((place) => !paired.has(place)).map((place) => ({ before: place, after: null }));
  return { same: before.length - dropped.length, changes: [...gone, ...changes] };
}

/** @param {Page} page @param {Index} index @param {{same: number, changes: Change[]}} found */
function itemChanges(page, index, { same, changes }) {
  const counts = { changed: 0, added: 0, dropped: 0 };
  const folds = changes.map(({ before, after }) => {
    const [state, sign] = before === null ? /** @type {const} */ (["added", "+"]) : after === null ? /** @type {const} */ (["dropped", "−"]) : /** @type {const} */ (["changed", "±"]);
    counts[state] += 1;
    const place = /** @type {number} */ (after ?? before);
    const item = index.items[place];
    const body = h("div", {});
    const fold = /** @type {HTMLDetailsElement} */ (h("details", { class: "given" }, h("summary", {}, h("span", { class: `sign ${state}`, role: "img", "aria-label": state }, sign), ` ${itemName(item)}, ${bytes(item.size)} `, h("span", { class: "clip" }, isolated(item.beginning))), body));
    fold.addEventListener("toggle", async () => {
      if (!fold.open || body.firstChild) return;
      body.append(givenLinks(place, state === "changed" ? (before ?? undefined) : undefined));
      body.append(state === "changed" ? await itemDifference(page, index.items[/** @type {number} */ (before)], item) : await renderItem(page, place));
    });
    fold.open = state === "changed" && item.size < 20_000 && counts.changed <= 5;
    return fold;
  });
  const words = [[same, "the same"], [counts.changed, "changed"], [counts.added, "added"], [counts.dropped, "dropped"]].filter(([count]) => count).map(([count, word]) => `${number(/** @type {number} */ (count))} ${word}`);
  return [h("p", { class: changes.length ? "" : "dim" }, words.join(", ") || "None."), folds];
}

/** Return the difference of two texts by lines. @param {string} before @param {string} after @param {string} name */
function difference(before, after, name) {
  const { lines, exact } = diffLines(before, after);
  if (lines.every((line) => line.kind === "same")) return h("p", { class: "dim" }, "No difference in their values.");
  const rows = compareChoice.beside ? besideRows(lines) : lines.map((line) => /** @type {(DiffLine | null)[]} */ ([line]));
  const table = h("tbody", {});
  const more = h("button", { type: "button", class: "more" });
  const shown = around(rows);
  let at = 0;
  const grow = () => {
    for (const end = Math.min(at + DIFF_ROWS, shown.length); at < end; at++) append(table, [diffRow(shown[at])]);
    more.hidden = at >= shown.length;
    more.textContent = `Show more: ${plural(shown.length - at, "row")} left`;
  };
  more.addEventListener("click", grow);
  grow();
  return h("div", { class: "diff", tabindex: "0", role: "region", "aria-label": `Difference of ${name}` }, exact ? null : h("p", { class: "dim" }, "So much differs that the comparison was ended early: there may be a shorter difference."),
    h("table", { class: compareChoice.beside ? "beside" : null }, table), more);
}

/** Put removed lines beside the added ones that follow them. @param {DiffLine[]} lines */
function besideRows(lines) {
  /** @type {(DiffLine | null)[][]} */
  const rows = [];
  for (let at = 0; at < lines.length; ) {
    if (lines[at].kind === "same") {
      rows.push([lines[at], lines[at++]]);
      continue;
    }
    const start = at;
    while (lines[at]?.kind === "removed") at++;
    const middle = at;
    while (lines[at]?.kind === "added") at++;
    for (let i = 0; i < Math.max(middle - start, at - middle); i++) rows.push([start + i < middle ? lines[start + i] : null, middle + i < at ? lines[middle + i] : null]);
  }
  return rows;
}

/** @typedef {(DiffLine | null)[]} DiffRow */

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
  const button = h("button", { type: "button" }, `${plural(row.folded.length, "line")} the same`);
  const line = h("tr", {}, h("td", { class: "skipped", colspan: compareChoice.beside ? 2 : null }, button));
  button.addEventListener("click", () => {
    const [now, later] = [row.folded.slice(0, DIFF_ROWS), row.folded.slice(DIFF_ROWS)];
    line.replaceWith(...now.map((one) => diffRow(one)), ...(later.length ? [diffRow({ folded: later })] : []));
  });
  return line;
}

/** @param {DiffLine | null} line */
function diffCell(line) {
  if (!line) return h("td", { class: "none" });
  const [sign, tag] = { same: [" ", "span"], added: ["+", "ins"], removed: ["−", "del"] }[line.kind];
  const parts = line.parts ?? [[line.text, line.kind !== "same"]];
  return h("td", { class: line.kind }, h("span", { class: "sign" }, sign), parts.map(([text, changed]) => h(changed && line.parts ? tag : "span", {}, ...visible(cutMiddle(text)))));
}

/** @param {string} text */
function cutMiddle(text) {
  return text.length > 2 * DIFF_PART ? `${text.slice(0, DIFF_PART)} … ${number(text.length - 2 * DIFF_PART)} characters … ${text.slice(-DIFF_PART)}` : text;
}
