// Elements out of data, and numbers as a reader wants them. Text from the record only ever becomes a text node.

/**
 * Return a new element: `h("p.remark.bad", {title}, text, …)`. Attributes may be left out; those named on… are listeners,
 * null and false leave one out. Children that are no nodes become text, with marks for what would be invisible.
 * @param {string} tag @param {...any} children @returns {HTMLElement}
 */
function h(tag, ...children) {
  const [name, ...classes] = tag.split(".");
  const element = document.createElement(name);
  if (classes.length) element.className = classes.join(" ");
  if (children[0] && Object.getPrototypeOf(children[0]) === Object.prototype) setAttributes(element, children.shift());
  append(element, children);
  return element;
}

/** @param {string} tag @param {Attributes} attributes @param {...any} children */
function svg(tag, attributes, ...children) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  setAttributes(element, attributes);
  append(element, children);
  return element;
}

/** @param {Element} element @param {Attributes} attributes */
function setAttributes(element, attributes) {
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (value !== null && value !== undefined && value !== false) element.setAttribute(name, value === true ? "" : String(value));
  }
}

/** @param {Element} element @param {any[]} children */
function append(element, children) {
  for (const child of children.flat(Infinity)) {
    if (child !== null && child !== undefined && child !== false) element.append(...(child instanceof Node ? [child] : visible(String(child))));
  }
}

/** @param {string} id @returns {HTMLElement} */
function byId(id) {
  return /** @type {HTMLElement} */ (document.getElementById(id));
}

/** 12,345; ? for what is not known, as below. @param {Known} count */
function number(count) {
  return count?.toLocaleString("en-US") ?? "?";
}

/** 812, 12.3K, 1.2M. @param {Known} count */
function compact(count) {
  if (typeof count !== "number") return "?";
  if (count < 1000) return String(count);
  const [value, unit] = count < 999_950 ? [count / 1000, "K"] : [count / 1_000_000, "M"];
  return `${value < 100 ? value.toFixed(1) : Math.round(value)}${unit}`;
}

/** 1 turn, 2 turns. @param {number} count @param {string} noun @param {string} [nouns] */
function plural(count, noun, nouns = `${noun}s`) {
  return `${number(count)} ${count === 1 ? noun : nouns}`;
}

/** 812 B, 3.4 KB, 12 MB. @param {Known} size */
function bytes(size) {
  if (typeof size !== "number") return "?";
  const unit = size < 1000 ? 0 : Math.min(3, Math.floor(Math.log10(size) / 3));
  const value = size / 1000 ** unit;
  return `${unit && value < 10 ? value.toFixed(1) : Math.round(value)} ${["B", "KB", "MB", "GB"][unit]}`;
}

/** 12 ms, 3.4 s, 2 min 5 s. @param {Known} duration */
function seconds(duration) {
  if (typeof duration !== "number") return "?";
  if (duration < 1) return `${Math.round(duration * 1000)} ms`;
  if (duration < 100) return `${duration.toFixed(1)} s`;
  const whole = Math.round(duration);
  return whole < 3600 ? `${Math.floor(whole / 60)} min ${whole % 60} s` : `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
}

/** $0.0123. @param {Known} amount */
function dollars(amount) {
  if (typeof amount !== "number") return "?";
  return amount > 0 && amount < 0.0001 ? "under $0.0001" : `$${amount.toFixed(amount < 1 ? 4 : 2)}`;
}

/** Return a time of day in UTC with milliseconds. @param {number} epoch */
function clock(epoch) {
  return new Date(epoch * 1000).toISOString().slice(11, 23);
}
