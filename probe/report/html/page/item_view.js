// One item of a request: a message, a tool, instructions, a setting. In a list it is a fold; it has a page of its own.

/** Return an item rendered, with its JSON behind a switch. @param {Page} page @param {number} item @returns {Promise<HTMLElement>} */
async function renderItem(page, item) {
  const { items } = await page.index();
  const facts = items[item];
  const raw = () => page.store.json(facts.raw);
  const blocks = await page.store.json(facts.blocks);
  const shown = h("div", {}, itemContent(page, facts, blocks, raw));
  const button = h("button", { type: "button", "aria-pressed": "false" }, "JSON");
  button.addEventListener("click", async () => {
    const isRaw = button.getAttribute("aria-pressed") === "false";
    button.setAttribute("aria-pressed", String(isRaw));
    button.textContent = isRaw ? "Rendered" : "JSON";
    shown.replaceChildren(...(isRaw ? [jsonView(await raw(), { open: 3 })] : itemContent(page, facts, blocks, raw)));
  });
  const tools = h(
    "div",
    { class: "item-tools" },
    button,
    copyButton("Copy JSON", () => page.store.text(facts.raw)),
    copyButton("Copy as Markdown", async () => blocksMarkdown(blocks)),
    h("a", { href: `#item-${item}` }, `item ${item}`),
    h("span", {}, bytes(facts.size)),
  );
  return h("div", {}, tools, shown);
}

/** @param {Page} page @param {ItemFacts} facts @param {Block[]} blocks @param {() => Promise<any>} raw @returns {HTMLElement[]} */
function itemContent(page, facts, blocks, raw) {
  if (blocks.length === 1 && blocks[0].block === "Tool") return [h("div", { class: "block" }, toolBody(blocks[0]))];
  if (blocks.length === 1 && blocks[0].block === "Tools" && blocks[0].tools.length === 1) return [h("div", { class: "block" }, toolBody(blocks[0].tools[0]))];
  return renderBlocks(blocks, { page, whole: true, origins: facts.origins, raw, role: facts.kind === "instructions" ? "system" : (facts.role ?? undefined) });
}

/** Return the kind of an item as one of those that have a colour. @param {ItemFacts} facts */
function itemKind(facts) {
  let [best, most] = ["", -1];
  for (const [kind, size] of Object.entries(facts.context)) if (size > most) [best, most] = [kind, size];
  return best || { setting: "settings", instructions: "instructions", tool: "tools", message: "other" }[facts.kind];
}

/**
 * Return an item as a fold in a list.
 * @param {Page} page
 * @param {ItemFacts} facts
 * @param {number} item
 * @param {{place?: number | null, mark?: any}} [options]
 */
function itemRow(page, facts, item, { place = null, mark = null } = {}) {
  const name = (facts.kind === "message" ? facts.role : null) || facts.name || facts.kind;
  const origins = [...new Set(facts.origins)].map((origin) => ORIGINS[origin]?.[0]).filter(Boolean);
  const summary = [
    place === null ? null : h("span", { class: "place" }, place),
    colored("span", itemKind(facts), { class: "badge dot" }, isolated(name)),
    origins.map((origin) => h("span", { class: "badge" }, origin)),
    mark,
    h("span", { class: "beginning" }, isolated(facts.beginning)),
    h("span", { class: "num dim" }, bytes(facts.size)),
  ];
  const row = fold(summary, () => renderItem(page, item), { class: "item", "data-item": item });
  row.lastElementChild?.setAttribute("class", "item-body");
  return row;
}

/**
 * Return rows for items, made as the reader scrolls.
 * @param {Page} page
 * @param {ItemFacts[]} all
 * @param {number[]} items
 * @param {(item: number, at: number) => {place?: number | null, mark?: any}} [options]
 */
function itemList(page, all, items, options = () => ({})) {
  const root = h("div", { class: "items" });
  let at = 0;
  const add = () => {
    for (const item of items.slice(at, at + 100)) root.append(itemRow(page, all[item], item, options(item, at++)));
    return at < items.length;
  };
  if (add()) growWithScrolling(root, () => add() || at < items.length);
  return root;
}

addView({
  name: "item",
  async show(root, [, number_], page) {
    const item = Number(number_);
    const index = await page.index();
    const facts = index.items[item];
    if (!facts) throw new Error(`This run has no item ${number_}.`);
    const first = (await page.firstTurns())[item];
    const turns = page.summary.turns.filter((turn) => hasItem(index.turns[turn.number]?.items ?? [], item));
    const name = facts.kind === "message" ? `${facts.role ?? facts.name} message` : `${facts.kind} ${facts.name}`;
    append(root, [
      h("div", { class: "turn-head" }, h("h2", {}, `Item ${item}`), colored("span", itemKind(facts), { class: "badge dot" }, isolated(name)), h("span", { class: "space" }), copyButton("Copy link", async () => permalink(`#item-${item}`))),
      h(
        "dl",
        { class: "facts" },
        factView("Size", bytes(facts.size)),
        factView("API", isolated(facts.api)),
        factView("First sent in", first ? h("a", { href: `#turn-${first}` }, `turn ${first}`) : "?"),
        factView("Sent in", turnLinks(turns.map((turn) => turn.number))),
        factView("SHA-256", h("code", { title: facts.sha256 }, facts.sha256.slice(0, 16))),
      ),
      await renderItem(page, item),
    ]);
  },
});

/** @param {Ranges} ranges @param {number} item */
function hasItem(ranges, item) {
  for (let place = 0; place < ranges.length; place += 2) if (ranges[place] <= item && item <= ranges[place + 1]) return true;
  return false;
}

/** @param {string} name @param {any} value @param {any} [small] */
function factView(name, value, small = null) {
  return h("div", {}, h("dt", {}, name), h("dd", {}, value, small ? h("small", {}, " ", small) : null));
}

/** Return links to turns, the middle of many left out. @param {number[]} turns */
function turnLinks(turns) {
  const shown = turns.length > 8 ? [...turns.slice(0, 4), null, ...turns.slice(-3)] : turns;
  return h("span", {}, `${plural(turns.length, "turn")}: `, shown.map((turn, at) => [at ? ", " : "", turn === null ? "…" : h("a", { href: `#turn-${turn}` }, turn)]));
}
