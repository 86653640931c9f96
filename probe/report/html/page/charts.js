// Charts: columns on a canvas with a cursor that the arrow keys move, bars of shares, treemaps of links, long tables.
// Each has the same numbers as words or as a table beside it.

/** Set styles by the object model: the page's policy forbids style attributes. @template {HTMLElement} T @param {T} element @param {Record<string, string>} styles @returns {T} */
function styled(element, styles) {
  for (const [name, value] of Object.entries(styles)) element.style.setProperty(name, value);
  return element;
}

/** Return a small square in a colour. @param {string} color Name of a CSS variable. */
function swatch(color) {
  return styled(h("span", { class: "swatch", "aria-hidden": "true" }), { background: `var(${color})` });
}

/** @param {number | null | undefined} turn @param {string} [text] */
function turnLink(turn, text) {
  return turn ? h("a", { href: `#turn-${turn}` }, text ?? `turn ${turn}`) : null;
}

/** @param {string} title @param {...any} children */
function section(title, ...children) {
  return h("section", { class: "part" }, h("h2", {}, title), children);
}

/** Return a list of names and values; a null value leaves its row out. @param {[string, any][]} rows */
function factList(rows) {
  return h("dl", { class: "fact-list" }, rows.filter(([, value]) => value !== null && value !== undefined).map(([name, value]) => [h("dt", {}, name), h("dd", {}, value)]));
}

/** Return why something is not there. @param {...any} text */
function empty(...text) {
  return h("p", { class: "empty" }, text);
}

/**
 * Return a list of rows that grows by a button: rows are made when they are asked for.
 * @template T
 * @param {HTMLElement} list @param {T[]} rows @param {(row: T) => Node} make @param {number} step
 * @returns {[HTMLElement, HTMLElement]}
 */
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

/**
 * Return a table; `#` before the name of a column aligns numbers.
 * @template T
 * @param {string} caption @param {string[]} head @param {T[]} rows @param {(row: T) => any[]} cells @param {number} [step]
 */
function longTable(caption, head, rows, cells, step = 100) {
  const numeric = head.map((name) => (name.startsWith("#") ? "num" : null));
  /** @param {T} row */
  const make = (row) => h("tr", {}, cells(row).map((cell, i) => h(i ? "td" : "th", { class: numeric[i], scope: i ? null : "row" }, cell)));
  const titles = h("tr", {}, head.map((name, i) => (name ? h("th", { scope: "col", class: numeric[i] }, name.replace("#", "")) : h("td", {}))));
  const [body, more] = growing(h("tbody"), rows, make, step);
  const table = h("table", {}, h("caption", { class: "sr-only" }, caption), h("thead", {}, titles), body);
  return h("div", { class: "table", tabindex: "0", role: "region", "aria-label": caption }, table, more);
}

/** Return a fold with the numbers of a chart. @param {string} title @param {() => Node} make */
function folded(title, make) {
  return fold([title], make, { class: "fold" });
}

/**
 * Return a bar of shares with a legend that has the numbers.
 * @param {string} label @param {{name: string, color: string, value: number, text: string}[]} parts
 */
function shareBar(label, parts) {
  const there = parts.filter((part) => part.value > 0);
  const bar = there.map((part) => styled(h("span", { title: `${part.name}: ${part.text}` }), { "flex-grow": String(part.value), background: `var(${part.color})` }));
  return h("div", {}, h("div", { class: "share-bar", role: "img", "aria-label": `${label}: ${there.map((part) => `${part.name} ${part.text}`).join(", ")}` }, bar), legend(parts));
}

/** @param {{name: string, color: string, text?: string}[]} parts */
function legend(parts) {
  return h("ul", { class: "legend" }, parts.map((part) => h("li", {}, swatch(part.color), part.name, part.text ? h("b", {}, part.text) : null)));
}

/** Return the distance between round numbers, so that about `count` of them reach from 0 to the most. @param {number} most @param {number} count */
function roundStep(most, count) {
  const unit = 10 ** Math.floor(Math.log10(Math.max(most, 1e-9) / count));
  return unit * ([1, 2, 5].find((one) => one * unit * count >= most) ?? 10);
}

/**
 * Paint a canvas now, and again when its size or the theme changes, or the returned function is called.
 * @param {HTMLCanvasElement} canvas
 * @param {(context: CanvasRenderingContext2D, width: number, height: number, color: (name: string) => string) => void} paint
 */
