// One item of a request: a message, a tool, instructions, a setting. In a list it is a fold; it has a page of its own.

/** Return an item rendered, with its JSON behind a switch. @param {Page} page @param {number} item @returns {Promise<HTMLElement>} */
async function renderItem(page, item) {
  const { [item]: facts } = (await page.index()).items;
  const shown = h("div", await itemBlocks(page, facts, true));
  const button = h("button", { type: "button", "aria-pressed": "false" }, "JSON");
  button.addEventListener("click", async () => {
    const isRaw = button.getAttribute("aria-pressed") === "false";
    button.setAttribute("aria-pressed", String(isRaw));
    shown.replaceChildren(...(isRaw ? [jsonView(await page.store.json(facts.raw), 3)] : await itemBlocks(page, facts, true)));
  });
  const copies = [copyButton("Copy JSON", () => page.store.text(facts.raw)), copyButton("Copy as Markdown", async () => blocksMarkdown(await page.store.json(facts.blocks)))];
  return h("div", h("div.item-tools", button, copies, h("a", { href: `#item-${item}` }, `item ${item}`)), shown);
}

/** @param {Page} page @param {ItemFacts} facts @param {boolean} whole @returns {Promise<HTMLElement[]>} */
async function itemBlocks(page, { kind, role, origins, blocks, raw }, whole) {
  const found = await page.store.json(blocks);
  const tool = found[0]?.block === "Tools" && found[0].tools.length === 1 ? found[0].tools[0] : found[0];
  if (found.length === 1 && tool.block === "Tool") return [h("div.block", toolBody(tool))];
  return renderBlocks(found, { page, origins, whole, raw: () => page.store.json(raw), role: kind === "instructions" ? "system" : role });
}

/** Return the kind of content that an item has most of. @param {ItemFacts} facts */
function itemKind({ context }) {
  return Object.entries(context).sort((one, other) => other[1] - one[1])[0]?.[0] ?? "other";
}

/** Return items as folds, made as the reader scrolls. @param {Page} page @param {ItemFacts[]} all @param {number[]} items @param {(item: number, at: number) => any} [marks] */
function itemList(page, all, items, marks = () => null) {
  const root = h("div.items");
  let at = 0;
  grow(root, () => {
    for (const item of items.slice(at, at + 100)) {
      const facts = all[item];
      const origins = [...new Set(facts.origins)].flatMap((origin) => ORIGINS[origin]?.[0] ?? []);
      const summary = [
        colored("span.badge.dot", itemKind(facts), isolated(facts.kind === "message" ? (facts.role ?? itemKind(facts).replace("_", " ")) : facts.name || facts.kind)),
        [...origins, marks(item, at++)].filter(Boolean).map((mark) => h("span.badge", mark)),
        h("span.beginning", isolated(facts.beginning)),
        h("span.num.dim", bytes(facts.size)),
      ];
      root.append(fold(summary, () => renderItem(page, item), { class: "item" }));
    }
    return at < items.length;
  });
  return root;
}

addView({
  name: "item",
  async show(root, [, wanted], page) {
    const item = Number(wanted);
    const index = await page.index();
    const facts = index.items[item];
    if (!facts) throw new Error(`This run has no item ${wanted}.`);
    const turns = page.summary.turns.filter((turn) => hasItem(index.turns[turn.number]?.items ?? [], item)).map((turn) => turn.number);
    append(root, [
      h("div.turn-head", h("h2", `Item ${item}`), colored("span.badge.dot", itemKind(facts), `${facts.role ?? ""} ${facts.kind} `, isolated(facts.name))),
      factsView(["Size", bytes(facts.size)], ["API", facts.api], ["Sent in", turnLinks(turns)], ["SHA-256", h("code", { title: facts.sha256 }, facts.sha256.slice(0, 16))]),
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
