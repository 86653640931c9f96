// One item of a request: a message, a tool, instructions, a setting. In a list it is a fold; it has a page of its own.

/** Return an item rendered, with its JSON behind a switch. @param {Page} page @param {number} item @returns {Promise<HTMLElement>} */
async function renderItem(page, item) {
  const { [item]: facts } = (await page.index()).items;
  const shown = h("div", await itemBlocks(facts, true));
  let isRaw = false;
  const turnRound = async () => {
    button.setAttribute("aria-pressed", String((isRaw = !isRaw)));
    shown.replaceChildren(...(isRaw ? [jsonView(await page.store.json(facts.raw), 3)] : await itemBlocks(facts, true)));
  };
  const button = h("button", { type: "button", "aria-pressed": "false", onclick: turnRound }, "JSON");
  const copies = [copyButton("Copy JSON", () => page.store.text(facts.raw)), copyButton("Copy as Markdown", async () => blocksMarkdown(await page.store.json(facts.blocks)))];
  return h("div", h("div.row.item-tools", button, copies, itemLink(item)), shown);
}

/** @param {number} item */
function itemLink(item) {
  return h("a.item-link", { href: `#item-${item}`, title: "What is sent once or again is an item. Its page has its JSON, its hash, and the turns that sent it" }, `item ${item}`);
}

/** @param {ItemFacts} facts @param {boolean} whole @returns {Promise<HTMLElement[]>} */
async function itemBlocks({ kind, role, origins, blocks, raw }, whole) {
  const found = await page.store.json(blocks);
  const tool = found[0]?.block === "Tools" && found[0].tools.length === 1 ? found[0].tools[0] : found[0];
  if (found.length === 1 && tool.block === "Tool") return [h("div.block", toolBody(tool))];
  return renderBlocks(found, { origins, whole, raw: () => page.store.json(raw), role: kind === "instructions" ? "system" : role });
}

/** @param {ItemFacts} facts */
function itemKind({ context }) {
  return Object.entries(context).sort((one, other) => other[1] - one[1])[0]?.[0] ?? "other";
}

/** @param {ItemFacts} facts */
function itemWord(facts) {
  if (facts.kind !== "message") return facts.name || facts.kind;
  const kind = itemKind(facts);
  return kind === "tool_results" ? "tool result" : (facts.role ?? kind.replace("_", " "));
}

/** Return items as folds, made as the reader scrolls. @param {number[]} items @param {(item: number, at: number) => any} [marks] */
async function itemList(items, marks = () => null) {
  const { items: all } = await page.index();
  const root = h("div");
  let at = 0;
  grow(root, () => {
    for (const item of items.slice(at, at + 100)) {
      const facts = all[item];
      const beginning = h("span.grow.dim");
      const show = (/** @type {string} */ text) => beginning.append(isolated(firstWords(text)));
      if (facts.kind === "message" || facts.kind === "setting") show(facts.beginning);
      else page.store.json(facts.blocks).then((blocks) => show(textsOf(blocks)), () => {});
      const badges = [...facts.origins.flatMap((origin) => ORIGINS[origin]?.[0] ?? []), marks(item, at++)].flat().filter(Boolean);
      const summary = [colored("span.badge.dot", itemKind(facts), isolated(itemWord(facts))), [...new Set(badges)].map((mark) => h("span.badge", mark)), beginning, h("span.num.dim", bytes(facts.size))];
      root.append(fold(summary, () => renderItem(page, item), { class: "item" }));
    }
    return at < items.length;
  });
  return root;
}

/** @param {Block[]} blocks @returns {string} */
function textsOf(blocks) {
  return blocks.map(({ text, description, content, tools }) => text ?? description ?? textsOf(content ?? tools ?? [])).join("\n");
}

addView({
  name: "item",
  async show(root, [, wanted]) {
    const item = Number(wanted);
    const { items, turns } = await page.index();
    const facts = items[item];
    if (!facts) noPlace();
    const same = items.flatMap((one, place) => (one.canonical === facts.canonical ? [place] : []));
    const sent = page.summary.turns.map((turn) => turn.number).filter((turn) => same.some((one) => hasItem(turns[turn]?.items ?? [], one)));
    if (!sent.includes(page.list?.current ?? 0)) page.list?.select(sent[0] ?? 0);
    const others = same.filter((one) => one !== item).slice(0, 8).map((one) => [" ", itemLink(one)]);
    append(root, [
      h("div.row", h("h2", `Item ${item}`), colored("span.badge.dot", itemKind(facts), isolated(itemWord(facts))), h("span.dim", facts.kind)),
      factsView(["Size", bytes(facts.size)], ["API", facts.api], ["Sent in", turnLinks(sent)], ["The same but for marks of the cache", others.length ? others : null], ["SHA-256", h("code", { title: facts.sha256 }, `${facts.sha256.slice(0, 16)}…`)]),
      await renderItem(page, item),
    ]);
  },
});

/** @param {Ranges} ranges @param {number} item */
function hasItem(ranges, item) {
  return ranges.some((first, place) => place % 2 === 0 && first <= item && item <= ranges[place + 1]);
}

/** Return facts as a strip: name, value, and what is small beside it; those without a value are left out. @param {...any[]} facts */
function factsView(...facts) {
  return h("dl.facts", facts.filter(([, value]) => value).map(([name, value, small]) => h("div", h("dt", name), h("dd", value, small ? h("small", " ", small) : null))));
}

/** Return links to turns, the middle of many left out. @param {number[]} turns */
function turnLinks(turns) {
  const shown = turns.length > 8 ? [...turns.slice(0, 4), null, ...turns.slice(-3)] : turns;
  return [`${plural(turns.length, "turn")}: `, shown.map((turn, at) => [at ? ", " : "", turn === null ? "…" : turnLink(turn, String(turn))])];
}
