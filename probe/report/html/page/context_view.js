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
    const parts = KINDS.filter(([kind]) => turns.some((one) => size(one, kind))).map(([kind, name]) => ({ kind, name, color: `--k-${kind}` }));
    const chart = columnsChart({
      label: "Context of each turn", turns, parts, chosen: turn, link: "#context/turn-",
      format: (value) => (isTokens ? compact(value) : bytes(value)),
      sizes: (one) => parts.map(({ kind }) => size(one, kind)),
      words: (one) => [...parts.map(({ kind, name }) => (size(one, kind) ? `${name} ${format(size(one, kind))}` : "")), one.shortened ? "the conversation was shortened (▼)" : ""],
      mark: (one) => Boolean(one.shortened),
    });
    const columns = Object.fromEntries(parts.map(({ kind, name }) => [`#${name}`, (/** @type {Turn} */ one) => amount(size(one, kind), format)]));
    const shown = parts.map((part) => ({ ...part, size: size(turn, part.kind), text: format(size(turn, part.kind)) })).filter((part) => part.size);
    root.append(
      section("How the context grew", contextControls(page, turn, isKnown), legend(parts), chart, folded("The same as a table", () => table("Context of each turn", turns, { turn: turnCell, ...columns, "#input tokens": (one) => amount(one.tokens?.input) }))),
      section(`What turn ${turn.number} sent`, h("p", turnLink(turn.number), ": ", isolated(didWords(turn)), `. The API counted ${number(turn.tokens?.input)} input tokens. New: `, newWords(turn)), arriving(itemSizes(page, turn, shown, format), "div")),
    );
  },
});

/** @param {Page} page @param {Turn} turn @param {boolean} isKnown */
function contextControls({ summary }, turn, isKnown) {
  const select = /** @type {HTMLSelectElement} */ (h("select", { onchange: () => go(`#context/turn-${select.value}`) }, summary.threads.map((one) => h("option", { value: one.turns[0], selected: one.number === turn.thread }, `${threadName(one, summary)}, ${plural(one.turns.length, "turn")}`))));
  const unit = (/** @type {string} */ value, /** @type {string} */ words) => h("button", { type: "button", "aria-pressed": String(contextChoice.unit === value), onclick: () => {
    contextChoice.unit = value;
    history.replaceState(null, "", `#context/turn-${turn.number}`);
    dispatchEvent(new HashChangeEvent("hashchange"));
  } }, words);
  return h("div.controls", h("label", "Thread ", select), isKnown ? [unit("tokens", "Tokens, estimated from the API's count"), unit("bytes", "Bytes")] : h("span.dim", "In bytes: no usage of these very requests is known, from which tokens could be estimated."));
}

/** @param {Page} page @param {Turn} turn @param {(Part & {kind: ContextKind, size: number})[]} parts @param {(size: number) => string} format */
async function itemSizes(page, turn, parts, format) {
  const { items } = await page.index();
  const places = await page.items(turn.number);
  const texts = await Promise.all(places.map((place) => itemTexts(page, place)));
  const groups = parts.sort((one, other) => other.size - one.size).map((part) => {
    // What is estimated is shared out by bytes.
    const scale = part.size / (turn.context[part.kind] || 1);
    const cells = places.flatMap((place, at) => {
      const item = items[place];
      const size = Math.round((item.context[part.kind] ?? 0) * scale);
      return size ? { name: (item.kind === "message" && texts[at][part.kind]) || texts[at].instructions || itemName(item), kind: part.name, size, text: format(size), href: `#item-${place}` } : [];
    });
    return { ...part, cells: cells.sort((one, other) => other.size - one.size) };
  });
  const rows = groups.flatMap(({ cells }) => cells).sort((one, other) => other.size - one.size);
  return [treemap(`Items of turn ${turn.number} by size; each opens the item`, groups), legend(groups),
    folded("The items as a table, by size", () => table(`Items of turn ${turn.number}`, rows, { item: ({ href, name }) => h("a", { href }, clip(name)), kind: ({ kind }) => kind, "#size": ({ size }) => amount(size, format) }))];
}

/** Return what an item is called: who wrote a message, or the name of anything else. @param {ItemFacts} item */
function itemName(item) {
  if (item.context.tool_results && item.kind === "message") return "tool result";
  return (item.kind === "message" ? item.role || item.name : item.name) || itemKind(item).replace("_", " ");
}

/** @type {Record<string, ContextKind>} */
const ORIGIN_KINDS = { human: "user", injected: "injected", model: "task" };

/** Return the first line of what an item has of each kind; calls and results by the tool and its argument. @param {Page} page @param {number} place @returns {Promise<Partial<Record<ContextKind, string>>>} */
async function itemTexts(page, place) {
  const facts = (await page.index()).items[place];
  const origins = [...facts.origins];
  /** @type {Record<string, string>} */
  const found = {};
  const call = (/** @type {Block} */ { call_id: id, name = "a tool" }) => (page.calls.has(id ?? "") ? `${page.calls.get(id)?.name} ${page.calls.get(id)?.argument}` : name);
  const add = (/** @type {string} */ kind, /** @type {string | null | undefined} */ text) => (found[kind] ||= text?.trim().replace(/\s+/g, " ").slice(0, 200) ?? "");
  /** @type {Record<string, (block: Block) => unknown>} */
  const readers = {
    ToolCall: (block) => add("tool_calls", call(block)),
    ToolResult: (block) => add("tool_results", `result of ${call(block)}: ${facts.beginning}`),
    Reasoning: ({ text, summary }) => add("reasoning", text ?? summary),
    Text: ({ text }) => add(ORIGIN_KINDS[origins.shift() ?? ""] ?? (facts.role === "assistant" ? "assistant" : itemKind(facts)), text),
    Tool: ({ description }) => add("tools", description),
    // What comes first in instructions may be a line for the machine: the longest text says what they are.
    Instructions: ({ content }) => add("instructions", content.map((/** @type {Block} */ { text = "" }) => text).sort((/** @type {string} */ one, /** @type {string} */ other) => other.length - one.length)[0]),
  };
  const read = (/** @type {Block} */ block) => (readers[block.block] ?? (({ tools, content = [] }) => (tools ?? content).forEach(read)))(block);
  (await page.store.json(facts.blocks)).forEach(read);
  return found;
}

/** Return what an item is, in one line. @param {Page} page @param {number} place */
async function itemTitle(page, place) {
  const { tool_calls: call, tool_results: result, user, task, assistant, ...others } = await itemTexts(page, place);
  return call || result || user || task || assistant || Object.values(others).find(Boolean) || (await page.index()).items[place].beginning;
}
