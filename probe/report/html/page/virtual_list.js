// A list of rows of equal height, of which only those in sight are elements: 100,000 rows scroll as 100 do.

/**
 * @typedef {object} ListOptions
 * @property {string} label What the list is called for a screen reader.
 * @property {number} rowHeight
 * @property {(place: number) => HTMLElement} row Makes the row at a place.
 * @property {(place: number) => void} onSelect Called when the reader chooses a row.
 */

class VirtualList {
  /** @param {HTMLElement} root An empty element, which becomes the list. @param {ListOptions} options */
  constructor(root, options) {
    this.root = root;
    this.options = options;
    this.count = 0;
    this.selected = -1;
    /** @type {Map<number, HTMLElement>} */
    this.rows = new Map();
    this.id = `rows-${(VirtualList.made += 1)}`;
    this.inner = h("div", { class: "rows-height", role: "presentation" });
    root.classList.add("rows");
    setAttributes(root, { role: "listbox", tabindex: "0", "aria-label": options.label });
    root.append(this.inner);
    root.addEventListener("scroll", () => this.draw(), { passive: true });
    root.addEventListener("keydown", (event) => this.key(event));
    root.addEventListener("click", (event) => this.click(event));
    new ResizeObserver(() => this.draw()).observe(root);
  }

  /** Draw other rows, or the same ones anew. @param {number} count @param {number} [selected] @param {boolean} [follows] Stay at the end, if it is there. */
  set(count, selected = -1, follows = false) {
    const isAtEnd = this.root.scrollTop + this.root.clientHeight >= this.inner.offsetHeight - 4;
    this.count = count;
    this.selected = selected;
    this.inner.style.height = `${count * this.options.rowHeight}px`;
    for (const row of this.rows.values()) row.remove();
    this.rows.clear();
    if (follows && isAtEnd) this.root.scrollTop = this.inner.offsetHeight;
    this.draw();
  }

  draw() {
    const { rowHeight } = this.options;
    const first = Math.max(0, Math.floor(this.root.scrollTop / rowHeight) - 6);
    const last = Math.min(this.count - 1, Math.ceil((this.root.scrollTop + this.root.clientHeight) / rowHeight) + 6);
    for (const [place, row] of this.rows) {
      if (place < first || place > last) {
        row.remove();
        this.rows.delete(place);
      }
    }
    for (let place = first; place <= last; place += 1) if (!this.rows.has(place)) this.add(place);
    const active = this.rows.has(this.selected) ? `${this.id}-${this.selected}` : null;
    if (active) this.root.setAttribute("aria-activedescendant", active);
    else this.root.removeAttribute("aria-activedescendant");
  }

  /** @param {number} place */
  add(place) {
    const row = this.options.row(place);
    row.classList.add("row");
    row.style.height = `${this.options.rowHeight}px`;
    row.style.transform = `translateY(${place * this.options.rowHeight}px)`;
    setAttributes(row, {
      role: "option",
      id: `${this.id}-${place}`,
      "data-place": place,
      "aria-posinset": place + 1,
      "aria-setsize": this.count,
      "aria-selected": String(place === this.selected),
    });
    this.rows.set(place, row);
    this.inner.append(row);
  }

  /** Mark a row as the selected one, and bring it into sight. @param {number} place */
  select(place) {
    this.rows.get(this.selected)?.setAttribute("aria-selected", "false");
    this.selected = place;
    if (place < 0) return;
    const top = place * this.options.rowHeight;
    const below = top + this.options.rowHeight - this.root.clientHeight;
    if (this.root.scrollTop > top) this.root.scrollTop = Math.max(0, top - this.options.rowHeight);
    else if (this.root.scrollTop < below) this.root.scrollTop = below + this.options.rowHeight;
    this.draw();
    this.rows.get(place)?.setAttribute("aria-selected", "true");
  }

  /** @param {number} place */
  choose(place) {
    if (this.count === 0) return;
    const kept = Math.min(this.count - 1, Math.max(0, place));
    this.select(kept);
    this.options.onSelect(kept);
  }

  /** @param {KeyboardEvent} event */
  key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const page = Math.max(1, Math.floor(this.root.clientHeight / this.options.rowHeight) - 1);
    const steps = { ArrowDown: 1, ArrowUp: -1, PageDown: page, PageUp: -page, Home: -this.count, End: this.count };
    const step = steps[/** @type {keyof typeof steps} */ (event.key)];
    if (step === undefined) return;
    event.preventDefault();
    this.choose(this.selected < 0 ? 0 : this.selected + step);
  }

  /** @param {MouseEvent} event */
  click(event) {
    const row = /** @type {HTMLElement} */ (event.target).closest("[data-place]");
    if (row) this.choose(Number(row.getAttribute("data-place")));
  }
}
VirtualList.made = 0;
