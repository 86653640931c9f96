// What the views of answers are made of: sections, tables, bars of shares, columns on a canvas, treemaps.
// Each chart has the same numbers as words or as a table beside it, and is reached by keys.

/** Add a view that is a list of sections, under `#name/number of a section` too. @param {string} name @param {string} tab @param {string} key @param {Parts} parts */
function addParts(name, tab, key, parts) {
  addView({
    name, tab, key,
    async show(root, path, page) {
      const sections = Object.keys(parts).map((title) => section(title, h("p", { class: "wait" }, "Reading …")));
      root.append(...sections);
      await Promise.all(Object.values(parts).map(async (part, at) => {
        const content = await part(page);
        sections[at].lastChild?.remove();
        append(sections[at], [content]);
      }));
      if (path[1]) sections[Number(path[1]) - 1]?.scrollIntoView();
    },
  });
}

/** Set styles by the object model: the page's policy forbids style attributes. @template {HTMLElement} T @param {T} element @param {Record<string, string>} styles @returns {T} */
function styled(element, styles) {
  for (const [name, value] of Object.entries(styles)) element.style.setProperty(name, value);
  return element;
}

/** @param {number | null | undefined} turn @param {any} [text] */
function turnLink(turn, text = `turn ${turn}`) {
  return turn ? h("a", { href: `#turn-${turn}` }, text) : null;
}

/** @param {string} title @param {...any} children */
function section(title, ...children) {
  return h("section", { class: "part" }, h("h2", {}, title), children);
}

/** Return why something is not there. @param {...any} text */
function empty(...text) {
  return h("p", { class: "dim" }, text);
}

/** Return text of the record on one line, cut where there is no room. @param {string} text */
function clip(text) {
  return h("span", { class: "clip" }, isolated(text));
}

/** Return a list of names and values, without those whose value is null. @param {[string, any][]} rows */
function factList(rows) {
  return h("dl", { class: "fact-list" }, rows.filter(([, value]) => value !== null).map(([name, value]) => [h("dt", {}, name), h("dd", {}, value)]));
}

/** Return a list of rows that grows by a button. @template T @param {HTMLElement} list @param {T[]} rows @param {(row: T) => Node} make @param {number} step @returns {[HTMLElement, HTMLElement]} */
function growing(list, rows, make, step) {
  const more = h("button", { type: "button", class: "more", onclick: () => grow() });
  let shown = 0;
  const grow = () => {
    list.append(...rows.slice(shown, shown + step).map(make));
    shown += step;
    step *= 5;
    more.hidden = shown >= rows.length;
    more.textContent = `Show ${number(Math.min(step, rows.length - shown))} more of ${number(rows.length)}`;
  };
  grow();
  return [list, more];
}

/** Return a table; `#` before the name of a column aligns numbers. @template T @param {string} caption @param {string[]} head @param {T[]} rows @param {(row: T) => any[]} cells @param {number} [step] */
function longTable(caption, head, rows, cells, step = 100) {
  const cell = (/** @type {string} */ tag, /** @type {any} */ content, /** @type {number} */ at, /** @type {string | null} */ scope) => h(tag, { class: head[at].startsWith("#") ? "num" : null, scope }, content);
  const make = (/** @type {T} */ row) => h("tr", {}, cells(row).map((content, at) => cell(at ? "td" : "th", content, at, at ? null : "row")));
  const [body, more] = growing(h("tbody"), rows, make, step);
  const titles = head.map((name, at) => cell(name ? "th" : "td", name.replace("#", ""), at, name ? "col" : null));
  return h("div", { class: "table", tabindex: "0", role: "region", "aria-label": caption }, h("table", {}, h("caption", { class: "sr-only" }, caption), h("thead", {}, h("tr", {}, titles)), body), more);
}

/** Return a fold with the numbers of a chart. @param {string} title @param {() => Node} make */
function folded(title, make) {
  return fold([title], make, { class: "fold" });
}

/** Return a bar of shares with a legend that has the numbers. @param {string} label @param {Part[]} parts */
function shareBar(label, parts) {
  const there = parts.filter((part) => part.size);
  const bar = there.map((part) => styled(h("span", { title: `${part.name}: ${part.text}` }), { "flex-grow": String(part.size), background: `var(${part.color})` }));
  return [h("div", { class: "share-bar", role: "img", "aria-label": `${label}: ${there.map((part) => `${part.name} ${part.text}`).join(", ")}` }, bar), legend(parts)];
}

/** @param {Part[]} parts */
function legend(parts) {
  return h("ul", { class: "legend" }, parts.map(({ name, color, text }) => h("li", {}, styled(h("span", { class: "swatch" }), { background: `var(${color})` }), name, text ? h("b", {}, text) : null)));
}

