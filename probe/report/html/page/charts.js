// What the views of answers are made of: sections, tables, shares, columns over turns, treemaps. What a chart shows, words or a table say too.

/** Add a view of sections, under `#name/number of a section` too. @param {string} name @param {string} tab @param {string} key @param {Parts} parts */
function addParts(name, tab, key, parts) {
  addView({
    name, tab, key,
    async show(root, path, page) {
      const sections = Object.keys(parts).map((title) => section(title, h("p.wait", "Reading …")));
      root.append(...sections);
      await Promise.all(Object.values(parts).map(async (part, at) => {
        const content = await part(page);
        sections[at].lastChild?.remove();
        append(sections[at], [content]);
      }));
      const [pane, wanted] = [byId("pane-view"), sections[Number(path[1]) - 1]];
      if (wanted) pane.scrollTop += wanted.getBoundingClientRect().top - pane.getBoundingClientRect().top;
    },
  });
}

/** Return an element that gets its content when that is there. @param {Promise<any>} content @param {string} [tag] */
function arriving(content, tag = "span") {
  const root = h(tag);
  content.then((found) => append(root, [found]), (error) => append(root, [error.message]));
  return root;
}

/** @param {number | null | undefined} turn @param {any} [text] */
function turnLink(turn, text = `turn ${turn}`) {
  return turn ? h("a", { href: `#turn-${turn}` }, text) : null;
}

/** Return turns as ranges: 1, 2, 6–9. @param {number[]} turns */
function turnRanges(turns) {
  /** @type {[number, number][]} */
  const ranges = [];
  for (const turn of turns) {
    const last = ranges.at(-1);
    if (last?.[1] === turn - 1) last[1] = turn;
    else ranges.push([turn, turn]);
  }
  const shown = ranges.slice(0, 6).map(([from, to], at) => [at ? ", " : "", turnLink(from, from), to > from ? [to > from + 1 ? "–" : ", ", turnLink(to, to)] : ""]);
  return [shown, ranges.length > 6 ? ", …" : ""];
}

/** @param {string} title @param {...any} children */
function section(title, ...children) {
  return h("section.part", h("h2", title), children);
}

/** Return text of the record on one line, cut where there is no room. @param {string} text */
function clip(text) {
  return h("span.clip", { title: text.length > 60 ? text : null }, isolated(text));
}

/** @param {Notable} one */
function badge({ kind, words }) {
  return h(`span.badge.${kind}`, isolated(words));
}

/** Return an estimate of tokens, as exact as it is. @param {number} tokens */
function estimate(tokens) {
  return `≈ ${number(Number(tokens.toPrecision(2)))}`;
}

/** Return names and values, without those that have none. @param {Record<string, any>} facts */
function factList(facts) {
  return h("dl.fact-list", Object.entries(facts).filter(([, value]) => value).map(([name, value]) => [h("dt", name), h("dd", value)]));
}

/** Rows that a list grows by. */
const MORE = 1000;

/** Return a list of rows and the button by which it grows. @template T @param {HTMLElement} list @param {T[]} rows @param {(row: T) => Node} make @param {number} [step] @returns {[HTMLElement, HTMLElement]} */
function growing(list, rows, make, step = 100) {
  const more = h("button", { type: "button", onclick: () => grow(MORE) });
  let shown = 0;
  const grow = (/** @type {number} */ count) => {
    list.append(...rows.slice(shown, (shown += count)).map(make));
    more.hidden = shown >= rows.length;
    more.textContent = rows.length - shown > MORE ? `Show ${number(MORE)} more of ${number(rows.length)}` : `Show all ${number(rows.length)}`;
  };
  grow(step);
  return [list, more];
}

/** Return a number for a cell, by which its column is sorted. @param {number | null | undefined} value @param {(value: number) => string} [format] @returns {Amount} */
function amount(value, format = number) {
  return { amount: value ?? null, text: value === null || value === undefined ? "" : format(value) };
}

