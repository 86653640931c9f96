// Let Playwright record a HAR of a real browser that makes one streamed call.
import { createRequire } from "node:module";

const require = createRequire(`${process.env.FORMAT_TOOLS}/`);
const { chromium } = require("playwright-core");
const [executablePath, url, path] = process.argv.slice(2);
const browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] });
const context = await browser.newContext({ recordHar: { path, content: "embed" } });
const page = await context.newPage();
await page.goto(new URL("/start", url).href);
await page.evaluate(
  async (address) => {
    const headers = { "content-type": "application/json" };
    await (await fetch(address, { method: "POST", headers, body: '{"model": "m"}' })).text();
  },
  url,
);
await context.close();
await browser.close();