/** Return the distance between round numbers, so that at most `count` of them reach from 0 to the most. @param {number} most @param {number} count */
function roundStep(most, count) {
  const unit = 10 ** Math.floor(Math.log10(Math.max(most, 1e-9) / count));
  return unit * ([1, 2, 5].find((one) => one * unit * count >= most) ?? 10);
}

/** Paint a canvas now, and again when its size or the theme changes or it gets the event `repaint`. @param {HTMLCanvasElement} canvas @param {(painter: Painter) => void} paint */
function paintOn(canvas, paint) {
  const now = () => {
    const [width, height, scale] = [canvas.clientWidth, canvas.clientHeight, devicePixelRatio || 1];
    const context = canvas.getContext("2d");
    if (!width || !context) return;
    setAttributes(canvas, { width: Math.round(width * scale), height: Math.round(height * scale) });
    context.scale(scale, scale);
    const style = getComputedStyle(canvas);
    context.font = `12px ${style.fontFamily}`;
    /** @type {Map<string, string>} */
    const colors = new Map();
    const use = (/** @type {string} */ name) => {
      // A variable may hold a function of the theme: the browser resolves it for an element's colour alone.
      if (!colors.has(name)) colors.set(name, (styled(canvas, { color: `var(${name})` }), style.color));
      context.fillStyle = colors.get(name) ?? "";
    };
    paint({
      context, width, height,
      box: (color, ...place) => (use(color), context.fillRect(...place)),
      write: (text, x, y) => (use("--dim"), context.fillText(text, x, y)),
    });
  };
  new ResizeObserver(now).observe(canvas);
  canvas.addEventListener("repaint", now);
}

const repaintAll = () => document.querySelectorAll("canvas").forEach((canvas) => canvas.dispatchEvent(new Event("repaint")));
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", repaintAll);
new MutationObserver(repaintAll).observe(document.documentElement, { attributeFilter: ["data-theme"] });

/** Return a box with words beside the pointer, or the cursor, of a chart. */
function tip() {
  const box = h("div", { class: "tip", hidden: true, "aria-hidden": "true" });
  const show = (/** @type {string[]} */ lines, /** @type {number} */ x, /** @type {number} */ width) => {
    box.replaceChildren(...lines.filter(Boolean).map((line, at) => h(at ? "span" : "b", {}, ...visible(line))));
    box.hidden = false;
    styled(box, x < width / 2 ? { left: `${x + 12}px`, right: "auto" } : { right: `${width - x + 12}px`, left: "auto" });
  };
  return { box, show, hide: () => (box.hidden = true) };
}

/** Width of the names of an axis, in pixels. */
const AXIS = 58;
/** @type {Record<string, number>} */
const CURSOR_STEPS = { ArrowLeft: -1, ArrowRight: 1, ArrowDown: -1, ArrowUp: 1, PageDown: -10, PageUp: 10, Home: -Infinity, End: Infinity };

/** Return a chart of stacked columns; arrow keys move its cursor, Enter or a click opens a turn. @param {Columns} chart */
function columnsChart({ turns, ...chart }) {
  const canvas = /** @type {HTMLCanvasElement} */ (h("canvas"));
  const note = tip();
  const parts = turns.map(chart.parts);
  const totals = parts.map((sizes) => sizes.reduce((sum, size) => sum + size, 0));
  let at = chart.chosen ? turns.indexOf(chart.chosen) : 0;
  const slider = h("div", { class: "chart", role: "slider", tabindex: "0", "aria-label": `${chart.label}. Arrow keys move, Enter opens`, "aria-valuemin": 1, "aria-valuemax": turns.length }, canvas, note.box);
  const move = (/** @type {number} */ place, seen = true) => {
    at = Math.max(0, Math.min(turns.length - 1, place));
    const words = [`Turn ${turns[at].number}`, ...chart.words(turns[at]).filter(Boolean)];
    setAttributes(slider, { "aria-valuenow": at + 1, "aria-valuetext": words.join(", ") });
    if (seen) note.show(words, AXIS + ((at + 0.5) / turns.length) * (canvas.clientWidth - AXIS), canvas.clientWidth);
  };
  const open = () => go(`${chart.link ?? "#turn-"}${turns[at].number}`);
  slider.addEventListener("keydown", (event) => {
    if (event.key === "Enter") open();
    else if (event.key in CURSOR_STEPS) move(at + CURSOR_STEPS[event.key]);
    else return;
    event.preventDefault();
    event.stopPropagation();
  });
  canvas.addEventListener("pointermove", (event) => move(Math.floor(((event.offsetX - AXIS) / (canvas.clientWidth - AXIS)) * turns.length)));
  canvas.addEventListener("click", open);
  slider.addEventListener("focus", () => slider.matches(":focus-visible") && move(at));
  for (const name of ["blur", "pointerleave"]) slider.addEventListener(name, note.hide);
  move(at, false);
  paintOn(canvas, (painter) => paintColumns(painter, { turns, ...chart }, parts, totals));
  return slider;
}