/** Return a table; a click on the head of amounts, which begins with #, sorts by them. A column without content is left out. @template T @param {string} caption @param {T[]} rows @param {Record<string, (row: T) => any>} columns @param {number} [step] */
function table(caption, rows, columns, step) {
  const hasContent = (/** @type {any} */ cell) => (cell?.amount === undefined ? cell || cell === 0 : cell.amount !== null);
  const shown = Object.entries(columns).filter(([, cell]) => rows.some((row) => hasContent(cell(row))));
  const line = (/** @type {T} */ row) => h("tr", shown.map(([head, cell], at) => {
    const content = cell(row);
    return h(at ? "td" : "th", { class: head[0] === "#" && "num", scope: !at && "row" }, content?.amount === undefined ? content : content.text);
  }));
  let [body, more] = growing(h("tbody"), rows, line, step);
  const heads = shown.map(([name, cell]) => {
    if (name[0] !== "#") return h("th", { scope: "col" }, name);
    let sign = 1;
    const sort = () => {
      sign = -sign;
      const sorted = [...rows].sort((one, other) => sign * ((cell(one).amount ?? -1) - (cell(other).amount ?? -1)));
      const [newBody, newMore] = growing(h("tbody"), sorted, line, step);
      body.replaceWith(newBody);
      more.replaceWith(newMore);
      [body, more] = [newBody, newMore];
      for (const one of heads) one.removeAttribute("aria-sort");
      head.setAttribute("aria-sort", sign < 0 ? "descending" : "ascending");
    };
    const head = h("th.num", { scope: "col" }, h("button.quiet", { type: "button", title: "Sort", onclick: sort }, name.slice(1)));
    return head;
  });
  return h("div.table", { tabindex: "0", role: "region", "aria-label": caption }, h("table", h("thead", h("tr", heads)), body), more);
}

/** @param {Turn} turn */
const turnCell = ({ number: turn }) => turnLink(turn, turn);

/** @param {Turn} turn */
const did = (turn) => clip(didWords(turn));

/** @param {{started: number, ended: number | null}} times */
const took = ({ started, ended }) => amount(ended && ended - started, seconds);

/** @param {{dollars: number | null}} one */
const costCell = (one) => amount(one.dollars, dollars);

/** Return a fold with what a chart shows. @param {string} title @param {() => any} make */
function folded(title, make) {
  return fold([title], make, { class: "fold" });
}

/** Return a bar of shares with a legend that has the numbers. @param {string} label @param {Part[]} parts */
function shareBar(label, parts) {
  const there = parts.filter(({ size }) => size);
  const bar = there.map(({ name, text, size, color }) => styled(h("span", { title: `${name}: ${text}` }), { "flex-grow": String(size), background: `var(${color})` }));
  return [h("div.share-bar", { role: "img", "aria-label": `${label}: ${there.map(({ name, text }) => `${name} ${text}`).join(", ")}` }, bar), legend(parts)];
}

/** @param {Part[]} parts */
function legend(parts) {
  return h("ul.legend", parts.map(({ name, color, text }) => h("li", styled(h("span.swatch"), { background: `var(${color})` }), name, text && h("b", text))));
}

/** Return a picture that fills its place, whatever its own units: a path for each colour. @param {Map<string, string>} paths @param {number} width @param {number} height @param {...any} more */
function picture(paths, width, height, ...more) {
  const parts = [...paths].map(([color, d]) => svg("path", { class: color.slice(2), fill: `var(${color})`, stroke: `var(${color})`, d }));
  return svg("svg", { viewBox: `0 0 ${width} ${height}`, preserveAspectRatio: "none", "aria-hidden": "true" }, parts, ...more);
}

