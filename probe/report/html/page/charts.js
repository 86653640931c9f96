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
 * Return a table that grows by a button: rows are made when they are asked for.
 * @template T
 * @param {string} caption @param {string[]} head Names of columns; `#` before a name aligns numbers.
 * @param {T[]} rows @param {(row: T) => any[]} cells @param {number} [step]
 */
function longTable(caption, head, rows, cells, step = 100) {
  const numeric = head.map((name) => (name.startsWith("#") ? "num" : null));
  const body = h("tbody");
  const more = h("button", { type: "button", class: "more" });
  let shown = 0;
  const grow = () => {
    const next = rows.slice(shown, shown + step);
    append(body, next.map((row) => h("tr", {}, cells(row).map((cell, i) => h(i ? "td" : "th", { class: numeric[i], scope: i ? null : "row" }, cell)))));
    shown += next.length;
    more.hidden = shown >= rows.length;
    more.textContent = `Show ${number(Math.min(step * 5, rows.length - shown))} more of ${number(rows.length)}`;
    step *= 5;
  };
  more.addEventListener("click", grow);
  grow();
  const titles = h("tr", {}, head.map((name, i) => h("th", { scope: "col", class: numeric[i] }, name.replace("#", ""))));
  const table = h("table", {}, h("caption", { class: "sr-only" }, caption), h("thead", {}, titles), body);
  return h("div", { class: "table", tabindex: "0", role: "region", "aria-label": caption }, table, more);
}

/** Return a fold with a table, made when it is opened. @param {string} title @param {() => Node} make */
function folded(title, make) {
  const fold = h("details", { class: "fold" }, h("summary", {}, title));
  fold.addEventListener("toggle", () => fold.children.length < 2 && fold.append(make()));
  return fold;
}

/**
 * Return a bar of shares with a legend that has the numbers.
 * @param {string} label @param {{name: string, color: string, value: number, text: string}[]} parts
 */
function shareBar(label, parts) {
  const there = parts.filter((part) => part.value > 0);
  const words = there.map((part) => `${part.name} ${part.text}`).join(", ");
  const bar = there.map((part) => styled(h("span", { title: `${part.name}: ${part.text}` }), { "flex-grow": String(part.value), background: `var(${part.color})` }));
  return h("div", { class: "shares" }, h("div", { class: "share-bar", role: "img", "aria-label": `${label}: ${words || "nothing"}` }, bar), legend(parts));
}

/** @param {{name: string, color: string, text?: string}[]} parts */
function legend(parts) {
  return h("ul", { class: "legend" }, parts.map((part) => h("li", {}, swatch(part.color), part.name, part.text ? h("b", {}, part.text) : null)));
}

/** Return round numbers from 0 to at least the most, for an axis. @param {number} most @param {number} [count] */
function ticks(most, count = 4) {
  const rough = Math.max(most, 1e-9) / count;
  const unit = 10 ** Math.floor(Math.log10(rough));
  const step = unit * ([1, 2, 5, 10].find((one) => one * unit >= rough) ?? 10);
  return Array.from({ length: Math.ceil(most / step - 1e-9) + 1 }, (_, i) => i * step);
}

/**
 * Draw on a canvas in the size that it has, again when its size or the theme changes, and at any time by the returned function.
 * @param {HTMLCanvasElement} canvas
 * @param {(context: CanvasRenderingContext2D, width: number, height: number, color: (name: string) => string) => void} draw
 */
function drawn(canvas, draw) {
  let waiting = 0;
  const now = () => {
    waiting = 0;
    const [width, height] = [canvas.clientWidth, canvas.clientHeight];
    const context = canvas.getContext("2d");
    if (!width || !context) return;
    const scale = devicePixelRatio || 1;
    canvas.width = Math.round(width * scale);
    canvas.height = Math.round(height * scale);
    context.scale(scale, scale);
    const style = getComputedStyle(canvas);
    context.font = `12px ${style.fontFamily}`;
    /** @type {Map<string, string>} */
    const known = new Map();
    draw(context, width, height, (name) => {
      // A variable may hold a function of the theme: the browser resolves it for an element's colour alone.
      if (!known.has(name)) {
        canvas.style.color = `var(${name})`;
        known.set(name, style.color);
      }
      return known.get(name) ?? "";
    });
  };
  const later = () => (waiting ||= requestAnimationFrame(now));
  new ResizeObserver(later).observe(canvas);
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const themes = new MutationObserver(() => changed());
  const changed = () => {
    if (canvas.isConnected) return later();
    themes.disconnect();
    dark.removeEventListener("change", changed);
  };
  dark.addEventListener("change", changed);
  themes.observe(document.documentElement, { attributeFilter: ["data-theme"] });
  return later;
}

