// Let Playwright answer a real browser from a HAR: each recorded call is made again, and what comes back is printed.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const require = createRequire(`${process.env.FORMAT_TOOLS}/`);
const { chromium } = require("playwright-core");
const [executablePath, har] = process.argv.slice(2);
const { entries } = JSON.parse(readFileSync(har, "utf8")).log;

const browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] });
const context = await browser.newContext();
await context.routeFromHAR(har, { notFound: "abort" });
// A page of the same origin, so that nothing but the HAR answers.
await context.route("**/start.html", (route) => route.fulfill({ contentType: "text/html", body: "<p>start</p>" }));
const answers = [];
for (const { request } of entries) {
  const page = await context.newPage();
  await page.goto(new URL("/start.html", request.url).href);
  answers.push(
    await page.evaluate(
      async ({ url, method, body }) => {
        const answer = await fetch(url, { method, body });
        return { status: answer.status, type: answer.headers.get("content-type"), text: await answer.text() };
      },
      { url: request.url, method: request.method, body: request.postData?.text },
    ),
  );
  await page.close();
}
await browser.close();
console.log(JSON.stringify(answers));
