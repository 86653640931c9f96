// Blocks (probe/renderers/blocks.py) as elements, for every API alike.

/** What an origin is called, its colour, and what it means. */
const ORIGINS = /** @type {Record<string, [string, ContextKind, string]>} */ ({
  human: ["human", "user", "A human wrote this"],
  injected: ["harness", "injected", "The agent's harness put this into the message"],
  model: ["model", "assistant", "A model wrote this: the task of a sub-agent"],
});
const ROLES = /** @type {Record<string, ContextKind>} */ ({ user: "user", assistant: "assistant", model: "assistant", tool: "tool_results", system: "instructions", developer: "instructions" });

/** Return blocks as elements. @param {Block[]} blocks @param {BlockContext} context @returns {HTMLElement[]} */
function renderBlocks(blocks, context) {
  context.images ??= { next: 0 };
  return blocks.map((block) => (BLOCKS[block.block] ?? jsonView)(block, context));
}

/** @param {string} text @param {string} [name] */
function remark(text, name = "") {
  return h("p", { class: `remark ${name}` }, text);
}

/** Return an element in the colour of a kind of content. @param {string} tag @param {string} kind @param {...any} children */
function colored(tag, kind, ...children) {
  const element = h(tag, ...children);
  element.style.setProperty("--c", `var(--k-${kind})`);
  return element;
}

/** @param {string} kind @param {any} title @param {any} content */
function messageView(kind, title, content) {
  return colored("div.message", kind, h("header", title), content);
}

/** @type {Record<string, (block: any, context: any) => HTMLElement>} */
const BLOCKS = {
  Text: textBlock,
  Markdown: ({ text }) => h("div.block", proseView(text)),
  Reasoning: reasoningBlock,
  ToolCall: toolCallBlock,
  ToolResult: toolResultBlock,
  Media: mediaBlock,
  Usage: (block) => h("p.remark", "Usage: ", usageWords(block)),
  Settings: ({ pairs }) => settingsView(pairs),
  Instructions: ({ content }, context) => messageView("instructions", h("b", "instructions"), renderBlocks(content, { ...context, role: "system" })),
  Message: messageBlock,
  Conversation: ({ title, messages }, context) => fold([title, h("small", ` ${plural(messages.length, "message")}`)], () => renderBlocks(messages, context), { open: messages.length < 6 }),
  Tool: toolView,
  Tools: ({ title, tools }) => fold([title, h("small", ` ${tools.length}`)], () => tools.map(toolView)),
  EventCounts: ({ size, counts }) => remark(`Stream of ${bytes(size)}: ${counts.map((/** @type {any[]} */ count) => count.join(" × ")).join(", ")}`),
  Refusal: ({ text }) => h("div.failure", h("b", "Refusal: "), textView(text)),
  Failure: ({ message, code, detail }) => h("div.failure", h("b", "Error: "), isolated(message), code ? [" ", h("code", code)] : null, detail ? jsonView(detail, 0) : null),
  Incomplete: ({ reason }) => remark(`The API ended this answer early: ${reason}`, "warn"),
  CutShort: ({ what }) => remark(`Cut short: the ${what ?? "stream"} ended before its end had arrived.`, "bad"),
  CacheBreakpoint: ({ lasts }) => h("p.breakpoint", `cache breakpoint, ${lasts}`),
  Encrypted: ({ what, characters }) => remark(`${what}: ${plural(characters, "character")} that only the API can read`),
  Note: ({ text }) => remark(text),
  Body: ({ value }) => valueView(value, "boxed"),
  Unknown: ({ what, value }) => fold(["Not understood: ", isolated(what)], () => jsonView(value)),
};

/** Return a value as what it is: an image, text, JSON. @param {any} value @param {string} [name] */
function valueView(value, name = "") {
  if (value === null || value === undefined || value === "") return remark("Empty");
  if (typeof value !== "string") return jsonView(value, 2);
  const image = imageIn(value);
  return image ? imageView(image) : h("div.mono", textView(value, name));
}

/** @param {Block} block @param {BlockContext} context */
function textBlock({ text, label }, { role, origins, whole }) {
  const origin = origins?.shift() ?? "";
  const isSpoken = ["assistant", "model", "system", "developer"].includes(role ?? "");
  const view = !text ? remark("Empty") : isSpoken ? proseView(text) : textView(text, role === "tool" ? "mono" : "");
  const shown = clamped(view, !whole && role !== "assistant" && isLong(text, origin === "injected" || isSpoken ? 12 : 30));
  const title = label && label !== "Output text" ? h("div.block-head", label) : null;
  if (!ORIGINS[origin]) return h("div.block", title, shown);
  const [word, kind, meaning] = ORIGINS[origin];
  return messageView(kind, [colored("span.badge.dot", kind, { title: meaning }, word), title], shown);
}

/** @param {Block} block */
function reasoningBlock({ summary, text, encrypted_characters: hidden }) {
  const words = text || summary || "";
  const about = hidden ? ` ${plural(hidden, "character")} that only the API can read` : words ? "" : " no text";
  return messageView("reasoning", [h("b", "thinking"), about], [text && summary ? proseView(summary) : null, words ? clamped(h("div.dim", proseView(words)), isLong(words)) : null]);
}

