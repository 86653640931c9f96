// Blocks (probe/renderers/blocks.py) as elements, for every API alike.

/**
 * @typedef {object} BlockContext
 * @property {Page} page
 * @property {string} [role] Who speaks: decides what is Markdown.
 * @property {string[]} [origins] Who wrote each text of a user's message.
 * @property {() => Promise<any>} [raw] The JSON that the blocks are of: it has the images.
 * @property {(callId: string) => Promise<{block: Block, turn: number} | null>} [result] The result of a tool call.
 * @property {boolean} [whole] Nothing is clipped.
 * @property {{image: number, origin: number}} [at] Images and texts that were passed.
 */

/** What an origin is called, its colour, and what it means. */
const ORIGINS = /** @type {Record<string, [string, string, string]>} */ ({
  human: ["human", "user", "A human wrote this"],
  injected: ["harness", "injected", "The agent's harness put this into the message"],
  model: ["model", "assistant", "A model wrote this: the task of a sub-agent"],
});
const ROLE_KINDS = /** @type {Record<string, string>} */ ({
  user: "user",
  assistant: "assistant",
  model: "assistant",
  tool: "tool_results",
  function: "tool_results",
  system: "instructions",
  developer: "instructions",
});

/** Return blocks as elements. @param {Block[]} blocks @param {BlockContext} context @returns {HTMLElement[]} */
function renderBlocks(blocks, context) {
  context.at ??= { image: 0, origin: 0 };
  return blocks.map((block) => {
    const render = BLOCKS[block.block];
    return render ? render(block, context) : jsonView(block);
  });
}

/** @param {string} title @param {...any} content */
function titledBlock(title, ...content) {
  return h("div", { class: "block" }, h("div", { class: "block-head" }, title), content);
}

/** @param {string} text @param {string} [name] */
function remark(text, name = "") {
  return h("p", { class: `remark ${name}` }, ...visible(text));
}

/** @type {Record<string, (block: any, context: BlockContext) => HTMLElement>} */
const BLOCKS = {
  Text: (block, context) => textBlock(block, context),
  Markdown: (block) => h("div", { class: "block" }, proseView(block.text)),
  Reasoning: reasoningBlock,
  ToolCall: toolCallBlock,
  ToolResult: toolResultBlock,
  Media: mediaBlock,
  Usage: (block) => h("p", { class: "remark" }, "Usage: ", usageWords(block)),
  Settings: (block) => settingsView(block.pairs),
  Instructions: (block, context) => messageView("instructions", "instructions", "", renderBlocks(block.content, { ...context, role: "system", at: undefined })),
  Message: messageBlock,
  Conversation: (block, context) => fold([block.title, h("small", {}, ` ${plural(block.messages.length, "message")}`)], () => renderBlocks(block.messages, context), { open: block.messages.length < 6 }),
  Tool: (block) => toolView(block),
  Tools: (block) => fold([block.title, h("small", {}, ` ${block.tools.length}`)], () => block.tools.map(toolView)),
  EventCounts: (block) =>
    h("p", { class: "remark" }, `Stream of ${bytes(block.size)}: `, isolated(block.counts.map((/** @type {[string, number]} */ [name, count]) => `${name} × ${count}`).join(", "))),
  Refusal: (block) => h("div", { class: "failure" }, h("b", {}, "Refusal: "), textView(block.text)),
  Failure: (block) =>
    h("div", { class: "failure" }, h("b", {}, "Error: "), isolated(block.message), block.code ? [" ", h("code", {}, ...visible(String(block.code)))] : null, block.detail == null ? null : jsonView(block.detail, { open: 0 })),
  Incomplete: (block) => remark(`The API ended this answer early: ${block.reason}`, "warn"),
  CutShort: (block) => remark(`Cut short: the ${block.what ?? "stream"} ended before its end had arrived.`, "bad"),
  CacheBreakpoint: (block) => h("p", { class: "breakpoint" }, `cache breakpoint, ${block.lasts}`),
  Encrypted: (block) => remark(`${block.what}: ${plural(block.characters, "character")} that only the API can read`),
  Note: (block) => remark(block.text),
  Body: (block) => bodyValue(block.value),
  Unknown: (block) => fold(["Not understood: ", isolated(block.what)], () => jsonView(block.value), { class: "group warn" }),
};