/** Return a box with text that follows the pointer or the cursor of its chart. */
function tip() {
  const box = h("div", { class: "tip", hidden: true, "aria-hidden": "true" });
  return {
    box,
    /** @param {string[]} lines @param {number} x @param {number} width */
    show(lines, x, width) {
      box.replaceChildren(...lines.map((line, i) => h(i ? "span" : "b", {}, line)));
      box.hidden = false;
      styled(box, x < width / 2 ? { left: `${x + 12}px`, right: "auto" } : { right: `${width - x + 12}px`, left: "auto" });
    },
    hide: () => (box.hidden = true),
  };
}

/**
 * @typedef {object} Columns
 * @property {string} label What the chart shows.
 * @property {{name: string, color: string}[]} series From the bottom up.
 * @property {number} count
 * @property {(column: number, series: number) => number} value
 * @property {(value: number) => string} format For the axis.
 * @property {(column: number) => string[]} words Name of a column, then its numbers.
 * @property {(column: number) => void} choose
 * @property {number} [chosen]
 * @property {(column: number) => boolean} [mark] Whether a column has a mark above it.
 */

const AXIS = 58;

/** Return a chart of stacked columns; arrow keys move its cursor, Enter or a click chooses a column. @param {Columns} chart */
function columnsChart(chart) {
  const canvas = /** @type {HTMLCanvasElement} */ (h("canvas"));
  const note = tip();
  let [at, chosen] = [chart.chosen ?? 0, chart.chosen ?? -1];
  const totals = Array.from({ length: chart.count }, (_, column) => chart.series.reduce((sum, _, series) => sum + chart.value(column, series), 0));
  const axis = ticks(totals.reduce((most, total) => Math.max(most, total), 0));
  const redraw = drawn(canvas, (context, width, height, color) => drawColumns(context, width, height, color, chart, totals, axis, chosen));
  const slider = h("div", { class: "chart", role: "slider", tabindex: "0", "aria-label": `${chart.label}. Arrow keys move, Enter chooses`, "aria-valuemin": "1", "aria-valuemax": String(chart.count) }, canvas, note.box);
  const plot = () => canvas.clientWidth - AXIS;
  /** @param {number} column @param {boolean} seen */
  const move = (column, seen) => {
    at = Math.max(0, Math.min(chart.count - 1, column));
    const words = chart.words(at);
    slider.setAttribute("aria-valuenow", String(at + 1));
    slider.setAttribute("aria-valuetext", words.join(", "));
    if (seen) note.show(words, AXIS + ((at + 0.5) / chart.count) * plot(), canvas.clientWidth);
  };
  const choose = () => {
    chosen = at;
    redraw();
    chart.choose(at);
  };
  /** @type {Record<string, number>} */
  const steps = { ArrowLeft: -1, ArrowRight: 1, ArrowDown: -1, ArrowUp: 1, PageDown: -10, PageUp: 10, Home: -Infinity, End: Infinity };
  slider.addEventListener("keydown", (event) => {
    if (event.key === "Enter" || event.key === " ") choose();
    else if (event.key in steps) move(at + steps[event.key], true);
    else return;
    event.preventDefault();
    event.stopPropagation();
  });
  canvas.addEventListener("pointermove", (event) => move(Math.floor(((event.offsetX - AXIS) / plot()) * chart.count), true));
  canvas.addEventListener("click", choose);
  slider.addEventListener("focus", () => slider.matches(":focus-visible") && move(at, true));
  for (const name of ["blur", "pointerleave"]) slider.addEventListener(name, note.hide);
  move(at, false);
  return slider;
}

/**
 * @param {CanvasRenderingContext2D} context @param {number} width @param {number} height @param {(name: string) => string} color
 * @param {Columns} chart @param {number[]} totals @param {number[]} axis @param {number} chosen
 */