/** @param {Painter} painter @param {Columns} chart @param {number[][]} parts @param {number[]} totals */
function paintColumns({ context, width, height, box, write }, { turns, colors, format, chosen, mark }, parts, totals) {
  const [top, floor, highest] = [12, height - 20, totals.reduce((most, total) => Math.max(most, total), 0)];
  const step = roundStep(highest, 4);
  const most = Math.max(Math.ceil(highest / step - 1e-9), 1) * step;
  const y = (/** @type {number} */ value) => floor - (value / most) * (floor - top);
  context.textAlign = "right";
  for (let value = 0; value <= most * 1.001; value += step) {
    box("--line", AXIS, Math.round(y(value)), width - AXIS, 1);
    write(format(value), AXIS - 6, y(value) + 4);
  }
  // Where columns are more than pixels, the highest of those in a pixel is drawn.
  const columns = Math.min(turns.length, Math.floor(width - AXIS));
  const wide = (width - AXIS) / columns;
  for (let place = 0; place < columns; place++) {
    const [first, end] = [place, place + 1].map((one) => Math.floor((one * turns.length) / columns));
    const x = AXIS + place * wide;
    let [best, sum] = [first, 0];
    for (let one = first; one < end; one++) if (totals[one] > totals[best]) best = one;
    const shown = turns.slice(first, end);
    if (chosen && shown.includes(chosen)) box("--chosen", x - 1, 2, Math.max(wide + 1, 3), floor - 2);
    parts[best].forEach((size, at) => {
      if (size) box(colors[at], x, y(sum + size), Math.max(wide - (wide > 4 ? 1 : 0), 1), Math.max(y(sum) - y(sum + size), 0.5));
      sum += size;
    });
    if (mark && shown.some(mark)) for (let row = 0; row < 5; row++) box("--bad", x + wide / 2 - 4 + row, y(sum) - 9 + row, 8 - 2 * row, 1);
  }
  if (turns.length > 1) write(`Turn ${turns[turns.length - 1].number}`, width, height - 5);
  context.textAlign = "left";
  write(`Turn ${turns[0].number}`, AXIS, height - 5);
}

/** Return boxes whose areas are in proportion to sizes that fall, as square as can be (Bruls, Huizing and van Wijk 2000). @param {number[]} sizes @param {Box} box @returns {Box[]} */
function squarify(sizes, box) {
  const boxes = [];
  let { x, y, width, height } = box;
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
    let along = 0;
    for (; at < end; at++) {
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

/** Cells of a group that are links of their own; the smaller ones are one cell together. */
const MOST_CELLS = 150;

/** Return a treemap; groups and cells are in order of size. The table beside it has what is too small to see. @param {string} label @param {(Part & {size: number, cells: Cell[]})[]} groups */
function treemap(label, groups) {
  const whole = { x: 0, y: 0, width: 1000, height: 420 };
  const boxes = squarify(groups.map((group) => group.size), whole);
  const place = (/** @type {HTMLElement} */ element, /** @type {Box} */ box, /** @type {Box} */ within) => {
    const shares = { left: (box.x - within.x) / within.width, top: (box.y - within.y) / within.height, width: box.width / within.width, height: box.height / within.height };
    return styled(element, Object.fromEntries(Object.entries(shares).map(([name, share]) => [name, `${share * 100}%`])));
  };
  return h("ul", { class: "treemap", "aria-label": label }, groups.map((group, i) => {
    const [cells, rest] = [group.cells.slice(0, MOST_CELLS), group.cells.slice(MOST_CELLS)];
    if (rest.length) cells.push({ name: `${number(rest.length)} smaller`, size: rest.reduce((sum, cell) => sum + cell.size, 0), text: "" });
    const inner = squarify(cells.map((cell) => cell.size), boxes[i]);
    const links = cells.map(({ name, text, href }, j) => {
      const { width, height } = inner[j];
      const title = `${group.name}: ${name}, ${text}`;
      const words = width > 50 && height > 30 ? [h("span", {}, isolated(name)), h("small", {}, text)] : null;
      return width * height < 30 ? null : place(h("li", {}, h(href ? "a" : "div", { href, title, "aria-label": words || !href ? null : title }, words)), inner[j], boxes[i]);
    });
    return styled(place(h("li", { "aria-label": `${group.name}, ${group.text}` }, h("ul", {}, links)), boxes[i], whole), { "--cell": `var(${group.color})` });
  }));
}
