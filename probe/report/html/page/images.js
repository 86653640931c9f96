// Images in the record, known by their first bytes or media types, shown through blob URLs: never as base64 text.

/** How the base64 of an image begins. */
const IMAGES = { iVBORw0KGgo: "image/png", "/9j/": "image/jpeg", R0lGOD: "image/gif", UklGR: "image/webp" };

/** @param {string} base64 */
function imageType(base64) {
  return Object.entries(IMAGES).find(([beginning]) => base64.startsWith(beginning))?.[1];
}

/** Return base64 and media type of an image in a string; null where it is none. @param {string} text */
function imageIn(text) {
  const [url, named] = /^data:(image\/[\w.+-]+);base64,/.exec(text.slice(0, 100)) ?? ["", null];
  const data = text.slice(url.length);
  const type = named ?? imageType(data);
  return type && data.length > 60 && /^[A-Za-z0-9+/\s]+=*\s*$/.test(data) ? { data, type } : null;
}

/** @param {{data: string, type: string}} image */
function imageView({ data, type }) {
  try {
    return imageOfBytes(fromBase64(data), type);
  } catch {
    return remark(`An image (${type}) whose base64 is damaged`);
  }
}

/** @param {Uint8Array<ArrayBuffer>} content @param {string} type */
function imageOfBytes(content, type) {
  const src = URL.createObjectURL(new Blob([content], { type }));
  const caption = h("figcaption.dim", `${type}, ${bytes(content.length)}`);
  const image = /** @type {HTMLImageElement} */ (h("img", { src, alt: `Image of ${bytes(content.length)} in the record` }));
  image.onload = () => (URL.revokeObjectURL(src), caption.append(`, ${image.naturalWidth} × ${image.naturalHeight}`));
  image.onerror = () => (URL.revokeObjectURL(src), image.replaceWith(remark("The browser cannot draw this image.")));
  return h("figure", image, caption);
}

/** Return every image in a JSON value, in the order in which they are in it. @param {any} value @returns {{data: string, type: string}[]} */
function imagesIn(value) {
  if (typeof value === "string") return [imageIn(value) ?? []].flat();
  return value && typeof value === "object" ? Object.values(value).flatMap(imagesIn) : [];
}