function paintOn(canvas, paint) {
  let waiting = 0;
  const now = () => {
    waiting = 0;
    const [width, height, scale] = [canvas.clientWidth, canvas.clientHeight, devicePixelRatio || 1];
    const context = canvas.getContext("2d");
    if (!width || !context) return;
    canvas.width = Math.round(width * scale);
    canvas.height = Math.round(height * scale);
    context.scale(scale, scale);
    const style = getComputedStyle(canvas);
    context.font = `12px ${style.fontFamily}`;
    /** @type {Map<string, string>} */
    const known = new Map();
    paint(context, width, height, (name) => {
      // A variable may hold a function of the theme: the browser resolves it for an element's colour alone.
      if (!known.has(name)) {
        canvas.style.color = `var(${name})`;
        known.set(name, style.color);
      }
      return known.get(name) ?? "";
    });
  };
  const later = () => (waiting ||= requestAnimationFrame(now));
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const changed = () => {
    if (canvas.isConnected) return later();
    themes.disconnect();
    dark.removeEventListener("change", changed);
  };
  const themes = new MutationObserver(changed);
  new ResizeObserver(later).observe(canvas);
  dark.addEventListener("change", changed);
  themes.observe(document.documentElement, { attributeFilter: ["data-theme"] });
  return later;
}

/** Return a box with words beside the pointer, or the cursor, of a chart. */
function tip() {
  const box = h("div", { class: "tip", hidden: true, "aria-hidden": "true" });
  return {
    box,
    /** @param {string[]} lines @param {number} x @param {number} width */
    show(lines, x, width) {
      box.replaceChildren(...lines.filter(Boolean).map((line, i) => h(i ? "span" : "b", {}, ...visible(line))));
      box.hidden = false;
      styled(box, x < width / 2 ? { left: `${x + 12}px`, right: "auto" } : { right: `${width - x + 12}px`, left: "auto" });
    },
    hide: () => (box.hidden = true),
  };
}

/**
 * @typedef {object} Columns
 * @property {string} label What the chart shows.
 * @property {string[]} series Colours, from the bottom up.
 * @property {number} count
 * @property {(column: number, series: number) => number} value
 * @property {(value: number) => string} format For the axis.
 * @property {(column: number) => string[]} words Name of a column, then its numbers.
 * @property {(column: number) => void} choose
 * @property {number} [chosen]
 * @property {(column: number) => boolean} [mark] Whether a column has a mark above it.
 */

/** Width of what is left of a chart. */
const AXIS = 58;
/** @type {Record<string, number>} */
const CURSOR_STEPS = { ArrowLeft: -1, ArrowRight: 1, ArrowDown: -1, ArrowUp: 1, PageDown: -10, PageUp: 10, Home: -Infinity, End: Infinity };

/** Return a chart of stacked columns; arrow keys move its cursor, Enter or a click chooses a column. @param {Columns} chart */
function columnsChart(chart) {
  const canvas = /** @type {HTMLCanvasElement} */ (h("canvas"));
  const note = tip();
  let at = chart.chosen ?? 0;
  const totals = Array.from({ length: chart.count }, (_, column) => chart.series.reduce((sum, _, series) => sum + chart.value(column, series), 0));
  const slider = h("div", { class: "chart", role: "slider", tabindex: "0", "aria-label": `${chart.label}. Arrow keys move, Enter chooses`, "aria-valuemin": "1", "aria-valuemax": chart.count }, canvas, note.box);
  const plot = () => canvas.clientWidth - AXIS;
  /** @param {number} column @param {boolean} seen */
  const move = (column, seen) => {
    at = Math.max(0, Math.min(chart.count - 1, column));
    const words = chart.words(at);
    setAttributes(slider, { "aria-valuenow": at + 1, "aria-valuetext": words.filter(Boolean).join(", ") });
    if (seen) note.show(words, AXIS + ((at + 0.5) / chart.count) * plot(), canvas.clientWidth);
  };
  slider.addEventListener("keydown", (event) => {
    if (event.key === "Enter" || event.key === " ") chart.choose(at);
    else if (event.key in CURSOR_STEPS) move(at + CURSOR_STEPS[event.key], true);
    else return;
    event.preventDefault();
    event.stopPropagation();
  });
  canvas.addEventListener("pointermove", (event) => move(Math.floor(((event.offsetX - AXIS) / plot()) * chart.count), true));
  canvas.addEventListener("click", () => chart.choose(at));
  slider.addEventListener("focus", () => slider.matches(":focus-visible") && move(at, true));
  for (const name of ["blur", "pointerleave"]) slider.addEventListener(name, note.hide);
  move(at, false);
  paintOn(canvas, (...painter) => paintColumns(chart, totals, ...painter));
  return slider;
}

