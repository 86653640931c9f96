// What the context consists of and how it grew: columns over turns, a treemap of one turn, and the same as tables.

/** What a reader chose; kept while the page is open. */
const contextChoice = { unit: "tokens", thread: 0 };

addView({
  name: "context", tab: "Context", key: "c",
  async show(root, path, page) {
    const { turns: all, threads } = page.summary;
    const largest = (/** @type {Turn[]} */ turns) => [...turns].sort((one, other) => contextSize(other) - contextSize(one))[0];
    if (!all.length || !contextSize(largest(all))) {
      root.append(h("p.dim", all.length ? "No request of a model could be read, so what its context consists of is not known." : "No call of a model was recorded, so there is no context."));
      return;
    }
    const wanted = path[1] ? page.turn(Number(path[1].replace("turn-", ""))) : undefined;
    const thread = page.threads.get(wanted?.thread ?? contextChoice.thread) ?? threads.reduce((best, one) => (one.turns.length > best.turns.length ? one : best));
    contextChoice.thread = thread.number;
    const turns = thread.turns.map((turn) => page.turn(turn));
    const turn = wanted ?? largest(turns);
    const isKnown = turns.some((one) => one.context_tokens);
    const isTokens = isKnown && contextChoice.unit === "tokens";
    const format = isTokens ? estimate : bytes;
    const size = (/** @type {Turn} */ one, /** @type {ContextKind} */ kind) => (isTokens ? one.context_tokens : one.context)?.[kind] ?? 0;
    const kinds = KINDS.filter(([kind]) => turns.some((one) => size(one, kind)));
    const parts = kinds.map(([kind, name]) => ({ kind, name, color: `--k-${kind}`, size: size(turn, kind), text: format(size(turn, kind)) }));
    const columns = Object.fromEntries(kinds.map(([kind, name]) => [`#${name}`, (/** @type {Turn} */ one) => amount(size(one, kind), format)]));
    root.append(
      section("How the context grew", contextControls(page, turn, isKnown), legend(parts.map(({ name, color }) => ({ name, color }))), columnsChart({
        label: "Context of each turn", turns, parts, chosen: turn, link: "#context/turn-",
        format: (value) => (isTokens ? compact(value) : bytes(value)),
        sizes: (one) => kinds.map(([kind]) => size(one, kind)),
        words: (one) => [...kinds.map(([kind, name]) => (size(one, kind) ? `${name} ${format(size(one, kind))}` : "")), one.shortened ? "the conversation was shortened (▼)" : ""],
        mark: (one) => Boolean(one.shortened),
      }), folded("The same as a table", () => table("Context of each turn", turns, { turn: turnCell, ...columns, "#input tokens": (one) => amount(one.tokens?.input) }))),
      section(`What turn ${turn.number} sent`, h("p", turnLink(turn.number), ": ", isolated(didWords(turn)), turn.tokens?.input ? `. The API counted ${number(turn.tokens.input)} input tokens. New: ` : ". New: ", newWords(turn)),
        arriving(itemSizes(page, turn, parts.filter((part) => part.size), format), "div")),
    );
  },
});

/** @param {Page} page @param {Turn} turn @param {boolean} isKnown */
function contextControls({ summary }, turn, isKnown) {
  const threads = summary.threads.filter((one) => one.turns.length);
  const select = /** @type {HTMLSelectElement} */ (h("select", { onchange: () => go(`#context/turn-${select.value}`) }, threads.map((one) => h("option", { value: one.turns[0], selected: one.number === turn.thread }, `${threadName(one, summary)}, ${plural(one.turns.length, "turn")}`))));
  const choose = (/** @type {string} */ value) => () => {
    contextChoice.unit = value;
    history.replaceState(null, "", `#context/turn-${turn.number}`);
    dispatchEvent(new HashChangeEvent("hashchange"));
  };
  const units = ["tokens", "bytes"].map((value) => h("label", h("input", { type: "radio", name: "unit", checked: contextChoice.unit === value, onchange: choose(value) }), value === "tokens" ? " tokens, estimated from the API's count" : " bytes"));
  return h("div.controls", threads.length > 1 && h("label", "Thread ", select), isKnown ? h("span.controls", { role: "radiogroup", "aria-label": "Unit" }, units) : h("span.dim", "In bytes: no usage was reported from which tokens could be estimated."));
}

