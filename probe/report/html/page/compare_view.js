// The difference of any two turns or items: #compare/turn-3/turn-8, #compare/item-2/item-9.

/** Rows of a difference that are drawn at a time, unchanged lines around a change, and characters at the ends of a long part. */
const [DIFF_ROWS, DIFF_AROUND, DIFF_PART] = [400, 3, 600];

addView({
  name: "compare", tab: "Compare", key: "d",
  async show(root, path, page) {
    const { turns } = page.summary;
    const [, one = `turn-${turns.at(-1)?.before ?? 1}`, other = `turn-${turns.length}`] = path;
    const body = h("div", h("p.wait", "Comparing …"));
    root.append(comparePickers(one, other, turns), body);
    const [a, b] = [one, other].map((name) => /^(turn|item)-(\d+)$/.exec(name));
    const found = !turns.length ? h("p.dim", "No call of a model was recorded.")
      : !a || !b || a[1] !== b[1] ? h("p.dim", "Two turns or two items can be compared: write turn-3 and turn-8, or item-2 and item-9. The number of an item is in its address.")
        : await (a[1] === "turn" ? compareTurns : compareItems)(page, Number(a[2]), Number(b[2]));
    body.replaceChildren();
    append(body, [found]);
  },
});

/** @param {string} one @param {string} other @param {Turn[]} turns */
function comparePickers(one, other, turns) {
  const inputs = [one, other].map((value, at) => /** @type {HTMLInputElement} */ (h("input", { "aria-label": ["First turn or item", "Second turn or item"][at], size: 12, spellcheck: "false", list: "turn-names", value })));
  const open = (/** @type {HTMLInputElement[]} */ chosen) => go(`#compare/${chosen.map(({ value }) => value.trim().toLowerCase().replace(/^(\d+)$/, "turn-$1").replace(/\s+/g, "-")).map(encodeURIComponent).join("/")}`);
  const names = h("datalist", { id: "turn-names" }, turns.map((turn) => h("option", { value: `turn-${turn.number}` }, didWords(turn))));
  const submit = (/** @type {Event} */ event) => {
    event.preventDefault();
    open(inputs);
  };
  return h("form.controls", { onsubmit: submit }, "Compare", inputs[0], "with", inputs[1], names, h("button", "Compare"), h("button", { type: "button", onclick: () => open(inputs.toReversed()) }, "Swap"));
}

/** @param {Page} page @param {number} one @param {number} other */
async function compareItems(page, one, other) {
  const { items } = await page.index();
  for (const place of [one, other]) if (!items[place]) throw new Error(`This run has no item ${place}.`);
  const words = [one, other].map((place) => h("p", h("a", { href: `#item-${place}` }, `item ${place}`), `, ${items[place].kind} ${itemName(items[place])}, ${bytes(items[place].size)}: `, title(page, place)));
  return [words, await itemDifference(page, one, other)];
}

/** @param {Page} page @param {number} one @param {number} other */
async function itemDifference(page, one, other) {
  const { items } = await page.index();
  const [before, after] = await Promise.all([one, other].map(async (place) => readable(await page.store.json(items[place].raw)).trimStart()));
  return difference(before, after, `item ${one} and item ${other}`);
}

