// The little Markdown that models write, as elements: headings, lists, quotes, tables, fences, code, bold. Links stay text.

let showsMarkdown = true;

/** Return what a model said: as Markdown, or as the plain text that it is. @param {string} text */
function proseView(text) {
  if (!showsMarkdown || text.length > STEP) return textView(text);
  return h("div", { class: "prose", dir: "auto" }, ...markdownBlocks(text.replace(/\r\n?/g, "\n").split("\n")));
}

/** @param {string[]} lines @returns {Generator<Node>} */
function* markdownBlocks(lines) {
  for (let at = 0; at < lines.length; ) {
    const line = lines[at];
    const fence = /^\s*(`{3,}|~{3,})\s*([^`]*)$/.exec(line);
    if (fence) {
      const end = lines.findIndex((other, place) => place > at && other.trim().startsWith(fence[1]) && !other.trim().slice(fence[1].length).trim());
      const code = lines.slice(at + 1, end < 0 ? lines.length : end);
      yield h("pre", { class: "text", title: fence[2] || null, tabindex: "0" }, ...visible(code.join("\n")));
      at = end < 0 ? lines.length : end + 1;
      continue;
    }
    const heading = /^(#{1,6})\s+(.*)$/.exec(line);
    if (heading) {
      yield h("h4", { class: `level-${heading[1].length}` }, ...inlineMarkdown(heading[2]));
      at += 1;
      continue;
    }
    const kind = lineKind(line);
    let end = at + 1;
    while (end < lines.length && lineKind(lines[end]) === kind && kind !== "blank" && kind !== "rule") end += 1;
    const group = lines.slice(at, end);
    at = end;
    if (kind !== "blank") yield markdownGroup(kind, group);
  }
}

/** @param {string} line */
function lineKind(line) {
  if (!line.trim()) return "blank";
  if (/^\s*(`{3,}|~{3,}|#{1,6}\s)/.test(line)) return "other";
  if (/^\s*([-*_])(\s*\1){2,}\s*$/.test(line)) return "rule";
  if (/^\s*[-*+]\s/.test(line)) return "ul";
  if (/^\s*\d+[.)]\s/.test(line)) return "ol";
  if (/^\s*>/.test(line)) return "quote";
  if (/^\s*\|.*\|\s*$/.test(line)) return "table";
  return "text";
}

/** @param {string} kind @param {string[]} lines @returns {Node} */
function markdownGroup(kind, lines) {
  if (kind === "rule") return h("hr");
  if (kind === "quote") return h("blockquote", {}, ...markdownBlocks(lines.map((line) => line.replace(/^\s*>\s?/, ""))));
  if (kind === "table") return markdownTable(lines);
  if (kind !== "ul" && kind !== "ol") return h("p", {}, ...inlineMarkdown(lines.join("\n")));
  const items = lines.map((line) => {
    const [, space, mark, text] = /** @type {string[]} */ (/^(\s*)(\S+)\s+(.*)$/.exec(line) ?? ["", "", "", line]);
    const item = h("li", { value: kind === "ol" ? Number.parseInt(mark, 10) : null }, ...inlineMarkdown(text));
    item.style.marginLeft = `${20 + Math.min(8, Math.floor(space.length / 2)) * 18}px`;
    return item;
  });
  return h(kind, {}, ...items);
}

/** @param {string[]} lines */
function markdownTable(lines) {
  const rows = lines.map((line) => line.trim().slice(1, -1).split("|").map((cell) => cell.trim()));
  const body = rows.filter((row) => !row.every((cell) => /^:?-+:?$/.test(cell)));
  return h("table", {}, body.map((row) => h("tr", {}, row.map((cell) => h("td", {}, ...inlineMarkdown(cell))))));
}

/** @param {string} text @returns {any[]} */
function inlineMarkdown(text) {
  const parts = [];
  let last = 0;
  for (const match of text.matchAll(/(`+)(?!`)([^]*?[^`])\1(?!`)|\*\*(?=\S)([^*]+?)\*\*/g)) {
    parts.push(...visible(text.slice(last, match.index)));
    parts.push(match[1] ? h("code", {}, ...visible(match[2])) : h("strong", {}, ...visible(match[3])));
    last = match.index + match[0].length;
  }
  return [...parts, ...visible(text.slice(last))];
}
