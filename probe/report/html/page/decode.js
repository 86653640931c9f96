// From the text in the page to bytes: base64, then deflate.

/** Return the bytes that a base64 text stands for. @param {string} text @returns {Uint8Array<ArrayBuffer>} */
function fromBase64(text) {
  const known = /** @type {any} */ (Uint8Array).fromBase64;
  if (known) return known.call(Uint8Array, text);
  const binary = atob(text);
  const data = new Uint8Array(binary.length);
  for (let place = 0; place < data.length; place += 1) data[place] = binary.charCodeAt(place);
  return data;
}

/** Return what was compressed. @param {Uint8Array<ArrayBuffer>} data @returns {Promise<Uint8Array<ArrayBuffer>>} */
async function inflated(data) {
  const stream = new Blob([data]).stream().pipeThrough(new DecompressionStream("deflate-raw"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

/** Return the value of a packed JSON text. @param {string} text @returns {Promise<any>} */
async function unpackedJson(text) {
  return JSON.parse(new TextDecoder().decode(await inflated(fromBase64(text))));
}