/** @param {Columns} chart @param {number[]} totals @param {CanvasRenderingContext2D} context @param {number} width @param {number} height @param {(name: string) => string} color */
function paintColumns(chart, totals, context, width, height, color) {
  const [top, floor, step] = [12, height - 20, roundStep(totals.reduce((most, total) => Math.max(most, total), 0), 4)];
  const most = Math.ceil(totals.reduce((high, total) => Math.max(high, total), step) / step - 1e-9) * step;
  const y = (/** @type {number} */ value) => floor - (value / most) * (floor - top);
  const rectangle = (/** @type {string} */ name, /** @type {number[]} */ [x, from, wide, high]) => {
    context.fillStyle = color(name);
    context.fillRect(x, from, wide, high);
  };
  context.textAlign = "right";
  for (let value = 0; value <= most * 1.001; value += step) {
    rectangle("--chart-grid", [AXIS, Math.round(y(value)), width - AXIS, 1]);
    context.fillStyle = color("--chart-text");
    context.fillText(chart.format(value), AXIS - 6, y(value) + 4);
  }
  // Where columns are more than pixels, the highest of those in a pixel is drawn.
  const columns = Math.min(chart.count, Math.floor(width - AXIS));
  const wide = (width - AXIS) / columns;
  for (let place = 0; place < columns; place++) {
    const [first, end] = [place, place + 1].map((one) => Math.floor((one * chart.count) / columns));
    const x = AXIS + place * wide;
    let [best, sum, marked] = [first, 0, false];
    for (let one = first; one < end; one++) {
      if (totals[one] > totals[best]) best = one;
      marked ||= chart.mark?.(one) ?? false;
      if (one === chart.chosen) rectangle("--chart-chosen", [x - 1, 2, Math.max(wide + 1, 3), floor - 2]);
    }
    chart.series.forEach((name, series) => {
      const value = chart.value(best, series);
      if (value) rectangle(name, [x, y(sum + value), Math.max(wide - (wide > 4 ? 1 : 0), 1), Math.max(y(sum) - y(sum + value), 0.5)]);
      sum += value;
    });
    if (marked) for (let row = 0; row < 5; row++) rectangle("--bad", [x + wide / 2 - 4 + row, y(sum) - 9 + row, 8 - 2 * row, 1]);
  }
  context.fillStyle = color("--chart-text");
  if (chart.count > 1) context.fillText(chart.words(chart.count - 1)[0], width, height - 5);
  context.textAlign = "left";
  context.fillText(chart.words(0)[0], AXIS, height - 5);
}

/** @typedef {{x: number, y: number, width: number, height: number}} Box */

/**
 * Return boxes whose areas are in proportion to sizes that fall, as square as can be (Bruls, Huizing and van Wijk 2000).
 * @param {number[]} sizes @param {Box} box
 * @returns {Box[]}
 */
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
    const thick = short ? (sum * scale) / short : 0;
    let along = 0;
    for (; at < end; at++) {
      const long = sum ? (sizes[at] / sum) * short : 0;
      boxes.push(width >= height ? { x, y: y + along, width: thick, height: long } : { x: x + along, y, width: long, height: thick });
      along += long;
    }
    if (width >= height) [x, width] = [x + thick, width - thick];
    else [y, height] = [y + thick, height - thick];
    left -= sum;
  }
  return boxes;
}

/** @typedef {{name: string, size: number, text: string, href?: string, title?: string}} Cell */

/** Cells of a group that are links of their own; the smaller ones are one cell together. */
const MOST_CELLS = 150;

/**
 * Return a treemap: groups of cells, all in order of size. The table beside it has what is too small to see.
 * @param {string} label @param {{name: string, color: string, size: number, text: string, cells: Cell[]}[]} groups
 */
function treemap(label, groups) {
  const whole = { x: 0, y: 0, width: 1000, height: 420 };
  groups.sort((one, other) => other.size - one.size);
  const boxes = squarify(groups.map((group) => group.size), whole);
  /** @param {HTMLElement} element @param {Box} box @param {Box} within */
  const place = (element, box, within) => {
    const percent = { left: (box.x - within.x) / within.width, top: (box.y - within.y) / within.height, width: box.width / within.width, height: box.height / within.height };
    return styled(element, Object.fromEntries(Object.entries(percent).map(([name, share]) => [name, `${share * 100}%`])));
  };
  return h("ul", { class: "treemap", "aria-label": label }, groups.map((group, i) => {
    const [cells, rest] = [group.cells.slice(0, MOST_CELLS), group.cells.slice(MOST_CELLS)];
    if (rest.length) cells.push({ name: `${number(rest.length)} smaller`, size: rest.reduce((sum, cell) => sum + cell.size, 0), text: "" });
    const inner = squarify(cells.map((cell) => cell.size), boxes[i]);
    const links = cells.map((cell, j) => {
      const { width, height } = inner[j];
      if (width * height < 30) return null;
      const words = width > 50 && height > 30 ? [h("span", {}, isolated(cell.name)), h("small", {}, cell.text)] : null;
      const title = cell.title ?? `${group.name}: ${cell.name}`;
      return place(h("li", {}, h(cell.href ? "a" : "div", { href: cell.href, title, "aria-label": words || !cell.href ? null : title }, words)), inner[j], boxes[i]);
    });
    return styled(place(h("li", { class: "cell-group", "aria-label": `${group.name}, ${group.text}` }, h("ul", {}, links)), boxes[i], whole), { "--cell": `var(${group.color})` });
  }));
}
