// Blocks (probe/renderers/blocks.py) as elements, for every API alike.

/** What an origin is called, its colour, and what it means. */
const ORIGINS = /** @type {Record<string, [string, ContextKind, string]>} */ ({
  human: ["human", "user", "A human wrote this"],
  injected: ["harness", "injected", "The agent's harness put this into the message"],
  model: ["model", "task", "A model wrote this: the task of a sub-agent"],
});
const ROLES = /** @type {Record<string, ContextKind>} */ ({ user: "user", assistant: "assistant", model: "assistant", tool: "tool_results", system: "injected", developer: "injected" });
const isSystem = (/** @type {string | null | undefined} */ role) => role === "system" || role === "developer";

/** @param {Block[]} blocks @param {BlockContext} context @returns {HTMLElement[]} */
function renderBlocks(blocks, context) {
  context.images ??= { next: 0 };
  return blocks.map((block) => (BLOCKS[block.block] ?? jsonView)(block, context));
}

/** @param {string} tag @param {string} kind @param {...any} children */
function colored(tag, kind, ...children) {
  return styled(h(tag, ...children), { "--c": `var(--k-${kind})` });
}

/** @param {string} kind @param {any} title @param {any} content */
function messageView(kind, title, content) {
  return colored("div.message", kind, h("header.row", title), content);
}

/** @type {Record<string, (block: any, context: BlockContext) => HTMLElement>} */
const BLOCKS = {
  Text: textBlock,
  Markdown: ({ text }) => h("div.block", proseView(text)),
  Reasoning: ({ summary, text, encrypted_characters: hidden }) => {
    const words = text || summary || "";
    const about = hidden ? `${words ? "signature" : "encrypted"}, ${plural(hidden, "character")}` : words ? "" : "no text";
    return messageView("reasoning", [h("b", "thinking"), about], [text && summary ? proseView(summary) : null, words && clamped(h("div.dim", proseView(words)), isLong(words))]);
  },
  ToolCall: toolCallBlock,
  ToolResult: toolResultBlock,
  Media: mediaBlock,
  Usage: (block) => h("p.remark", "Usage: ", usageWords(block)),
  Settings: ({ pairs }) => h("div.block.row", pairs.map((/** @type {[string, any]} */ [name, value]) => {
    const text = typeof value === "string" ? value : JSON.stringify(value);
    return text.length > 120 ? jsonView(value, 0, name) : h("span", h("span.dim", name, " "), h("code", text));
  })),
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
  CacheBreakpoint: ({ lasts }) => h("p.breakpoint", { title: "The agent asks the API to keep all up to here, to be read again by the next request" }, `cache breakpoint, ${lasts}`),
  Encrypted: ({ what, characters }) => remark(`${what}: ${plural(characters, "character")} that only the API can read`),
  Note: ({ text }) => remark(text),
  Body: ({ value }) => valueView(value, "boxed"),
  Unknown: ({ what, value }) => fold(["Not understood: ", isolated(what)], () => jsonView(value)),
};

/** @param {any} value @param {string} [name] */
function valueView(value, name = "") {
  if (value === null || value === undefined || value === "") return remark("Empty");
  if (typeof value !== "string") return jsonView(value, 2);
  const image = imageIn(value);
  return image ? imageView(image) : h("div.mono", textView(value, name));
}

/** @param {Block} block @param {BlockContext} context */
function textBlock({ text, label, origin = "" }, { role, whole }) {
  const [word, kind, meaning] = ORIGINS[origin] ?? [];
  const isSpoken = ["assistant", "model"].includes(role ?? "") || isSystem(role);
  const view = () => (!text ? remark("Empty") : isSpoken ? proseView(text) : textView(text, role === "tool" ? "mono" : ""));
  const shown = () => clamped(view(), !whole && role !== "assistant" && isLong(text, isSystem(role) ? 12 : 30));
  const title = label && label !== "Output text" ? h("b", label) : null;
  if (!kind) return h("div.block", title, shown());
  const badge = colored("span.badge.dot", kind, { title: meaning }, word);
  return origin === "injected" && !whole ? fold([badge, title, h("span.grow.dim", isolated(firstWords(text))), h("span.num.dim", bytes(text.length))], shown, { class: "item" }) : messageView(kind, [badge, title], shown());
}

