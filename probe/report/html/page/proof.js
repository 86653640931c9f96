// The page proves itself: a body that was put together again is hashed and compared with what crossed the wire.

/** Check a body, or a WebSocket message, against its recorded hash. @param {Store} store @param {Proved} payload @returns {Promise<ProofOf>} */
async function proveBody(store, payload) {
  const expected = payload.redactions ? payload.stored_sha256 : payload.sha256;
  if (!expected) return { state: "unproved", text: "The record has no hash of it to compare with." };
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", await store.body(payload.body)));
  const found = Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
  if (found !== expected) return { state: "wrong", text: `Its SHA-256 is ${found}, recorded was ${expected}.` };
  if (payload.redactions) {
    const places = plural(payload.redactions, "place");
    return { state: "redacted", text: `SHA-256 ${found}: as it was recorded, with ${places} redacted.` };
  }
  return { state: "proved", text: `SHA-256 ${found}: these are the bytes that crossed the wire.` };
}

/** Check all bodies and messages of the run. @param {Page} page @param {(done: number, all: number) => void} onProgress Takes numbers of exchanges. */
async function proveAll(page, onProgress) {
  const exchanges = page.summary.exchanges;
  const found = { proved: 0, redacted: 0, unproved: 0, wrong: /** @type {{line: number, text: string}[]} */ ([]) };
  for (const [place, { line }] of exchanges.entries()) {
    const detail = await page.store.detail(place);
    for (const payload of [detail.request, detail.response, ...(detail.websocket?.messages ?? [])]) {
      if (!payload?.body.length) continue;
      const { state, text } = await proveBody(page.store, payload);
      if (state === "wrong") found.wrong.push({ line, text });
      else found[state] += 1;
    }
    onProgress(place + 1, exchanges.length);
  }
  return found;
}