/** @param {Page} page @param {number} one @param {number} other */
async function compareTurns(page, one, other) {
  const turns = [page.turn(one), page.turn(other)];
  const index = await page.index();
  const sent = await Promise.all([page.items(one), page.items(other)]);
  const parts = Object.entries({ message: "Messages", instructions: "Instructions", tool: "Tools", setting: "Settings" }).map(([kind, title]) => {
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
  /** @type {Record<string, (turn: Turn) => any>} */
  const facts = {
    did: didWords, model: (turn) => turn.model, purpose: (turn) => turn.purpose, status: (turn) => turn.status ?? "no answer", stop: (turn) => turn.stop, "worth a look": (turn) => notable(turn).map(({ words }) => words).join(", "),
    ...TOKENS, "#cost": costCell, "#took": took, "why the cache missed": (turn) => turn.cache?.reason,
  };
  const rows = Object.entries(facts).map(([name, fact]) => [name.replace("#", ""), ...turns.map(fact).map((value) => String(value?.text ?? value ?? ""))]).filter(([, one, other]) => one || other);
  return table("Facts of both turns", rows, { fact: ([name]) => name, [`turn ${turns[0].number}`]: ([, one]) => isolated(one), [`with turn ${turns[1].number}`]: ([, one, other]) => h(one === other ? "span.dim" : "b", isolated(other)) });
}

/** Pair items: those that both have, but for marks of the cache, then by name and order those that only one has. @param {number[]} before @param {number[]} after @param {ItemFacts[]} items */
function pairItems(before, after, items) {
  const [inBefore, inAfter] = [before, after].map((list) => new Set(list.map((place) => items[place].canonical)));
  const gone = before.filter((place) => !inAfter.has(items[place].canonical));
  const fresh = after.filter((place) => !inBefore.has(items[place].canonical));
  const dropped = Map.groupBy(gone, (place) => itemName(items[place]));
  const changes = fresh.map((place) => ({ before: dropped.get(itemName(items[place]))?.shift(), after: place }));
  return { same: before.length - gone.length, changes, dropped: [...dropped.values()].flat() };
}

/** @param {Page} page @param {ItemFacts[]} items @param {ReturnType<typeof pairItems>} found */
function itemChanges(page, items, { same, changes, dropped }) {
  const [changed, added] = [changes.filter(({ before }) => before !== undefined), changes.filter(({ before }) => before === undefined)];
  const row = (/** @type {string} */ sign, /** @type {number} */ place, /** @type {number | undefined} */ before) => {
    const open = before !== undefined && changed.length < 6 && items[place].size < 20_000;
    return fold([`${sign} ${itemName(items[place])}, ${bytes(items[place].size)} `, title(page, place)], async () => [itemLinks(place, before), before === undefined ? await renderItem(page, place) : await itemDifference(page, before, place)], { class: "given", open });
  };
  const counts = Object.entries({ "the same": same, changed: changed.length, added: added.length, dropped: dropped.length }).filter(([, count]) => count).map(([word, count]) => `${number(count)} ${word}`);
  return [h("p.dim", counts.join(", ") || "None."), growing(h("div"), [...changed, ...added], ({ before, after }) => row(before === undefined ? "+" : "±", after, before)),
    dropped.length > 0 && folded(`${number(dropped.length)} dropped`, () => growing(h("div"), dropped, (place) => row("−", place, undefined)))];
}

/** Return the difference of two texts by lines. @param {string} before @param {string} after @param {string} name */
function difference(before, after, name) {
  const { lines, exact } = diffLines(before, after);
  if (lines.every((line) => line.kind === "same")) return h("p.dim", before ? "The same." : "Neither has any.");
  return h("div.diff", { tabindex: "0", role: "region", "aria-label": `Difference of ${name}` }, exact ? null : h("p.dim", "So much differs that the comparison was ended early: there may be a shorter difference."), growing(h("div"), around(lines), diffRow, DIFF_ROWS));
}

/** Return lines near a change, and lists of those that are not. @param {DiffLine[]} lines @returns {(DiffLine | DiffLine[])[]} */
function around(lines) {
  const near = new Uint8Array(lines.length);
  lines.forEach((line, at) => line.kind !== "same" && near.fill(1, Math.max(0, at - DIFF_AROUND), at + DIFF_AROUND + 1));
  /** @type {(DiffLine | DiffLine[])[]} */
  const found = [];
  lines.forEach((line, at) => {
    const last = found.at(-1);
    if (near[at]) found.push(line);
    else if (Array.isArray(last)) last.push(line);
    else found.push([line]);
  });
  return found;
}

/** @param {DiffLine | DiffLine[]} row @returns {HTMLElement} */
function diffRow(row) {
  if (Array.isArray(row)) {
    const line = h("div.skipped", h("button.quiet", { type: "button", onclick: () => line.replaceWith(...growing(h("div"), row, diffRow, DIFF_ROWS)) }, `${plural(row.length, "line")} the same`));
    return line;
  }
  const [sign, tag] = { same: [" ", "span"], added: ["+", "ins"], removed: ["−", "del"] }[row.kind];
  const cut = (/** @type {string} */ text) => (text.length > 2 * DIFF_PART ? `${text.slice(0, DIFF_PART)} … ${number(text.length - 2 * DIFF_PART)} characters … ${text.slice(-DIFF_PART)}` : text);
  return h(`div.${row.kind}`, h("span.sign", sign), (row.parts ?? [[row.text, false]]).map(([text, changed]) => h(changed ? tag : "span", cut(text))));
}
