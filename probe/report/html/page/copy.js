// Copying: an exchange as a curl command, what is shown as Markdown or JSON, links to any place.

/** @param {string} text */
async function copyText(text) {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    const area = /** @type {HTMLTextAreaElement} */ (h("textarea", { class: "sr-only" }));
    area.value = text;
    document.body.append(area);
    area.select();
    document.execCommand("copy");
    area.remove();
  }
  announce(`Copied ${plural(text.length, "character")}.`);
}

/** @param {string} label @param {() => Promise<string>} make */
function copyButton(label, make) {
  return h("button", { type: "button", onclick: async () => copyText(await make()) }, label);
}

/** Return a menu of things to copy. @param {[string, () => Promise<string>][]} entries */
function copyMenu(entries) {
  const menu = /** @type {HTMLDetailsElement} */ (h("details", { class: "menu" }, h("summary", { class: "button" }, "Copy ▾")));
  const close = () => (menu.open = false);
  menu.append(h("div", {}, entries.map(([label, make]) => h("button", { type: "button", onclick: async () => (close(), copyText(await make())) }, label))));
  menu.addEventListener("keydown", (event) => event.key === "Escape" && (close(), /** @type {HTMLElement} */ (menu.firstChild).focus()));
  menu.addEventListener("focusout", (event) => !menu.contains(/** @type {Node | null} */ (event.relatedTarget)) && setTimeout(close, 150));
  return menu;
}

/** Return the address of a place in this page. @param {string} address */
function permalink(address) {
  return location.href.replace(/#.*$/, "") + address;
}

const NOT_SENT_BY_HAND = /^(:.*|host|content-length|connection|transfer-encoding|accept-encoding|keep-alive|upgrade|sec-websocket-.*)$/i;
const REDACTED = /\[REDACTED[^\]]*\]/g;

/** Return an exchange's request as a curl command; what was redacted is a shell variable. @param {Page} page @param {ExchangeDetail} detail */
async function asCurl(page, { request }) {
  const headers = Object.entries(request.headers)
    .filter(([name]) => !NOT_SENT_BY_HAND.test(name))
    .flatMap(([name, values]) => [values].flat().map((value) => `-H ${shellQuoted(`${name}: ${value}`, variableFor(name))}`));
  const body = await page.store.body(request.body);
  const isText = body.length > 0 && !body.subarray(0, 10_000).includes(0);
  const data = isText ? [`--data-raw ${shellQuoted(new TextDecoder().decode(body), "SECRET")}`] : body.length ? ["--data-binary @body.bin"] : [];
  const parts = [`curl -sS -X ${request.method} ${shellQuoted(request.url, "API_KEY")}`, ...headers, ...data];
  return `${parts.join(" \\\n  ")}\n`;
}

/** Return the shell variable that has the secret of a header. @param {string} name */
function variableFor(name) {
  return /authorization|api-key/i.test(name) ? "API_KEY" : name.toUpperCase().replace(/[^A-Z0-9]+/g, "_");
}

/** Return text as one word for a shell, with a variable where it was redacted. @param {string} text @param {string} variable */
function shellQuoted(text, variable) {
  const quoted = (/** @type {string} */ part) => (part ? `'${part.replaceAll("'", "'\\''")}'` : "");
  return text.split(REDACTED).map(quoted).join(`"$${variable}"`) || "''";
}

/** Return blocks as Markdown, as a reader would write it down. @param {Block[]} blocks @returns {string} */
function blocksMarkdown(blocks) {
  return blocks.map(blockMarkdown).filter(Boolean).join("\n\n");
}

/** @param {Block} block @returns {string} */
function blockMarkdown(block) {
  switch (block.block) {
    case "Text":
    case "Markdown":
    case "Refusal":
    case "Note":
      return block.text;
    case "Reasoning":
      return (block.text || block.summary || "").replace(/^/gm, "> ");
    case "Message":
      return `**${block.role ?? block.type}**\n\n${blocksMarkdown(block.content)}`;
    case "Instructions":
      return blocksMarkdown(block.content);
    case "Conversation":
      return blocksMarkdown(block.messages);
    case "ToolCall":
      return `**Tool call:** \`${block.name}\`\n\n${fenced(typeof block.arguments === "string" ? block.arguments : JSON.stringify(block.arguments, null, 2))}`;
    case "ToolResult":
      return `**Tool result${block.failed ? " (failed)" : ""}:**\n\n${fenced(blocksMarkdown(block.content))}`;
    case "Usage":
      return `*${usageWords(block)}*`;
    case "Media":
      return `*${block.label}*`;
    case "Failure":
      return `**Error:** ${block.message}`;
    default:
      return fenced(JSON.stringify(block, null, 2));
  }
}

/** Return text in a fence longer than any in it. @param {string} text */
function fenced(text) {
  const longest = Math.max(2, ...[...text.matchAll(/`{3,}/g)].map((match) => match[0].length));
  const fence = "`".repeat(longest + 1);
  return `${fence}\n${text}\n${fence}`;
}
