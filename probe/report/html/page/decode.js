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

/**
 * Return what was compressed.
 * @param {Uint8Array<ArrayBuffer>} data
 * @param {(size: number) => Uint8Array<ArrayBuffer>} roomFor Returns where it is put.
 * @returns {Promise<Uint8Array<ArrayBuffer>>}
 */
async function inflated(data, roomFor = (size) => new Uint8Array(size)) {
  const { readable, writable } = new DecompressionStream("deflate-raw");
  const writer = writable.getWriter();
  // A failure is reported by what is read.
  writer.write(data).catch(() => {});
  writer.close().catch(() => {});
  const parts = [];
  const reader = readable.getReader();
  for (let part = await reader.read(); !part.done; part = await reader.read()) parts.push(part.value);
  const all = roomFor(parts.reduce((size, part) => size + part.length, 0));
  let end = 0;
  for (const part of parts) {
    all.set(part, end);
    end += part.length;
  }
  return all;
}

/** Return the value of a packed JSON text. @param {string} text @returns {Promise<any>} */
async function unpackedJson(text) {
  return JSON.parse(new TextDecoder().decode(await inflated(fromBase64(text))));
}