/** @param {Block} block @param {BlockContext} context */
function messageBlock({ role, type, content }, context) {
  const inner = { ...context, role: role ?? "assistant", origins: role === "user" ? [...(context.origins ?? [])] : [] };
  const shown = content.length ? renderBlocks(content, inner) : [remark("Empty")];
  const isSpeech = content.some((/** @type {Block} */ { block }) => !["ToolCall", "ToolResult", "Reasoning", "CacheBreakpoint"].includes(block));
  return isSpeech || !content.length ? messageView(ROLES[role] ?? "other", h("b", role ?? type), shown) : h("div.block", shown);
}

/** @param {Block} block @param {BlockContext} context */
function toolCallBlock({ name, kind, call_id: id, finished, arguments: value }, context) {
  const head = h("div.block-head", colored("span.badge.dot", "tool_calls", "tool call"), h("code", name), isolated(kind), id ? h("span.mono", id) : null, finished === false ? h("span.badge.bad", "cut short") : null);
  const card = h("div.block.call", head, h("div", argumentsView(value)));
  context.result?.(id ?? "").then((found) => {
    if (!found) return;
    if (found.block.failed) markFailed(card, head);
    const where = h("div.block-head", "Result, sent in ", turnLink(found.turn));
    card.append(h("div.call-result", where, ...renderBlocks(found.block.content, { page: context.page, role: "tool" })));
  });
  return card;
}

/** @param {HTMLElement} card @param {HTMLElement} head */
function markFailed(card, head) {
  card.classList.add("failed");
  head.append(h("span.badge.bad", "failed"));
}

/** Return the arguments of a call, by name and value. @param {any} value */
function argumentsView(value) {
  if (!value || typeof value !== "object" || Array.isArray(value)) return valueView(value);
  const rows = Object.entries(value).map(([name, one]) => h("tr", h("th", { scope: "row" }, name), h("td", clamped(valueView(one), typeof one === "string" && isLong(one)))));
  return rows.length ? h("table.headers", rows) : remark("No arguments");
}

/** @param {Block} block @param {BlockContext} context */
function toolResultBlock({ call_id: id, kind, failed, content }, context) {
  const call = context.page.calls.get(id ?? "");
  const from = call ? [h("code", call.name), isolated(call.argument.slice(0, 120), "dim"), turnLink(call.turn.number, `called in turn ${call.turn.number}`)] : isolated(id ?? kind);
  const head = h("div.block-head", colored("span.badge.dot", "tool_results", "tool result"), from);
  const card = h("div.block.call", head, h("div", content.length ? renderBlocks(content, { ...context, role: "tool", origins: [] }) : remark("Empty")));
  if (failed) markFailed(card, head);
  return card;
}

/** @param {Block} block @param {BlockContext} context */
function mediaBlock({ label, media_type: type, size, source }, { raw, images }) {
  const root = h("div.block", h("b", label), " ", isolated([type, size === null ? null : bytes(size), source].filter(Boolean).join(", ")));
  if (size !== null && raw && images && (!type || type.startsWith("image/"))) {
    const place = images.next++;
    raw().then((value) => append(root, imagesIn(value).slice(place, place + 1).map(imageView)));
  }
  return root;
}

/** @param {Block} tool */
function toolView(tool) {
  return fold([h("code", tool.name), " ", h("small", (tool.description ?? tool.type).slice(0, 100))], () => toolBody(tool));
}

/** @param {Block} tool */
function toolBody({ description, definition, tools }) {
  return [description ? proseView(description) : null, h("div.block-head", "Definition as sent"), jsonView(definition, 2), (tools ?? []).map(toolView)];
}

/** @param {[string, any][]} pairs */
function settingsView(pairs) {
  const flat = pairs.map(([name, value]) => ({ name, value, text: typeof value === "string" ? value : JSON.stringify(value) }));
  const short = flat.filter(({ text }) => text.length <= 120).map(({ name, text }) => h("span", h("span.dim", name, " "), h("code", text)));
  return h("div.block", h("div.pairs", short), flat.filter(({ text }) => text.length > 120).map(({ name, value }) => jsonView(value, 0, name)));
}

/** @param {Block} usage */
function usageWords(usage) {
  /** @param {...[number | null, string]} parts */
  const inside = (...parts) => {
    const known = parts.flatMap(([count, word]) => (count ? `${number(count)} ${word}` : []));
    return known.length ? ` (${known.join(", ")})` : "";
  };
  const input = `${number(usage.input)} input${inside([usage.cache_read, "cached"], [usage.cache_write, "written to the cache"])}`;
  const output = `${number(usage.output)} output${inside([usage.reasoning, "reasoning"])}`;
  return `${input} · ${output} · ${number(usage.total)} total${usage.cost === null ? "" : ` · ${dollars(usage.cost)} charged`}`;
}