/** Return a chart of stacked columns; arrow keys move its cursor, Enter or a click opens a turn. @param {ColumnsChart} chart */
function columnsChart({ label, turns, parts, sizes, format, words, link = "#turn-", chosen, mark = () => false }) {
  const all = turns.map(sizes);
  const totals = all.map((one) => one.reduce((sum, size) => sum + size, 0));
  const highest = totals.reduce((most, total) => Math.max(most, total), 0);
  const step = roundStep(highest, 4);
  const most = Math.max(Math.ceil(highest / step - 1e-9), 1) * step;
  const wide = turns.length < 150 ? 0.9 : 1;
  const paths = new Map(parts.map(({ color }) => [color, ""]));
  all.forEach((one, at) => one.reduce((y, size, part) => {
    const { color } = parts[part];
    if (size) paths.set(color, `${paths.get(color)}M${at} ${y}v${-size}h${wide}v${size}z`);
    return y - size;
  }, most));
  const place = (/** @type {number} */ at) => percent((at + wide / 2) / turns.length);
  const outline = chosen && svg("path", { class: "chosen", d: `M${turns.indexOf(chosen)} 0h${wide}v${most}h-${wide}z` });
  const lines = Array.from({ length: Math.round(most / step) + 1 }, (_, at) => styled(h("span.axis", format(at * step)), { bottom: percent((at * step) / most) }));
  const every = Math.max(1, roundStep(turns.length, 12));
  const ticks = turns.map((turn, at) => (at % every ? null : styled(h("span.tick", turn.number), { left: place(at) })));
  const marks = turns.map((turn, at) => mark(turn) && styled(h("span.mark-down", "▼"), { left: place(at), bottom: percent(totals[at] / most) }));
  const plot = h("div.plot.columns", lines, picture(paths, turns.length, most, outline), ticks, marks);
  const slider = h("div.chart", { role: "slider", tabindex: "0", "aria-label": `${label}. Arrow keys move, Enter opens`, "aria-valuemin": 1, "aria-valuemax": turns.length }, plot);
  const readout = h("p.readout", { "aria-hidden": "true" }, "Point at a column, or use the arrow keys, to read its numbers; a click or Enter opens it.");
  let at = chosen ? turns.indexOf(chosen) : 0;
  const move = (/** @type {number} */ wanted, isSeen = true) => {
    at = Math.max(0, Math.min(turns.length - 1, wanted));
    const text = [`Turn ${turns[at].number}`, ...words(turns[at]).filter(Boolean)];
    setAttributes(slider, { "aria-valuenow": at + 1, "aria-valuetext": text.join(", ") });
    if (isSeen) readout.replaceChildren(h("b", text[0]), isolated(`: ${text.slice(1).join(", ")}`));
  };
  const open = () => go(`${link}${turns[at].number}`);
  slider.addEventListener("keydown", (event) => {
    if (event.key === "Enter") open();
    else if (event.key in CURSOR_STEPS) move(at + CURSOR_STEPS[event.key]);
    else return;
    event.preventDefault();
    event.stopPropagation();
  });
  plot.addEventListener("pointermove", (event) => move(Math.floor(shareOf(plot, event)[0] * turns.length)));
  plot.addEventListener("click", open);
  move(at, false);
  return h("div", slider, readout);
}

/** Return boxes whose areas are in proportion to sizes that fall, as square as can be (Bruls, Huizing and van Wijk 2000). @param {number[]} sizes @param {Box} box @returns {Box[]} */
function squarify(sizes, { x, y, width, height }) {
  const boxes = [];
  let left = sizes.reduce((sum, size) => sum + size, 0);
  for (let at = 0; at < sizes.length && left > 0; ) {
    const [short, scale] = [Math.min(width, height), (width * height) / left];
    let [end, sum, worst] = [at, 0, Infinity];
    for (; end < sizes.length; end++) {
      const side = ((sum + sizes[end]) * scale) / short;
      const now = Math.max((sizes[at] * scale) / side / side, (side * side) / (sizes[end] * scale));
      if (now > worst) break;
      [worst, sum] = [now, sum + sizes[end]];
    }
    const [thick, isWide] = [(sum * scale) / short, width >= height];
    for (let along = 0; at < end; at++) {
      const long = (sizes[at] / sum) * short;
      boxes.push(isWide ? { x, y: y + along, width: thick, height: long } : { x: x + along, y, width: long, height: thick });
      along += long;
    }
    if (isWide) [x, width] = [x + thick, width - thick];
    else [y, height] = [y + thick, height - thick];
    left -= sum;
  }
  return boxes;
}

/** Return a treemap; groups and cells are in order of size. The table beside it has what is too small to see. @param {string} label @param {(Part & {size: number, cells: Cell[]})[]} groups */
function treemap(label, groups) {
  const boxes = squarify(groups.map(({ size }) => size), { x: 0, y: 0, width: 1000, height: 420 });
  return h("ul.treemap", { "aria-label": label }, groups.map(({ name: kind, color, cells }, group) => {
    const inner = squarify(cells.map(({ size }) => size), boxes[group]);
    return cells.map(({ name, text, href }, at) => {
      const { x, y, width, height } = inner[at];
      if (width * height < 30) return null;
      const words = width > 50 && height > 30 && [h("span", isolated(name)), h("small", text)];
      const title = `${kind}: ${name}, ${text}`;
      const places = { left: x / 1000, top: y / 420, width: width / 1000, height: height / 420 };
      return styled(h("li", h("a", { href, title, "aria-label": words ? null : title }, words)), { "--c": `var(${color})`, ...Object.fromEntries(Object.entries(places).map(([side, share]) => [side, percent(share)])) });
    });
  }));
}