/** Return the beginning of a text without marks and headers of a harness. @param {string} text */
function firstWords(text) {
  return text.slice(0, 2000).replace(/^\s*(x-[\w-]+:.*|<[^>\n]{1,40}>|#+ )\s*/gm, "").replace(/\s+/g, " ").slice(0, 200);
}

/** Return a message; what the harness wrote is folded, and after what a human did. @param {Block} block @param {BlockContext} context */
function messageBlock({ role, type, content }, context) {
  const origins = role === "user" ? [...(context.origins ?? [])] : [];
  const rank = (/** @type {Block} */ { origin }) => Number(origin === "injected");
  const blocks = content.map((/** @type {Block} */ block) => (block.block === "Text" ? { ...block, origin: origins.shift() } : block));
  if (!context.whole) blocks.sort((/** @type {Block} */ one, /** @type {Block} */ other) => rank(one) - rank(other));
  const shown = () => (blocks.length ? renderBlocks(blocks, { ...context, role: role ?? "assistant" }) : [remark("Empty")]);
  if (isSystem(role) && !context.whole) {
    const text = content.find((/** @type {Block} */ { text }) => text)?.text ?? "";
    return fold([colored("span.badge.dot", "injected", { title: "A message of the harness within the conversation" }, role), h("span.grow.dim", isolated(firstWords(text))), h("span.num.dim", bytes(text.length))], shown, { class: "item" });
  }
  const isSpeech = !blocks.length || blocks.some((/** @type {Block} */ { block, origin }) => !ORIGINS[origin] && !["ToolCall", "ToolResult", "Reasoning", "CacheBreakpoint"].includes(block));
  return isSpeech ? messageView(ROLES[role] ?? "other", h("b", role ?? type), shown()) : h("div.block", shown());
}

/** @param {string} kind @param {boolean} failed @param {any} head @param {any} content */
function card(kind, failed, head, content) {
  const badges = [colored("span.badge.dot", kind, kind.slice(0, -1).replace("_", " ")), head];
  return h(failed ? "div.call.failed" : "div.call", h("div.row", badges, failed ? h("span.badge.bad", "failed") : null), h("div", content));
}

/** @param {Block} block @param {BlockContext} context */
function toolCallBlock({ name, kind, call_id: id, finished, arguments: value }, { result }) {
  const rows = value && typeof value === "object" && !Array.isArray(value) ? Object.entries(value) : null;
  const table = rows?.length ? h("table.headers", rows.map(([key, one]) => h("tr", h("th", { scope: "row" }, key), h("td", clamped(valueView(one), typeof one === "string" && isLong(one)))))) : rows ? remark("No arguments") : valueView(value);
  const word = /^(tool_use|function(_call)?)$/.test(kind) ? null : isolated(kind);
  const root = card("tool_calls", false, [h("code", name), word, id ? h("span.mono.dim", id) : null, finished === false ? h("span.badge.bad", "cut short") : null], table);
  result?.(id ?? "").then((found) => {
    if (!found) return;
    root.append(h("div.result", h("div.row", found.block.failed ? h("span.badge.bad", "failed") : null, "Result, sent in ", turnLink(found.turn)), renderBlocks(found.block.content, { role: "tool" })));
    root.classList.toggle("failed", Boolean(found.block.failed));
  }, () => {});
  return root;
}

/** @param {Block} block @param {BlockContext} context */
function toolResultBlock({ call_id: id, kind, failed, content }, context) {
  const call = page.calls.get(id ?? "");
  const from = call ? [h("code", call.name), h("span.grow.dim", isolated(call.argument)), turnLink(call.turn.number, `called in turn ${call.turn.number}`)] : isolated(id ?? kind);
  return card("tool_results", failed, from, content.length ? renderBlocks(content, { ...context, role: "tool" }) : remark("Empty"));
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

/** @param {Block} tool @returns {HTMLElement} */
function toolView(tool) {
  return fold([h("code", tool.name), " ", h("small", (tool.description ?? tool.type).slice(0, 100))], () => toolBody(tool));
}

/** @param {Block} tool */
function toolBody({ description, definition, tools }) {
  return [description ? proseView(description) : null, h("p.dim", "Definition as sent"), jsonView(definition, 2), (tools ?? []).map(toolView)];
}

/** @param {Block} usage */
function usageWords(usage) {
  return Object.entries(usage).flatMap(([name, count]) => (typeof count === "number" ? `${name.replace("_", " ")} ${name === "cost" ? dollars(count) : number(count)}` : [])).join(" · ");
}