/** @param {any} value */
function bodyValue(value) {
  if (value === null || value === undefined || value === "") return remark("Empty");
  const image = typeof value === "string" ? imageIn(value) : null;
  if (image) return imageView(image);
  return typeof value === "string" ? h("div", { class: "block" }, textView(value, { mono: true, boxed: true })) : jsonView(value, { open: 2 });
}

/** @param {Block} block @param {BlockContext} context */
function textBlock(block, context) {
  const isSpoken = ["assistant", "model", "system", "developer"].includes(context.role ?? "");
  const text = block.text ? (isSpoken ? proseView(block.text) : textView(block.text, { mono: context.role === "tool" })) : remark("Empty");
  const origin = context.origins?.[/** @type {{origin: number}} */ (context.at).origin++];
  const [word, kind, meaning] = (origin && ORIGINS[origin]) || [null, "", ""];
  const most = origin === "injected" || context.role === "system" ? 12 : 30;
  const isLong = block.text.length > most * 80 || countLines(block.text) > most;
  const shown = clamped(text, isLong && context.role !== "assistant" && !context.whole);
  const head = [block.label && block.label !== "Output text" ? isolated(block.label) : null, word ? colored("span", kind, { class: "badge dot", title: meaning }, word) : null].filter(Boolean);
  const root = h("div", { class: `block${word ? " message" : ""}` }, head.length ? h("div", { class: "block-head" }, head) : null, shown);
  if (word) root.style.setProperty("--c", `var(--k-${kind})`);
  return root;
}

/** @param {string} text */
function countLines(text) {
  let count = 1;
  for (let at = text.indexOf("\n"); at >= 0 && count < 100; at = text.indexOf("\n", at + 1)) count += 1;
  return count;
}

/** Return an element in the colour of a kind of content. @param {string} tag @param {string} kind @param {Record<string, any>} attributes @param {...any} children */
function colored(tag, kind, attributes, ...children) {
  const element = h(tag, attributes, ...children);
  element.style.setProperty("--c", `var(--k-${kind})`);
  return element;
}

/** @param {Block} block */
function reasoningBlock({ summary, text, encrypted_characters: hidden }) {
  const words = text || summary || "";
  const size = hidden ? `${number(hidden)} characters that only the API can read` : words ? "" : "no text";
  const content = words ? h("div", { class: "thinking" }, text && summary ? [proseView(summary), h("hr")] : null, clamped(proseView(words), words.length > 3000)) : null;
  return messageView("reasoning", "thinking", size, content);
}

/** @param {string} kind @param {string} title @param {string} about @param {any} content */
function messageView(kind, title, about, content) {
  return colored("div", kind, { class: "message" }, h("header", {}, h("b", {}, ...visible(title)), about ? isolated(about) : null), content);
}

/** @param {Block} block @param {BlockContext} context */
function messageBlock(block, context) {
  const role = block.role ?? "";
  const kind = ROLE_KINDS[role] ?? "other";
  const inner = { ...context, role: role || "assistant", at: { image: context.at?.image ?? 0, origin: 0 }, origins: role === "user" ? context.origins : undefined };
  const content = renderBlocks(block.content, inner);
  if (context.at) context.at.image = inner.at.image;
  const speaks = block.content.some((/** @type {Block} */ one) => !["ToolCall", "ToolResult", "Reasoning", "CacheBreakpoint"].includes(one.block));
  if (content.length && !speaks) return h("div", { class: "block" }, content);
  return messageView(kind, role || block.type, "", content.length ? content : remark("Empty"));
}

/** @param {Block} block @param {BlockContext} context */
function toolCallBlock(block, context) {
  const head = h("div", { class: "block-head" }, colored("span", "tool_calls", { class: "badge dot" }, "tool call"), h("code", {}, ...visible(block.name)), isolated(block.kind), block.call_id ? h("span", { class: "mono" }, ...visible(block.call_id)) : null, block.finished === false ? h("span", { class: "badge bad" }, "cut short") : null);
  const card = h("div", { class: "block call" }, head, h("div", {}, argumentsView(block.arguments)));
  if (block.call_id && context.result) {
    context.result(block.call_id).then((found) => {
      if (!found) return;
      const { failed, content } = found.block;
      card.classList.toggle("failed", Boolean(failed));
      if (failed) head.append(h("span", { class: "badge bad" }, "failed"));
      const where = h("div", { class: "block-head" }, "Result, sent in ", h("a", { href: `#turn-${found.turn}` }, `turn ${found.turn}`));
      card.append(h("div", { class: "call-result" }, where, renderBlocks(content, { page: context.page, role: "tool" })));
    });
  }
  return card;
}

