// Text of the record for a reader's eyes: nothing in it may hide, turn round the line, or freeze the page.

/** Characters that show nothing or change the direction of others, except what scripts and emoji need to join. */
const INVISIBLE =
  /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u00ad\u061c\u115f\u1160\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\u3164\ufeff\ufff9-\ufffb]|[\u{e0000}-\u{e0fff}]|[\ud800-\udfff]|\r(?!\n)/gu;

/** Text beyond this many characters is shown in steps. */
const STEP = 60_000;

/** Return text with each invisible character as a visible mark. @param {string} text @returns {(string | Node)[]} */
function visible(text) {
  const parts = [];
  let last = 0;
  for (const match of text.matchAll(INVISIBLE)) {
    if (match.index > last) parts.push(text.slice(last, match.index));
    const code = /** @type {number} */ (match[0].codePointAt(0)).toString(16).toUpperCase().padStart(4, "0");
    parts.push(h("span", { class: "ctl", title: "A character that would be invisible" }, code === "001B" ? "ESC" : `U+${code}`));
    last = match.index + match[0].length;
  }
  if (last < text.length) parts.push(text.slice(last));
  return parts;
}

/** Return one line of text that cannot change what is around it. @param {string} text @param {string} [name] */
function isolated(text, name = "") {
  return h("bdi", { class: name }, ...visible(text));
}

/**
 * Return text as it is: white space kept, lines wrapped, long text in steps as the reader scrolls.
 * @param {string} text
 * @param {{mono?: boolean, boxed?: boolean}} [options]
 */
function textView(text, { mono = false, boxed = false } = {}) {
  const root = h("div", { class: `long${boxed ? " boxed" : ""}`, dir: "auto" });
  const pieces = textPieces(text);
  const add = () => {
    const piece = pieces.next().value;
    if (piece !== undefined) root.append(h("div", { class: `text${mono ? " mono" : ""}` }, ...visible(piece)));
    return piece !== undefined;
  };
  add();
  if (text.length > STEP) growWithScrolling(root, add);
  return root;
}

/** Yield text in pieces that end at a line's end where there is one. @param {string} text */
function* textPieces(text) {
  if (text.length <= STEP) {
    yield text;
    return;
  }
  const size = 8_000;
  for (let start = 0; start < text.length; ) {
    let end = Math.min(text.length, start + size);
    const line = end < text.length ? text.lastIndexOf("\n", end) : -1;
    if (line > start) end = line + 1;
    // The division begins a new line itself.
    yield text.slice(start, text[end - 1] === "\n" && end < text.length ? end - 1 : end);
    start = end;
  }
}

/**
 * Call `add`, which returns whether there was more, as long as the end of an element is in sight.
 * @param {HTMLElement} root
 * @param {() => boolean} add
 */
function growWithScrolling(root, add) {
  const end = h("div", { class: "dim" }, "…");
  const observer = new IntersectionObserver(
    (entries) => {
      if (!entries.some((entry) => entry.isIntersecting)) return;
      for (let count = 0; count < 8; count += 1) {
        if (!add()) {
          observer.disconnect();
          end.remove();
          return;
        }
      }
      root.append(end);
      // Seen anew only where it is observed anew, if it never left the sight.
      observer.unobserve(end);
      observer.observe(end);
    },
    { rootMargin: "1500px" },
  );
  root.append(end);
  observer.observe(end);
}

/** Return a fold whose content is made when it is first opened.
 * @param {any[]} summary @param {() => any} make @param {Record<string, any>} [attributes] @returns {HTMLDetailsElement} */
function fold(summary, make, attributes = {}) {
  const body = h("div", { class: "group-body" });
  let made = false;
  const open = async () => {
    if (made) return;
    made = true;
    try {
      append(body, [await make()]);
    } catch (error) {
      append(body, [h("p", { class: "failure" }, `This cannot be shown: ${/** @type {Error} */ (error).message}`)]);
      console.error(error);
    }
  };
  const element = /** @type {HTMLDetailsElement} */ (
    h("details", { class: "group", ontoggle: () => element.open && open(), ...attributes }, h("summary", {}, summary), body)
  );
  if (element.open) open();
  return element;
}

/** Return long content clipped to some height, with a button for the rest. @param {HTMLElement} content @param {boolean} isLong */
function clamped(content, isLong) {
  if (!isLong) return content;
  const box = h("div", { class: "clamp" }, content);
  const button = h("button", { type: "button", class: "quiet", "aria-expanded": "false" }, "Show all");
  button.addEventListener("click", () => {
    const closed = box.classList.toggle("clamp");
    button.textContent = closed ? "Show all" : "Show less";
    button.setAttribute("aria-expanded", String(!closed));
  });
  return h("div", {}, box, button);
}
