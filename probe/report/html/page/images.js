// Images in the record, known by their first bytes or media types, shown through blob URLs: never as base64 text.

/** The beginning of the base64 of an image, and its media type. */
const IMAGE_BEGINNINGS = [
  ["iVBORw0KGgo", "image/png"],
  ["/9j/", "image/jpeg"],
  ["R0lGOD", "image/gif"],
  ["UklGR", "image/webp"],
  ["Qk0", "image/bmp"],
];
const BASE64 = /^[A-Za-z0-9+/\s]+={0,2}\s*$/;

/** Return base64 and media type of an image in a string; null where it is none. @param {string} text */
function imageIn(text) {
  if (text.length < 60) return null;
  const url = /^data:(image\/[\w.+-]+);base64,/.exec(text.slice(0, 100));
  const [data, named] = url ? [text.slice(url[0].length), url[1]] : [text, null];
  const known = IMAGE_BEGINNINGS.find(([beginning]) => data.startsWith(beginning));
  if (!known && !named) return null;
  if (!BASE64.test(data.slice(0, 400).replace(/=*\s*$/, "")) || (!url && !BASE64.test(data))) return null;
  return { data, type: named ?? /** @type {string[]} */ (known)[1] };
}

/** Return the image in base64, as an element. @param {{data: string, type: string}} image */
function imageView({ data, type }) {
  let bytes;
  try {
    bytes = Uint8Array.from(atob(data.replace(/\s/g, "")), (character) => character.charCodeAt(0));
  } catch {
    return h("p", { class: "remark" }, `An image (${type}) whose base64 is damaged`);
  }
  return imageOfBytes(bytes, type);
}

/** @param {Uint8Array} content @param {string} type */
function imageOfBytes(content, type) {
  const url = URL.createObjectURL(new Blob([/** @type {any} */ (content)], { type }));
  const size = h("figcaption", { class: "dim" }, `${type}, ${bytes(content.length)}`);
  const image = /** @type {HTMLImageElement} */ (h("img", { src: url, alt: `Image of ${bytes(content.length)} in the record` }));
  image.addEventListener("load", () => {
    URL.revokeObjectURL(url);
    size.append(`, ${image.naturalWidth} × ${image.naturalHeight}`);
  });
  image.addEventListener("error", () => {
    URL.revokeObjectURL(url);
    image.replaceWith(h("p", { class: "remark" }, "The browser cannot draw this image."));
  });
  return h("figure", {}, image, size);
}

/** Return the type of an image by its first bytes; null where they are none. @param {Uint8Array} content */
function imageType(content) {
  const beginning = btoa(String.fromCharCode(...content.subarray(0, 12)));
  return IMAGE_BEGINNINGS.find(([start]) => beginning.startsWith(start.slice(0, 6)))?.[1] ?? null;
}

/** Yield every image in a JSON value, in the order in which they are in it. @param {any} value @returns {Generator<{data: string, type: string}>} */
function* imagesIn(value) {
  if (typeof value === "string") {
    const image = imageIn(value);
    if (image) yield image;
  } else if (value && typeof value === "object") {
    for (const one of Object.values(value)) yield* imagesIn(one);
  }
}
