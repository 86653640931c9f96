// From the text in the page to bytes: base64, then deflate.

/** Return the bytes that a base64 text stands for. @param {string} text @returns {Uint8Array<ArrayBuffer>} */
function fromBase64(text) {
  const known = /** @type {any} */ (Uint8Array).fromBase64;
  return known ? known.call(Uint8Array, text) : Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
}

/** Return what was compressed. @param {Uint8Array<ArrayBuffer>} data */
async function inflated(data) {
  const { readable, writable } = new DecompressionStream("deflate-raw");
  const writer = writable.getWriter();
  // A failure is reported by what is read.
  writer.write(data).catch(() => {});
  writer.close().catch(() => {});
  return new Uint8Array(await new Response(readable).arrayBuffer());
}

/** Return the value of a packed JSON text. @param {string} text @returns {Promise<any>} */
async function unpackedJson(text) {
  return JSON.parse(new TextDecoder().decode(await inflated(fromBase64(text))));
}
