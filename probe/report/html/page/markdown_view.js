// The little Markdown that models write, as elements: headings, lists, quotes, tables, fences, code, bold. Links stay text.

/** Return what a model said; what is very long as the plain text that it is. @param {string} text */
function proseView(text) {
  return text.length > LONG_TEXT ? textView(text) : h("div.prose", { dir: "auto" }, [...markdownBlocks(text.replace(/\r\n?/g, "\n").split("\n"))]);
}

/** @param {string[]} lines @returns {Generator<Node>} */
function* markdownBlocks(lines) {
  for (let at = 0; at < lines.length; ) {
    const kind = lineKind(lines[at]);
    let end = at + 1;
    if (kind === "fence") {
      const mark = lines[at].trim().replace(/[^`~].*/, "");
      while (end < lines.length && lines[end].trim() !== mark) end += 1;
      yield h("pre.text", { tabindex: "0" }, lines.slice(at + 1, end).join("\n"));
      end += 1;
    } else {
      while (end < lines.length && lineKind(lines[end]) === kind && !["blank", "rule", "heading"].includes(kind)) end += 1;
      if (kind !== "blank") yield markdownGroup(kind, lines.slice(at, end));
    }
    at = end;
  }
}

/** How a line begins, by what it is. */
const LINE_KINDS = {
  blank: /^\s*$/,
  fence: /^\s*(```+[^`]*$|~~~)/,
  heading: /^#{1,6}\s/,
  rule: /^\s*([-*_])(\s*\1){2,}\s*$/,
  ul: /^\s*[-*+]\s/,
  ol: /^\s*\d+[.)]\s/,
  quote: /^\s*>/,
  table: /^\s*\|.*\|\s*$/,
};

/** @param {string} line */
function lineKind(line) {
  return Object.entries(LINE_KINDS).find(([, pattern]) => pattern.test(line))?.[0] ?? "text";
}

/** @param {string} kind @param {string[]} lines @returns {Node} */
function markdownGroup(kind, lines) {
  if (kind === "rule") return h("hr");
  if (kind === "heading") return h("h4", inlineMarkdown(lines[0].replace(/^#+\s+/, "")));
  if (kind === "quote") return h("blockquote", [...markdownBlocks(lines.map((line) => line.replace(/^\s*>\s?/, "")))]);
  if (kind === "table") {
    const rows = lines.filter((line) => !/^[\s|:-]+$/.test(line)).map((line) => line.trim().slice(1, -1).split("|"));
    return h("table", rows.map((row) => h("tr", row.map((cell) => h("td", inlineMarkdown(cell.trim()))))));
  }
  if (kind === "text") return h("p", inlineMarkdown(lines.join("\n")));
  return h(kind, lines.map((line) => {
    const item = h("li", { value: kind === "ol" ? Number.parseInt(line, 10) : null }, inlineMarkdown(line.replace(/^\s*\S+\s+/, "")));
    return styled(item, { "margin-left": `${20 + Math.min(16, line.search(/\S/)) * 9}px` });
  }));
}

/** @param {string} text @returns {any[]} */
function inlineMarkdown(text) {
  const parts = [];
  let last = 0;
  for (const { 0: all, 2: code, 3: bold, 4: slanted, index } of text.matchAll(/(`+)(?!`)([^]*?[^`])\1(?!`)|\*\*(?=\S)([^*]+?)\*\*|(?<![\w*])\*(?=\S)([^*\n]+?)\*(?![\w*])/g)) {
    parts.push(text.slice(last, index), code ? h("code", code) : bold ? h("strong", bold) : h("em", slanted));
    last = index + all.length;
  }
  return [...parts, text.slice(last)];
}
