// JSON that folds. Members are made when their fold is opened, so that a value of many MB opens at once.

/** Members that are shown at a time, and characters of a string up to which it is not folded. */
const [MEMBERS, STRING] = [200, 400];

/** @param {any} value @param {any} [open] Levels that are open at first, where they are small. @param {string | null} [name] */
function jsonView(value, open = 1, name = null) {
  return h("div.json", { dir: "ltr" }, jsonNode(name, value, Number(open) || 1));
}

/** @param {string | null} name @param {any} value @param {number} open @returns {HTMLElement} */
function jsonNode(name, value, open) {
  const key = name === null ? null : [h("span.key", name), ": "];
  if (value === null || typeof value !== "object") return h("div", key, jsonLeaf(value));
  const keys = Object.keys(value);
  if (!keys.length) return h("div", key, Array.isArray(value) ? "[]" : "{}");
  return fold([key, jsonSummary(value, keys)], () => addMembers(h("div"), value, keys, open - 1), { class: "node", open: open > 0 && keys.length <= 50 });
}

/** @param {HTMLElement} body @param {any} value @param {string[]} keys @param {number} open @returns {HTMLElement} */
function addMembers(body, value, keys, open) {
  body.append(...keys.slice(0, MEMBERS).map((key) => jsonNode(key, value[key], open)));
  const rest = keys.slice(MEMBERS);
  const more = h("button", { type: "button", onclick: () => (more.remove(), addMembers(body, value, rest, 0)) }, `${number(Math.min(rest.length, MEMBERS))} more of ${number(rest.length)}`);
  if (rest.length) body.append(more);
  return body;
}

/** @param {any} value @param {string[]} keys */
function jsonSummary(value, keys) {
  if (Array.isArray(value)) return h("span.dim", `[${plural(keys.length, "element")}]`);
  const words = keys.slice(0, 4).map((key) => (typeof value[key] === "string" ? `${key}: ${value[key].slice(0, 40)}` : key));
  return h("span.dim", "{", isolated(words.join(", ")), keys.length > words.length ? ", …}" : "}");
}

/** @param {any} value */
function jsonLeaf(value) {
  if (typeof value !== "string") return h(typeof value === "number" ? "span.number" : "span.word", String(value));
  const image = imageIn(value);
  if (image) return imageView(image);
  if (value.length <= STRING) return h("span.string", '"', value, '"');
  const open = () => {
    const inner = /^\s*[[{]/.test(value) ? parsed(value) : undefined;
    box.replaceChildren(inner === undefined ? textView(value, "boxed") : h("div", h("span.dim", "JSON in a string:"), jsonView(inner)));
  };
  const box = h("span", h("span.string", '"', value.slice(0, 160)), "… ", h("button", { type: "button", onclick: open }, `${number(value.length)} characters`));
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
