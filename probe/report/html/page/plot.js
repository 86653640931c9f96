// Places in a chart: of its axis, of its cursor and of the pointer.

/** Set styles by the object model: the page's policy forbids style attributes. @template {HTMLElement} T @param {T} element @param {Record<string, string>} styles @returns {T} */
function styled(element, styles) {
  for (const [name, value] of Object.entries(styles)) element.style.setProperty(name, value);
  return element;
}

/** @param {number} share */
const percent = (share) => `${share * 100}%`;

/** Return the distance between round numbers, so that at most `count` of them reach from 0 to the most. @param {number} most @param {number} count */
function roundStep(most, count) {
  const unit = 10 ** Math.floor(Math.log10(Math.max(most, 1e-9) / count));
  return unit * ([1, 2, 5].find((one) => one * unit * count >= most) ?? 10);
}

/** @type {Record<string, number>} */
const CURSOR_STEPS = { ArrowLeft: -1, ArrowRight: 1, ArrowDown: -1, ArrowUp: 1, PageDown: -10, PageUp: 10, Home: -Infinity, End: Infinity };

/** Return where the pointer is in an element, as shares of its width and height. @param {Element} element @param {MouseEvent} event */
function shareOf(element, { clientX, clientY }) {
  const { left, top, width, height } = element.getBoundingClientRect();
  return [(clientX - left) / width, (clientY - top) / height];
}
