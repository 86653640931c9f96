// Let claude-trace's own interceptor log one streamed call.
import { createRequire } from "node:module";

const require = createRequire(`${process.env.FORMAT_TOOLS}/`);
const { initializeInterceptor } = require("@mariozechner/claude-trace/dist/interceptor.js");
const [url, logDirectory] = process.argv.slice(2);
process.env.ANTHROPIC_BASE_URL = new URL(url).origin;
initializeInterceptor({ logDirectory, logBaseName: "recorded", enableRealTimeHTML: false });
const headers = { "content-type": "application/json" };
await (await fetch(url, { method: "POST", headers, body: '{"model": "m"}' })).text();
