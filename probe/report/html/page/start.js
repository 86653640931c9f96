// The beginning of a page that has a whole run in it. A live page is started by what it is sent.

async function start() {
  const summary = await unpackedJson(document.getElementById("summary")?.textContent ?? "");
  openPage(new Page(summary, new Store(new EmbeddedContents())));
}

if (document.getElementById("summary")) {
  start().catch((error) => {
    byId("pane-view").textContent = `This page cannot be shown: ${error.message}. It needs a browser of 2023 or later, and all of its file.`;
  });
}