function drawColumns(context, width, height, color, chart, totals, axis, chosen) {
  const [top, floor] = [12, height - 20];
  const most = axis[axis.length - 1] || 1;
  /** @param {number} value */
  const y = (value) => floor - (value / most) * (floor - top);
  const columns = Math.min(chart.count, Math.floor(width - AXIS));
  const wide = (width - AXIS) / columns;
  drawAxis(context, width, axis, y, color, chart.format);
  for (let place = 0; place < columns; place++) {
    let best = Math.floor((place * chart.count) / columns);
    const end = Math.max(best + 1, Math.floor(((place + 1) * chart.count) / columns));
    const [x, gap] = [AXIS + place * wide, wide > 4 ? 1 : 0];
    let marked = false;
    for (let one = best; one < end; one++) {
      if (totals[one] > totals[best]) best = one;
      marked ||= chart.mark?.(one) ?? false;
      if (one === chosen) {
        context.fillStyle = color("--chart-chosen");
        context.fillRect(x - 1, top - 10, Math.max(wide + 1, 3), floor - top + 10);
      }
    }
    let sum = 0;
    chart.series.forEach(({ color: name }, series) => {
      const value = chart.value(best, series);
      if (!value) return;
      context.fillStyle = color(name);
      context.fillRect(x, y(sum + value), Math.max(wide - gap, 1), Math.max(y(sum) - y(sum + value), 0.5));
      sum += value;
    });
    if (marked) {
      context.fillStyle = color("--bad");
      context.beginPath();
      context.moveTo(x + wide / 2 - 4, y(sum) - 9);
      context.lineTo(x + wide / 2 + 4, y(sum) - 9);
      context.lineTo(x + wide / 2, y(sum) - 3);
      context.fill();
    }
  }
  context.fillStyle = color("--chart-text");
  context.textAlign = "left";
  context.fillText(chart.words(0)[0], AXIS, height - 5);
  if (chart.count > 1) {
    context.textAlign = "right";
    context.fillText(chart.words(chart.count - 1)[0], width, height - 5);
  }
}

/** @param {CanvasRenderingContext2D} context @param {number} width @param {number[]} axis @param {(value: number) => number} y @param {(name: string) => string} color @param {(value: number) => string} format */
function drawAxis(context, width, axis, y, color, format) {
  context.textAlign = "right";
  context.textBaseline = "alphabetic";
  for (const value of axis) {
    context.fillStyle = color("--chart-grid");
    context.fillRect(AXIS, Math.round(y(value)), width - AXIS, 1);
    context.fillStyle = color("--chart-text");
    context.fillText(format(value), AXIS - 6, y(value) + 4);
  }
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
      const row = (sum + sizes[end]) * scale;
      const side = row / short;
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

/** @typedef {{name: string, color: string, size: number, text: string, href?: string, title?: string}} Cell */

/** Cells of a group that are links of their own; the smaller ones are one cell together. */
const MOST_CELLS = 150;

/**
 * Return a treemap: groups of cells in order of size, those of items links. The table beside it has all of them.
 * @param {string} label @param {(Cell & {cells: Cell[]})[]} groups
 */
function treemap(label, groups) {
  const [width, height] = [1000, 420];
  const sorted = groups.filter((group) => group.size > 0).sort((one, other) => other.size - one.size);
  const boxes = squarify(sorted.map((group) => group.size), { x: 0, y: 0, width, height });
  /** @param {HTMLElement} element @param {Box} box @param {Box} within */
  const place = (element, box, within) =>
    styled(element, {
      left: `${((box.x - within.x) / within.width) * 100}%`, top: `${((box.y - within.y) / within.height) * 100}%`,
      width: `${(box.width / within.width) * 100}%`, height: `${(box.height / within.height) * 100}%`,
    });
  return h("ul", { class: "treemap", "aria-label": label }, sorted.map((group, i) => {
    const outer = boxes[i];
    const all = group.cells.filter((cell) => cell.size > 0).sort((one, other) => other.size - one.size);
    const [cells, rest] = [all.slice(0, MOST_CELLS), all.slice(MOST_CELLS)];
    if (rest.length) cells.push({ name: `${number(rest.length)} smaller`, color: "", size: rest.reduce((sum, cell) => sum + cell.size, 0), text: "" });
    const inner = squarify(cells.map((cell) => cell.size), outer);
    const links = cells.map((cell, j) => {
      const { width: wide, height: high } = inner[j];
      if (wide * high < 30) return null;
      const words = wide > 50 && high > 30 ? [h("span", {}, isolated(cell.name)), h("small", {}, cell.text)] : [];
      const name = cell.title ?? `${group.name}: ${cell.name}`;
      const link = cell.href ? h("a", { href: cell.href, title: name, "aria-label": words.length ? null : name }, words) : h("div", { class: "rest", title: name }, words);
      return place(h("li", {}, link), inner[j], outer);
    });
    return place(styled(h("li", { class: "cell-group", "aria-label": `${group.name}, ${group.text}` }, h("ul", {}, links)), { "--cell": `var(${group.color})` }), outer, { x: 0, y: 0, width, height });
  }));
}