/** Return the arguments of a call: by name and value where they are short, else as JSON. @param {any} value */
function argumentsView(value) {
  if (typeof value === "string") return textView(value, { mono: true });
  if (!value || typeof value !== "object" || Array.isArray(value)) return jsonView(value);
  const pairs = Object.entries(value);
  if (!pairs.length) return h("span", { class: "dim" }, "no arguments");
  const text = (/** @type {any} */ one) => (typeof one === "string" ? textView(one, { mono: true }) : one && typeof one === "object" ? jsonView(one, { open: 2 }) : h("code", {}, String(one)));
  return h("table", { class: "headers" }, pairs.map(([name, one]) => h("tr", {}, h("th", { scope: "row" }, ...visible(name)), h("td", {}, clamped(text(one), typeof one === "string" && (one.length > 2500 || countLines(one) > 30))))));
}

/** @param {Block} block @param {BlockContext} context */
function toolResultBlock(block, context) {
  const call = context.page.calls.get(block.call_id ?? "");
  const from = call ? [h("code", {}, ...visible(call.name)), call.argument ? isolated(call.argument.slice(0, 120), "dim") : null, h("a", { href: `#turn-${call.turn.number}` }, `called in turn ${call.turn.number}`)] : [isolated(block.call_id ?? block.kind)];
  const head = h("div", { class: "block-head" }, colored("span", "tool_results", { class: "badge dot" }, "tool result"), from, block.failed ? h("span", { class: "badge bad" }, "failed") : null);
  const inner = { ...context, role: "tool", origins: undefined };
  return h("div", { class: `block call${block.failed ? " failed" : ""}` }, head, h("div", {}, block.content.length ? renderBlocks(block.content, inner) : remark("Empty")));
}

/** @param {Block} block @param {BlockContext} context */
function mediaBlock(block, context) {
  const facts = [block.media_type, block.size == null ? null : bytes(block.size), block.source].filter(Boolean).join(", ");
  const root = titledBlock("", h("b", {}, ...visible(block.label)), " ", isolated(facts));
  if (block.size != null && context.raw && context.at) {
    const place = context.at.image;
    const isImage = !block.media_type || block.media_type.startsWith("image/");
    if (isImage) context.at.image += 1;
    if (isImage) context.raw().then((raw) => root.append(...[...imagesIn(raw)].slice(place, place + 1).map(imageView)));
  }
  return root;
}

/** @param {any} tool @returns {HTMLElement} */
function toolView(tool) {
  return fold([h("code", {}, ...visible(tool.name)), h("small", {}, " ", isolated((tool.description ?? tool.type).slice(0, 100)))], () => toolBody(tool), { class: "group tool" });
}

/** @param {any} tool */
function toolBody(tool) {
  return [tool.description ? proseView(tool.description) : null, h("div", { class: "block-head" }, "Definition as sent"), jsonView(tool.definition, { open: 2 }), (tool.tools ?? []).map(toolView)];
}

/** @param {[string, any][]} pairs */
function settingsView(pairs) {
  const flat = pairs.map(([name, value]) => ({ name, value, text: typeof value === "string" ? value : JSON.stringify(value) }));
  const pair = (/** @type {{name: string, text: string}} */ { name, text }) => h("span", {}, h("span", { class: "dim" }, ...visible(name), " "), h("code", {}, ...visible(text)));
  const [short, long] = [flat.filter(({ text }) => text.length <= 120), flat.filter(({ text }) => text.length > 120)];
  return h("div", { class: "block" }, h("div", { class: "pairs" }, short.map(pair)), long.map(({ name, value }) => jsonView(value, { name, open: 0 })));
}

/** @param {Block} usage */
function usageWords(usage) {
  const inside = (/** @type {[number | null, string][]} */ parts) => {
    const known = parts.filter(([count]) => count).map(([count, word]) => `${number(count)} ${word}`);
    return known.length ? ` (${known.join(", ")})` : "";
  };
  const cost = usage.cost == null ? "" : ` · ${dollars(usage.cost)} charged`;
  return `${number(usage.input)} input${inside([[usage.cache_read, "cached"], [usage.cache_write, "written to the cache"]])} · ${number(usage.output)} output${inside([[usage.reasoning, "reasoning"]])} · ${number(usage.total)} total${cost}`;
}
