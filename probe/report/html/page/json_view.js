// JSON that folds. Members are made when their fold is opened, so that a value of many MB opens at once.

/** Members that are shown at a time. */
const MEMBERS = 200;
/** Characters of a string up to which it is not folded. */
const STRING = 400;

/**
 * Return a JSON value as a tree.
 * @param {any} value
 * @param {{open?: number, name?: string | null}} [options] `open`: levels that are open at first, where they are small.
 */
function jsonView(value, { open = 1, name = null } = {}) {
  return h("div", { class: "json", dir: "ltr" }, jsonNode(name, value, open));
}

/** @param {string | null} name @param {any} value @param {number} open @returns {HTMLElement} */
function jsonNode(name, value, open) {
  const key = name === null ? [] : [h("span", { class: "key" }, ...visible(name)), ": "];
  if (value === null || typeof value !== "object") return h("div", {}, key, jsonLeaf(value));
  const keys = Object.keys(value);
  if (!keys.length) return h("div", {}, key, Array.isArray(value) ? "[]" : "{}");
  const body = h("div", {});
  const details = /** @type {HTMLDetailsElement} */ (h("details", {}, h("summary", {}, key, jsonSummary(value, keys)), body));
  const fill = () => {
    if (details.open && !body.firstChild) addMembers(body, value, keys, 0, open - 1);
  };
  details.open = open > 0 && keys.length <= 50;
  if (details.open) fill();
  details.addEventListener("toggle", fill);
  return details;
}

/** @param {HTMLElement} body @param {any} value @param {string[]} keys @param {number} from @param {number} open */
function addMembers(body, value, keys, from, open) {
  for (const key of keys.slice(from, from + MEMBERS)) body.append(jsonNode(key, value[key], open));
  const left = keys.length - from - MEMBERS;
  if (left <= 0) return;
  const more = h("button", { type: "button" }, `${number(Math.min(left, MEMBERS))} more of ${number(left)}`);
  more.addEventListener("click", () => {
    more.remove();
    addMembers(body, value, keys, from + MEMBERS, 0);
  });
  body.append(more);
}

/** Return what is in an array or object, in a few words. @param {any} value @param {string[]} keys */
function jsonSummary(value, keys) {
  if (Array.isArray(value)) return h("span", { class: "dim" }, `[${plural(keys.length, "element")}]`);
  const named = ["type", "role", "name", "id"].filter((key) => typeof value[key] === "string").slice(0, 2);
  const words = named.map((key) => `${key}: ${value[key].slice(0, 60)}`).join(", ");
  return h("span", { class: "dim" }, "{", isolated(words || keys.slice(0, 4).join(", ").slice(0, 100)), keys.length > 4 || words ? " …}" : "}");
}

/** @param {any} value @returns {Node} */
function jsonLeaf(value) {
  if (typeof value === "string") return jsonString(value);
  return h("span", { class: typeof value === "number" ? "number" : "word" }, String(value));
}

/** @param {string} text */
function jsonString(text) {
  const image = imageIn(text);
  if (image) return imageView(image);
  if (text.length <= STRING) return h("span", { class: "string" }, '"', ...visible(text), '"');
  const inner = /^\s*[[{]/.test(text.slice(0, 20)) ? parsed(text) : undefined;
  const button = h("button", { type: "button", "aria-expanded": "false" }, `${number(text.length)} characters`);
  const short = h("span", { class: "string" }, '"', ...visible(text.slice(0, 160)), "… ");
  const box = h("span", {}, short, button);
  button.addEventListener("click", () => {
    button.remove();
    short.replaceWith(inner === undefined ? textView(text, { mono: true, boxed: true }) : h("div", {}, h("span", { class: "dim" }, "JSON in a string:"), jsonView(inner)));
  });
  return box;
}

/** Return the value of a JSON text; undefined where it is none. @param {string} text @returns {any} */
function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
