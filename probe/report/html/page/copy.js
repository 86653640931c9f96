// Copying: an exchange as a curl command, what is shown as Markdown or JSON, links to any place.

/** @param {string} text */
async function copyText(text) {
  try {
    await navigator.clipboard.writeText(text);
    announce(`Copied ${plural(text.length, "character")}.`);
  } catch {
    announce("The browser does not let this page copy.");
  }
}

/** @param {string} label @param {() => Promise<string>} make */
function copyButton(label, make) {
  return h("button", { type: "button", onclick: async () => copyText(await make()) }, label);
}

/** Return a menu of things to copy. @param {[string, () => Promise<string>][]} entries */
function copyMenu(entries) {
  const menu = /** @type {HTMLDetailsElement} */ (h("details.menu", h("summary.button", "Copy ▾"), h("div", entries.map(([label, make]) => copyButton(label, make)))));
  menu.addEventListener("click", ({ target }) => /** @type {Element} */ (target).closest("button") && (menu.open = false));
  menu.addEventListener("keydown", ({ key }) => key === "Escape" && (menu.open = false));
  menu.addEventListener("focusout", ({ relatedTarget }) => relatedTarget && !menu.contains(/** @type {Node} */ (relatedTarget)) && (menu.open = false));
  return menu;
}

/** Return the address of a place in this page. @param {string} address */
function permalink(address) {
  return location.href.replace(/#.*$/, "") + address;
}

/** Return an exchange's request as a curl command; what was redacted is a shell variable. @param {Page} page @param {ExchangeDetail} detail */
async function asCurl(page, { request }) {
  const headers = Object.entries(request.headers)
    .filter(([name]) => !/^(:.*|host|content-length|connection|transfer-encoding|accept-encoding|keep-alive|upgrade|sec-websocket-.*)$/i.test(name))
    .flatMap(([name, values]) => [values].flat().map((value) => `-H ${shellWord(`${name}: ${value}`, /authorization|api-key/i.test(name) ? "API_KEY" : name.toUpperCase().replace(/[^A-Z0-9]+/g, "_"))}`));
  const body = await page.store.body(request.body);
  const text = body.length && isText(body) ? shellWord(textOf(body), "SECRET") : "";
  // A program's argument ends at 128 KB; printf is the shell's own.
  const input = text.length > 100_000 ? `printf %s ${text} | ` : "";
  const data = input ? ["--data-binary @-"] : text ? [`--data-raw ${text}`] : body.length ? ["--data-binary @body.bin"] : [];
  return `${input}${[`curl -sS -X ${request.method} ${shellWord(request.url, "API_KEY")}`, ...headers, ...data].join(" \\\n  ")}\n`;
}

/** Return text as one word for a shell, with a variable for what was redacted. @param {string} text @param {string} variable */
function shellWord(text, variable) {
  const quoted = text.split(/\[REDACTED[^\]]*\]/).map((part) => (part ? `'${part.replaceAll("'", "'\\''")}'` : ""));
  return quoted.join(`"$${variable}"`) || "''";
}

/** Return blocks as Markdown, as a reader would write them down. @param {Block[]} blocks @returns {string} */
function blocksMarkdown(blocks) {
  return blocks.map((block) => (MARKDOWN[block.block] ?? fenced)(block)).filter(Boolean).join("\n\n");
}

/** @type {Record<string, (block: any) => string>} */
const MARKDOWN = {
  Text: ({ text }) => text,
  Markdown: ({ text }) => text,
  Note: ({ text }) => text,
  Refusal: ({ text }) => text,
  Reasoning: ({ text, summary }) => (text || summary || "").replace(/^/gm, "> "),
  Message: ({ role, type, content }) => `**${role ?? type}**\n\n${blocksMarkdown(content)}`,
  Instructions: ({ content }) => blocksMarkdown(content),
  Conversation: ({ messages }) => blocksMarkdown(messages),
  ToolCall: ({ name, arguments: value }) => `**Tool call:** \`${name}\`\n\n${fenced(value)}`,
  ToolResult: ({ failed, content }) => `**Tool result${failed ? " (failed)" : ""}:**\n\n${fenced(blocksMarkdown(content))}`,
  Usage: (block) => `*${usageWords(block)}*`,
  Media: ({ label }) => `*${label}*`,
  Failure: ({ message }) => `**Error:** ${message}`,
};

/** Return text, or a value as JSON, in a fence longer than any in it. @param {any} value */
function fenced(value) {
  const text = typeof value === "string" ? value : JSON.stringify(value, null, 2);
  const fence = "`".repeat(Math.max(2, ...[...text.matchAll(/`{3,}/g)].map(([run]) => run.length)) + 1);
  return `${fence}\n${text}\n${fence}`;
}
