// Text of the record for a reader's eyes: nothing in it may hide, turn round the line, or freeze the page.

/** Characters that show nothing or change the direction of others, except what scripts and emoji need to join. */
const INVISIBLE =
  /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u00ad\u061c\u115f\u1160\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\u3164\ufeff\ufff9-\ufffb]|[\u{e0000}-\u{e0fff}]|[\ud800-\udfff]|\r(?!\n)/gu;

/** Characters of text beyond which it is shown in steps, and of a step. */
const [LONG_TEXT, TEXT_STEP] = [60_000, 8_000];

/** @param {string} text @returns {(string | Node)[]} Each invisible character is a visible mark. */
function visible(text) {
  const parts = [];
  let last = 0;
  for (const { 0: character, index } of text.matchAll(INVISIBLE)) {
    const code = character.codePointAt(0)?.toString(16).toUpperCase().padStart(4, "0");
    parts.push(text.slice(last, index), h("span.ctl", { title: "A character that would be invisible" }, code === "001B" ? "ESC" : `U+${code}`));
    last = index + character.length;
  }
  return [...parts, text.slice(last)];
}

/** Return one line of text that cannot change what is around it. @param {string} text @param {string} [name] */
function isolated(text, name = "") {
  return h("bdi", { class: name || null }, text);
}

/** Return text as it is: white space kept, lines wrapped, long text in steps as the reader scrolls. @param {string} text @param {string} [name] */
function textView(text, name = "") {
  const root = h("div", { class: name || null, dir: "auto" });
  const isLong = text.length > LONG_TEXT;
  let start = 0;
  grow(root, () => {
    let end = isLong ? Math.min(text.length, start + TEXT_STEP) : text.length;
    const line = end < text.length ? text.lastIndexOf("\n", end) : -1;
    if (line > start) end = line + 1;
    // The next step begins a new line itself.
    root.append(h(isLong ? "div.text.step" : "div.text", text.slice(start, text[end - 1] === "\n" && end < text.length ? end - 1 : end)));
    start = end;
    return start < text.length;
  });
  return root;
}

/** Fill an element step by step, as long as its end is in sight. @param {HTMLElement} root @param {() => boolean} add Returns whether there is more. */
function grow(root, add) {
  if (!add()) return;
  const end = h("div.dim", "…");
  const observer = new IntersectionObserver((entries) => {
    if (!entries.some((entry) => entry.isIntersecting)) return;
    // An element that never left the sight is reported only where it is observed anew.
    observer.disconnect();
    let more = true;
    for (let count = 0; more && count < 8; count += 1) more = add();
    if (!more) return end.remove();
    root.append(end);
    observer.observe(end);
  }, { rootMargin: "1500px" });
  root.append(end);
  observer.observe(end);
}

/** @param {string} text @param {string} [name] */
function remark(text, name = "") {
  return h("p", { class: `remark ${name}` }, text);
}

/** @param {any} error */
function failure(error) {
  if (!/^This (run|record) has no/.test(error.message)) console.error(error);
  return h("p.failure", { role: "alert" }, `This cannot be shown: ${error.message}`);
}

/** Return a fold whose content is made when it is first opened. @param {any} summary @param {() => any} make @param {Record<string, any>} [attributes] */
function fold(summary, make, attributes = {}) {
  const body = h("div.fold-body");
  const element = /** @type {HTMLDetailsElement} */ (h("details.group", attributes, h("summary", summary), body));
  let made = false;
  const open = async () => {
    if (made || !element.open) return;
    made = true;
    append(body, [await Promise.resolve().then(make).catch(failure)]);
  };
  element.addEventListener("toggle", open);
  open();
  return element;
}

/** @param {string} text @param {number} [lines] */
function isLong(text, lines = 30) {
  return text.length > lines * 80 || text.split("\n", lines + 1).length > lines;
}

/** Return content, where it is long in a box that scrolls, and that a reader can pull larger. @param {HTMLElement} content @param {boolean} isLong */
function clamped(content, isLong) {
  return isLong ? h("div.clamp", { tabindex: "0", role: "region", "aria-label": "Long text" }, content) : content;
}
