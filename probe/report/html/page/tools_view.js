// What the agent was given: its system prompts, its tools, what its harness injected, and what a human wrote.

addParts("tools", "Prompt & tools", "p", {
  "System prompt": async (page) => {
    const [{ items }, first, places] = [await page.index(), await page.firstTurns(), await sentItems(page, (item) => item.kind === "instructions")];
    if (!places.length) return empty("No turn sent instructions of their own: look at the first messages of ", turnLink(1), ".");
    /** @type {Map<number, number>} */
    const last = new Map();
    return places.map((place, at) => {
      const turn = page.turn(first[place]);
      const thread = page.threads.get(turn.thread);
      const before = last.get(turn.thread);
      last.set(turn.thread, place);
      const head = [h("h3", {}, `From turn ${turn.number} on`), ` (${turn.is_side ? `side request: ${turn.purpose}` : thread ? threadName(thread, page.summary) : ""}), ${bytes(items[place].size)} `, clip(items[place].beginning)];
      return fold(head, async () => [itemLinks(place, before), clamped(await renderItem(page, place), items[place].size > 3000)], { class: "given", open: at === 0 });
    });
  },
  Tools: async (page) => {
    const { tools, turns } = page.summary;
    if (!tools.length) return empty(turns.length ? "No turn offered a tool." : "No call of a model was recorded.");
    const [{ items }, places] = [await page.index(), await sentItems(page, (item) => item.kind === "tool")];
    const row = (/** @type {ToolFacts} */ tool) => toolFold(page, tool, places.filter((place) => items[place].name === tool.name));
    const never = tools.filter((tool) => !tool.calls).sort((one, other) => other.bytes - one.bytes);
    const called = tools.filter((tool) => tool.calls).sort((one, other) => other.calls - one.calls);
    return [h("h3", {}, never.length ? `Never called: ${number(never.length)} of ${number(tools.length)}` : "Every tool was called"), never.map(row), called.length ? h("h3", {}, `Called: ${number(called.length)}`) : null, called.map(row)];
  },
  "Injected by the agent's harness": ({ summary: { injected } }) =>
    injected.length ? longTable("What the harness injected", ["what", "#times", "#bytes", "first in"], injected, (one) => [isolated(one.what), number(one.count), number(one.bytes), turnLink(one.first_turn)]) : empty("Nothing that is known: no message of the user has a mark of an agent's harness."),
  "Written by a human": async (page) => {
    const first = await page.firstTurns();
    const places = await humanItems(page);
    if (!places.length) return empty("No text of a human was found in the requests.");
    return growing(h("ol", { class: "human" }), places, (place) => {
      const entry = h("li", {}, h("p", {}, turnLink(first[place]), ", ", h("a", { href: `#item-${place}` }, "item")));
      humanTexts(page, place).then((texts) => entry.append(...texts.map((text) => textView(text, "boxed"))), (error) => entry.append(error.message));
      return entry;
    }, 50);
  },
});

/** Return the numbers of items that turns sent, in the order in which they were first sent. @param {Page} page @param {(item: ItemFacts) => boolean} test */
async function sentItems(page, test) {
  const [{ items }, first] = [await page.index(), await page.firstTurns()];
  return items.flatMap((item, place) => (test(item) && first[place] ? [place] : [])).sort((one, other) => first[one] - first[other]);
}

/** @param {Page} page */
function humanItems(page) {
  return sentItems(page, (item) => item.origins.includes("human"));
}

/** Return the texts in a message that a human wrote. @param {Page} page @param {number} place @returns {Promise<string[]>} */
async function humanTexts(page, place) {
  const { origins, blocks } = (await page.index()).items[place];
  /** @type {Block[]} */
  const content = (await page.store.json(blocks)).flatMap((/** @type {Block} */ block) => (block.block === "Message" ? block.content : []));
  return content.filter(({ block }) => block === "Text").filter((_, at) => origins[at] === "human").map(({ text }) => text);
}

/** @param {number} place @param {number | null} [before] */
function itemLinks(place, before = null) {
  return h("p", {}, h("a", { href: `#item-${place}` }, "open the item"), before === null ? null : [", ", h("a", { href: `#compare/item-${before}/item-${place}` }, "compare with the one before")]);
}

/** @param {Page} page @param {ToolFacts} tool @param {number[]} places */
function toolFold(page, tool, places) {
  const place = places.at(-1);
  const said = h("span", {});
  if (place !== undefined) page.index().then(async ({ items }) => said.append(clip(toolWords(await page.store.json(items[place].blocks)).slice(0, 200)))).catch(() => {});
  const head = [h("code", {}, isolated(tool.name)), " ", tool.calls ? plural(tool.calls, "call") : "never called", tool.failed ? [", ", h("b", { class: "bad" }, `${number(tool.failed)} failed`)] : "", `, ${tool.offered ? bytes(tool.bytes) : "not offered"} `, said];
  const query = `tool:${/\s/.test(tool.name) ? `"${tool.name}"` : tool.name}`;
  return fold(head, async () => [
    h("p", {}, tool.first_turn ? ["Offered in ", plural(tool.offered, "turn"), ", first in ", turnLink(tool.first_turn), ". "] : null, tool.calls ? h("a", { href: `#search/${encodeURIComponent(query)}` }, "Turns that call it") : null),
    places.map((one, at) => itemLinks(one, places[at - 1])),
    place === undefined ? empty("No request defines it by this name: it is the API's own, part of another, or was called without an offer.") : await renderItem(page, place),
  ], { class: "given" });
}

/** Return the description of a tool out of its blocks. @param {Block[]} blocks @returns {string} */
function toolWords(blocks) {
  return blocks.map((block) => block.description || (block.tools && toolWords(block.tools))).find(Boolean) ?? "";
}
