// Drives a browser for tests/support/browsers.py: a JSON command a line on stdin, a JSON answer a line on stdout.
// puppeteer-core speaks to Chromium by its DevTools protocol and to Firefox by WebDriver BiDi.
import { createInterface } from "node:readline";
import { createRequire } from "node:module";

const [modules, browserName, executablePath] = process.argv.slice(2);
const { default: puppeteer } = await import(createRequire(`${modules}/`).resolve("puppeteer-core"));
const firefox = browserName === "firefox";
const browser = await puppeteer.launch({
  browser: browserName,
  executablePath,
  headless: true,
  protocolTimeout: 60_000,
  args: firefox ? [] : ["--no-sandbox", "--disable-dev-shm-usage", "--enable-precise-memory-info"],
});
const pages = new Map();
let last = 0;

const commands = {
  async open({ width, height, dark }) {
    const page = await browser.newPage();
    const log = [];
    const requests = [];
    page.on("console", (message) => log.push(`${message.type()}: ${message.text()}`));
    page.on("pageerror", (error) => log.push(`error: ${error.message ?? error}`));
    page.on("request", (request) => requests.push(request.url()));
    await page.setViewport({ width, height });
    if (dark !== null && !firefox) {
      await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: dark ? "dark" : "light" }]);
    }
    last += 1;
    pages.set(last, { page, log, requests });
    return last;
  },
  goto: ({ page }, url) => page.goto(url, { waitUntil: "domcontentloaded", timeout: 60_000 }).then(() => null),
  reload: ({ page }) => page.reload({ waitUntil: "domcontentloaded" }).then(() => null),
  evaluate: ({ page }, expression) => page.evaluate(expression).then((value) => value ?? null),
  wait: ({ page }, expression, milliseconds) =>
    page.waitForFunction(expression, { timeout: milliseconds, polling: 20 }).then(() => null),
  click: ({ page }, selector) => page.locator(selector).setTimeout(10_000).click().then(() => null),
  press: async ({ page }, key) => {
    const keys = key.split("+");
    for (const one of keys.slice(0, -1)) await page.keyboard.down(one);
    await page.keyboard.press(keys.at(-1));
    for (const one of keys.slice(0, -1).reverse()) await page.keyboard.up(one);
    return null;
  },
  type: ({ page }, text) => page.keyboard.type(text).then(() => null),
  wheel: ({ page }, pixels) => page.mouse.wheel({ deltaY: pixels }).then(() => null),
  hover: ({ page }, selector) => page.hover(selector).then(() => null),
  screenshot: ({ page }, path) => page.screenshot({ path }).then(() => null),
  media: ({ page }, name, value) => page.emulateMediaFeatures([{ name, value }]).then(() => null),
  print: ({ page }, path) => page.pdf({ path }).then(() => null),
  log: ({ log }) => log,
  requests: ({ requests }) => requests,
  close: ({ page }) => page.close().then(() => null),
};

process.stdout.write(`${JSON.stringify({ version: await browser.version(), pid: browser.process().pid, endpoint: browser.wsEndpoint() })}\n`);
for await (const line of createInterface({ input: process.stdin })) {
  const { name, page, args } = JSON.parse(line);
  let answer;
  try {
    const value = page === null ? await commands[name](args) : await commands[name](pages.get(page), ...args);
    answer = { value };
  } catch (error) {
    answer = { error: String(error.message ?? error) };
  }
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
await browser.close();
