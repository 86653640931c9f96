// Copying: an exchange as a curl command, what is shown as Markdown or JSON, links to any place.

const CURL_COPIED = "Copied; what is secret is a shell variable.";

/** @param {string} text @param {string} [said] */
async function copyText(text, said = `Copied ${plural(text.length, "character")}.`) {
  await navigator.clipboard.writeText(text).then(() => announce(said), () => announce("The browser does not let this page copy."));
}

/** @param {string} label @param {() => Promise<string>} make @param {string} [said] */
function copyButton(label, make, said) {
  return h("button", { type: "button", onclick: async () => copyText(await make(), said) }, label);
}

/** @param {[string, () => Promise<string>, string?][]} entries */
function copyMenu(entries) {
  return h("details.menu", h("summary.button", "Copy ▾"), h("div", { onclick: (/** @type {any} */ { target }) => (target.closest("details").open = false) }, entries.map((entry) => copyButton(...entry))));
}

/** Return a request as a curl command; what was redacted is a shell variable. @param {ExchangeDetail["request"]} request */
async function asCurl({ method, url, headers, body: recipe }) {
  const lines = Object.entries(headers)
    .filter(([name]) => !/^(:.*|host|content-length|connection|transfer-encoding|accept-encoding|keep-alive|upgrade|sec-websocket-.*)$/i.test(name))
    .flatMap(([name, values]) => [values].flat().map((value) => `-H ${shellWord(`${name}: ${value}`, /authorization|api-key/i.test(name) ? "API_KEY" : name.toUpperCase().replace(/[^A-Z0-9]+/g, "_"))}`));
  const body = await page.store.body(recipe);
  const text = body.length && isText(body) ? shellWord(textOf(body), "SECRET") : "";
  // A program's argument ends at 128 KB; printf is the shell's own.
  const input = text.length > 100_000 ? `printf %s ${text} | ` : "";
  const data = input ? ["--data-binary @-"] : text ? [`--data-raw ${text}`] : body.length ? ["--data-binary @body.bin"] : [];
  return `${input}${[`curl -sS -X ${method} ${shellWord(url, "API_KEY")}`, ...lines, ...data].join(" \\\n  ")}\n`;
}

/** Return text as one word for a shell, with a variable for what was redacted. @param {string} text @param {string} [variable] */
function shellWord(text, variable = "SECRET") {
  const quoted = text.split(/\[REDACTED[^\]]*\]/).map((part) => (part ? `'${part.replaceAll("'", "'\\''")}'` : ""));
  return quoted.join(`"$${variable}"`) || "''";
}

/** @param {Block[]} blocks @returns {string} */
function blocksMarkdown(blocks) {
  return blocks.map((block) => MARKDOWN[block.block]?.(block) ?? block.text ?? fenced(block)).filter(Boolean).join("\n\n");
}

/** @type {Record<string, (block: any) => string>} */
const MARKDOWN = {
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
