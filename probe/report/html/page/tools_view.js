// What the agent was given: its system prompts, its tools, what its harness injected, and what a human wrote.

addView({ name: "tools", tab: "Prompt & tools", key: "p", show: showGiven });

/** @param {HTMLElement} root @param {string[]} path @param {Page} page */
async function showGiven(root, path, page) {
  const { summary } = page;
  const parts = {
    instructions: section("System prompt", h("p", { class: "wait" }, "Reading …")),
    tools: section("Tools", h("p", { class: "wait" }, "Reading …")),
    injected: section("Injected by the agent's harness", injected(summary)),
    human: section("Written by a human", h("p", { class: "wait" }, "Reading …")),
  };
  root.append(...Object.values(parts));
  const index = await page.index();
  const first = firstTurns(index, summary.turns.map((turn) => turn.number));
  /** @type {(test: (item: ItemFacts) => boolean) => number[]} */
  const places = (test) => index.items.flatMap((item, place) => (test(item) && first[place] ? [place] : [])).sort((one, other) => first[one] - first[other]);
  parts.instructions.lastChild?.replaceWith(...instructions(page, index, places((item) => item.kind === "instructions"), first));
  parts.tools.lastChild?.replaceWith(...toolLists(page, index, places((item) => item.kind === "tool"), first));
  parts.human.lastChild?.replaceWith(...(await humanTexts(page, index, places((item) => item.origins.includes("human")), first)));
  if (path[1] in parts) parts[/** @type {keyof typeof parts} */ (path[1])].scrollIntoView();
}

/** @param {Page} page @param {Index} index @param {number[]} places @param {Uint32Array} first */
function instructions(page, index, places, first) {
  if (!places.length) return [empty("No turn sent instructions of its own: look at the first messages of ", turnLink(1), ".")];
  /** @type {Map<number, number>} */
  const last = new Map();
  return places.map((place, at) => {
    const turn = page.turn(first[place]);
    const before = last.get(turn.thread);
    last.set(turn.thread, place);
    const body = h("div", {});
    const fold = /** @type {HTMLDetailsElement} */ (h("details", { class: "given" }, h("summary", {}, h("h3", {}, `From turn ${turn.number} on`), ` ${givenTo(page, turn)}, ${bytes(index.items[place].size)} `, h("span", { class: "clip" }, isolated(index.items[place].beginning))), body));
    const fill = async () => {
      if (fold.open && !body.firstChild) body.append(givenLinks(place, before), await renderItem(page, place));
    };
    fold.addEventListener("toggle", fill);
    fold.open = at === 0;
    return fold;
  });
}

/** @param {Page} page @param {Turn} turn */
function givenTo({ summary }, turn) {
  const thread = threadOf(turn, summary);
  return turn.is_side ? `(side request: ${turn.purpose})` : thread ? `(${threadName(thread, summary)})` : "";
}

/** @param {number} place @param {number} [before] */
function givenLinks(place, before) {
  return h("p", {}, h("a", { href: `#item-${place}` }, "open the item"), before === undefined ? null : [", ", h("a", { href: `#compare/item-${before}/item-${place}` }, "compare with the one before")]);
}

/** @param {Page} page @param {Index} index @param {number[]} places @param {Uint32Array} first */
function toolLists(page, index, places, first) {
  const { tools, turns } = page.summary;
  if (!tools.length) return [empty(turns.length ? "No turn offered a tool." : "No call of a model was recorded.")];
  /** @type {Map<string, number[]>} */
  const definitions = new Map();
  for (const place of places) definitions.set(index.items[place].name, [...(definitions.get(index.items[place].name) ?? []), place]);
  const never = tools.filter((tool) => !tool.calls).sort((one, other) => other.bytes - one.bytes);
  const called = tools.filter((tool) => tool.calls).sort((one, other) => other.calls - one.calls);
  /** @param {ToolFacts} tool */
  const fold = (tool) => toolFold(page, tool, definitions.get(tool.name) ?? [], first);
  return [
    h("h3", {}, never.length ? `Never called: ${number(never.length)} of ${number(tools.length)}` : "Every tool was called"), ...never.map(fold),
    ...(called.length ? [h("h3", {}, `Called: ${number(called.length)}`), ...called.map(fold)] : []),
  ];
}

/** @param {Page} page @param {ToolFacts} tool @param {number[]} places @param {Uint32Array} first */
function toolFold(page, tool, places, first) {
  const body = h("div", {});
  const said = h("span", { class: "clip" });
  const use = tool.calls ? plural(tool.calls, "call") : "never called";
  const fold = /** @type {HTMLDetailsElement} */ (h("details", { class: "given" }, h("summary", {}, h("code", {}, isolated(tool.name)), " ",
    h("span", { class: "use" }, use, tool.failed ? [", ", h("span", { class: "bad" }, `${number(tool.failed)} failed`)] : null, `, ${bytes(tool.bytes)}${tool.offered ? "" : ", not offered"} `), said), body));
  const place = places[places.length - 1];
  const read = place === undefined ? null : page.index().then(async (index) => (await page.store.json(index.items[place].blocks)));
  read?.then((blocks) => said.append(isolated(toolWords(blocks).slice(0, 200))), () => {});
  fold.addEventListener("toggle", async () => {
    if (!fold.open || body.firstChild) return;
    body.append(h("p", {}, tool.first_turn ? ["Offered in ", plural(tool.offered, "turn"), ", first in ", turnLink(tool.first_turn), ". "] : null, tool.calls ? h("a", { href: `#search/${encodeURIComponent(`tool:${tool.name.includes(" ") ? `"${tool.name}"` : tool.name}`)}` }, "Turns that call it") : null));
    places.forEach((one, at) => append(body, [h("p", {}, places.length > 1 ? `As of turn ${first[one]}: ` : null, givenLinks(one, places[at - 1]))]));
    if (place === undefined) body.append(empty("Its definition is not in the requests: it is the API's own, or was called without an offer."));
    else body.append(await renderItem(page, place));
  });
  return fold;
}

/** Return the description of a tool out of its blocks. @param {Block[]} blocks @returns {string} */
function toolWords(blocks) {
  for (const block of blocks) {
    const found = block.description ?? (block.tools && toolWords(block.tools));
    if (found) return found;
  }
  return "";
}

/** @param {Summary} summary */
function injected({ injected: found }) {
  if (!found.length) return empty("Nothing that is known: no message of the user has a mark of an agent's harness.");
  return longTable("What the harness injected", ["what", "#times", "#bytes", "first in"], found, (one) => [isolated(one.what), number(one.count), number(one.bytes), turnLink(one.first_turn)]);
}

/** @param {Page} page @param {Index} index @param {number[]} places @param {Uint32Array} first */
async function humanTexts(page, index, places, first) {
  if (!places.length) return [empty("No text of a human was found in the requests.")];
  const texts = await Promise.all(places.map(async (place) => {
    const { origins, blocks } = index.items[place];
    return textsIn(await page.store.json(blocks)).filter((_, at) => origins[at] === "human").map((text) => ({ place, text }));
  }));
  return [h("ol", { class: "human" }, texts.flat().map(({ place, text }) => h("li", {}, h("p", {}, turnLink(first[place]), ", ", h("a", { href: `#item-${place}` }, "item")), textView(text, "boxed"))))];
}

/** Return the texts in blocks, in order. @param {Block[]} blocks @returns {string[]} */
function textsIn(blocks) {
  return blocks.flatMap((block) => (block.block === "Text" ? [block.text] : Array.isArray(block.content) ? textsIn(block.content) : []));
}
