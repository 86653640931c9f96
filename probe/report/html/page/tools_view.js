// What the agent was given: its system prompts, its tools, what its harness injected, and what a human wrote.

addParts("tools", "Prompt & tools", "p", {
  "System prompt": async (page) => {
    const [{ items }, first, places] = [await page.index(), await page.firstTurns(), await sentItems(page, (item) => item.kind === "instructions")];
    if (!places.length) return h("p.dim", "No turn sent instructions of their own: look at the first messages of ", turnLink(1), ".");
    /** @type {Map<number, number>} */
    const last = new Map();
    return places.map((place, at) => {
      const turn = page.turn(first[place]);
      const thread = page.threads.get(turn.thread);
      const before = last.get(turn.thread);
      last.set(turn.thread, place);
      const head = [h("h3", `From turn ${turn.number} on`), `, ${thread ? threadName(thread, page.summary) : ""}, ${bytes(items[place].size)} `, title(page, place)];
      return fold(head, async () => [itemLinks(place, before), clamped(await renderItem(page, place), items[place].size > 3000)], { class: "given", open: at === 0 });
    });
  },
  "Fixed text and slots": async (page) => {
    const { prompt } = page.summary;
    if (!prompt.length) return h("p.dim", "No turn sent instructions or tools.");
    return table("Fixed text and slots", prompt, { part: ({ part }) => part, of: ({ turn }) => turnLink(turn), "#bytes": (one) => amount(one.bytes), "#tokens (estimate)": (one) => amount(one.tokens), "#fixed bytes": (one) => amount(one.fixed_bytes), "what changes from run to run": ({ slots }) => isolated(slots.map((one) => `${one.slot} ×${one.count} (${one.example})`).join(", ")) });
  },
  Tools: async (page) => {
    const { tools, turns } = page.summary;
    if (!tools.length) return h("p.dim", turns.length ? "No turn offered a tool." : "No call of a model was recorded.");
    const [{ items }, places] = [await page.index(), await sentItems(page, (item) => item.kind === "tool")];
    const [called, never] = [tools.filter((tool) => tool.calls), tools.filter((tool) => !tool.calls)].map((some) => some.sort((one, other) => other.calls - one.calls || other.bytes - one.bytes).map((tool) => toolFold(page, tool, places.filter((place) => items[place].name === tool.name))));
    return [h("h3", never.length ? `Never called: ${number(never.length)} of ${number(tools.length)}` : "Every tool was called"), never, called.length ? h("h3", `Called: ${number(called.length)}`) : null, called];
  },
  "Injected by the agent's harness": async (page) => {
    const { injected } = page.summary;
    if (!injected.length) return h("p.dim", "Nothing that is known: no message of the user has a mark of an agent's harness.");
    return [table("What the harness injected", injected, { what: ({ what }) => isolated(what), "#times": ({ count }) => amount(count), "#bytes": (one) => amount(one.bytes), "first in": (one) => turnLink(one.first_turn) }), folded("Each of them", () => textsBy(page, "injected"))];
  },
  "Written by a human": async (page) => ((await writtenBy(page, "human")).length ? textsBy(page, "human") : h("p.dim", "No text of a human was found in the requests.")),
});

/** @param {Page} page @param {number} place */
function title(page, place) {
  return arriving(itemTitle(page, place).then(clip));
}

/** Return the numbers of items that turns sent, each once whatever its marks of the cache, in the order in which they were first sent. @param {Page} page @param {(item: ItemFacts) => boolean} test */
async function sentItems(page, test) {
  const [{ items }, first] = [await page.index(), await page.firstTurns()];
  const seen = new Set();
  return items.flatMap((item, place) => (test(item) && first[place] && !seen.has(item.canonical) && seen.add(item.canonical) ? [place] : [])).sort((one, other) => first[one] - first[other]);
}

/** @param {Page} page @param {string} origin */
function writtenBy(page, origin) {
  return sentItems(page, (item) => item.kind === "message" && (item.origins.includes(origin) || (origin === "injected" && Boolean(item.context.injected))));
}

/** Return the texts of a message that are of one origin. @param {Page} page @param {number} place @param {string} origin @param {string} [box] */
async function ownTexts(page, place, origin, box = "boxed") {
  const { origins, blocks } = (await page.index()).items[place];
  /** @type {Block[]} */
  const content = (await page.store.json(blocks)).flatMap((/** @type {Block} */ { content = [] }) => content);
  return content.filter(({ block }) => block === "Text").filter((_, at) => !origins.length || origins[at] === origin).map(({ text }) => clamped(textView(text, box), isLong(text, 12)));
}

/** @param {Page} page @param {string} origin */
async function textsBy(page, origin) {
  const [first, places] = [await page.firstTurns(), await writtenBy(page, origin)];
  return growing(h("ol"), places, (place) => h("li", h("p", turnLink(first[place]), ", ", h("a", { href: `#item-${place}` }, "item")), arriving(ownTexts(page, place, origin), "div")), 50);
}

/** @param {number} place @param {number} [before] */
function itemLinks(place, before) {
  return h("p", h("a", { href: `#item-${place}` }, "open the item"), before !== undefined && [", ", h("a", { href: `#compare/item-${before}/item-${place}` }, "compare with the one before")]);
}

/** @param {Page} page @param {ToolFacts} tool @param {number[]} places */
function toolFold(page, { name, calls, failed, offered, bytes: size, first_turn: first }, places) {
  const place = places.at(-1);
  const head = [h("code", isolated(name)), " ", calls ? plural(calls, "call") : "never called", failed ? [", ", h("b.bad", `${number(failed)} failed`)] : "", `, ${offered ? bytes(size) : "not offered"} `, place !== undefined && title(page, place)];
  return fold(head, async () => [
    h("p", offered ? ["Offered in ", plural(offered, "turn"), ", first in ", turnLink(first), ". "] : null, calls ? h("a", { href: `#search/${encodeURIComponent(`tool:"${name}"`)}` }, "Turns that call it") : null),
    places.map((one, at) => itemLinks(one, places[at - 1])),
    place === undefined ? h("p.dim", "No request defines it by this name: it is the API's own, part of another, or was called without an offer.") : await renderItem(page, place),
  ], { class: "given" });
}
