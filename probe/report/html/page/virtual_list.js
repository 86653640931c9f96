// A list of rows of equal height, of which only those in sight are elements: 100,000 rows scroll as 100 do.

class VirtualList {
  static made = 0;
  count = 0;
  selected = -1;
  /** @type {Map<number, HTMLElement>} */
  rows = new Map();
  id = `rows-${(VirtualList.made += 1)}`;
  inner = h("div", { role: "presentation" });

  /** @param {string} label @param {number} rowHeight @param {(place: number) => HTMLElement} row Makes the row at a place. @param {(place: number) => any} onSelect */
  constructor(label, rowHeight, row, onSelect) {
    this.rowHeight = rowHeight;
    this.row = row;
    this.onSelect = onSelect;
    this.root = h("div.rows", {
      role: "listbox", tabindex: "0", "aria-label": label,
      onscroll: () => this.draw(),
      onkeydown: (/** @type {KeyboardEvent} */ event) => this.key(event),
      onclick: (/** @type {any} */ { target }) => {
        const clicked = target.closest("[data-place]");
        if (clicked) this.choose(Number(clicked.dataset.place));
      },
    }, this.inner);
    new ResizeObserver(() => this.draw()).observe(this.root);
  }

  /** Draw other rows, or the same ones anew. @param {number} count @param {number} [selected] @param {boolean} [follows] Stay at the end, if it is there. */
  set(count, selected = -1, follows = false) {
    const isAtEnd = this.root.scrollTop + this.root.clientHeight >= this.inner.offsetHeight - 4;
    this.count = count;
    this.selected = selected;
    styled(this.inner, { height: `${count * this.rowHeight}px` }).replaceChildren();
    this.rows.clear();
    if (follows && isAtEnd) this.root.scrollTop = this.inner.offsetHeight;
    this.draw();
  }

  draw() {
    const { scrollTop, clientHeight } = this.root;
    const first = Math.max(0, Math.floor(scrollTop / this.rowHeight) - 6);
    const last = Math.min(this.count - 1, Math.ceil((scrollTop + clientHeight) / this.rowHeight) + 6);
    for (const [place, row] of this.rows) if ((place < first || place > last) && this.rows.delete(place)) row.remove();
    for (let place = first; place <= last; place += 1) if (!this.rows.has(place)) this.add(place);
    for (const [place, row] of this.rows) row.setAttribute("aria-selected", String(place === this.selected));
    this.root.setAttribute("aria-activedescendant", this.rows.has(this.selected) ? `${this.id}-${this.selected}` : "");
  }

  /** @param {number} place */
  add(place) {
    const row = styled(this.row(place), { height: `${this.rowHeight}px`, transform: `translateY(${place * this.rowHeight}px)` });
    row.classList.add("list-row");
    setAttributes(row, { role: "option", id: `${this.id}-${place}`, "data-place": place, "aria-posinset": place + 1, "aria-setsize": this.count });
    this.rows.set(place, row);
    this.inner.append(row);
  }

  /** Mark a row as the selected one, and bring it into sight: what is far away into the middle. @param {number} place */
  select(place) {
    this.selected = place;
    const { root, rowHeight } = this;
    const top = place * rowHeight;
    const [above, below] = [root.scrollTop - top, top + rowHeight - root.scrollTop - root.clientHeight];
    if (place >= 0 && Math.max(above, below) > 2 * rowHeight) root.scrollTop = top - root.clientHeight / 2;
    else if (place >= 0 && above > 0) root.scrollTop = top;
    else if (place >= 0 && below > 0) root.scrollTop += below;
    this.draw();
  }

  /** @param {number} place */
  choose(place) {
    if (!this.count) return;
    this.select(Math.min(this.count - 1, Math.max(0, place)));
    this.onSelect(this.selected);
  }

  /** @param {KeyboardEvent} event */
  key(event) {
    const page = Math.max(1, Math.floor(this.root.clientHeight / this.rowHeight) - 1);
    const step = /** @type {Record<string, number>} */ ({ ArrowDown: 1, ArrowUp: -1, PageDown: page, PageUp: -page, Home: -this.count, End: this.count })[event.key];
    if (!step || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    this.choose(this.selected < 0 ? 0 : this.selected + step);
  }
}