/** @param {Page} page @param {Turn} turn @param {(Part & {kind: ContextKind, size: number})[]} parts @param {(size: number) => string} format */
async function itemSizes(page, turn, parts, format) {
  const { items } = await page.index();
  const places = await page.items(turn.number);
  const texts = await Promise.all(places.map((place) => itemTexts(page, place)));
  const groups = parts.sort((one, other) => other.size - one.size).map((part) => {
    // What is estimated is shared out by bytes.
    const scale = part.size / (turn.context[part.kind] || 1);
    const cells = places.map((place, at) => ({ name: (items[place].kind === "message" && texts[at][part.kind]) || texts[at].instructions || itemName(items[place]), item: items[place], kind: part.name, size: (items[place].context[part.kind] ?? 0) * scale, href: `#item-${place}` }));
    return { ...part, cells: cells.filter(({ size }) => size).sort((one, other) => other.size - one.size).map((cell) => ({ ...cell, text: format(Math.round(cell.size)) })) };
  });
  const rows = groups.flatMap(({ cells }) => cells).sort((one, other) => other.size - one.size);
  return [treemap(`Items of turn ${turn.number} by size; each opens the item`, groups), legend(groups),
    folded("The items as a table, by size", () => table(`Items of turn ${turn.number}`, rows, { item: ({ href, item }) => h("a", { href }, isolated(itemName(item))), kind: ({ kind }) => kind, "#size": ({ size }) => amount(Math.round(size), format), what: ({ name }) => clip(name) }))];
}

/** Return what an item is called: who wrote a message, or the name of anything else. @param {ItemFacts} item */
function itemName(item) {
  if (item.context.tool_results && item.kind === "message") return "tool result";
  return (item.kind === "message" ? item.role || item.name : item.name) || itemKind(item).replace("_", " ");
}

/** @type {Record<string, ContextKind>} */
const ORIGIN_KINDS = { human: "user", injected: "injected", model: "task" };

/** Return the first line of what an item has of each kind; calls and results by the tool and its argument. @param {Page} page @param {number} place */
async function itemTexts(page, place) {
  const facts = (await page.index()).items[place];
  /** @type {Context & Record<string, any>} */
  const found = {};
  const origins = [...facts.origins];
  const call = (/** @type {Block} */ { call_id: id, name = "tool" }) => {
    const known = page.calls.get(id ?? "");
    return known ? `${known.name} ${known.argument}` : name;
  };
  const add = (/** @type {string} */ kind, /** @type {string | null | undefined} */ text) => (found[kind] ??= text?.trim().replace(/\s+/g, " ").slice(0, 200));
  const walk = (/** @type {Block} */ block) => {
    if (block.block === "ToolCall") add("tool_calls", call(block));
    else if (block.block === "ToolResult") add("tool_results", `result of ${call(block)}: ${facts.beginning}`);
    else if (block.block === "Tool" && !block.tools.length) add("tools", block.description);
    else if (block.block === "Reasoning") add("reasoning", block.text ?? block.summary);
    else if (block.block === "Text") add(ORIGIN_KINDS[origins.shift() ?? ""] ?? (facts.role === "assistant" ? "assistant" : itemKind(facts)), block.text);
    // What comes first in instructions may be a line for the machine: the longest text says what they are.
    else if (block.block === "Instructions") add("instructions", block.content.map((/** @type {Block} */ { text = "" }) => text).reduce((/** @type {string} */ best, /** @type {string} */ text) => (text.length > best.length ? text : best), ""));
    else (block.tools ?? block.content ?? []).forEach(walk);
  };
  (await page.store.json(facts.blocks)).forEach(walk);
  return /** @type {Partial<Record<ContextKind, string>>} */ (found);
}

/** Return what an item is, in one line. @param {Page} page @param {number} place */
async function itemTitle(page, place) {
  const [{ items }, texts] = [await page.index(), await itemTexts(page, place)];
  return texts.tool_calls ?? texts.tool_results ?? texts.user ?? texts.task ?? texts.assistant ?? texts.instructions ?? texts.tools ?? items[place].beginning;
}
