// Make claude-trace's page of a file of JSON lines, with its own generator.
import { createRequire } from "node:module";

const require = createRequire(`${process.env.FORMAT_TOOLS}/`);
const { HTMLGenerator } = require("@mariozechner/claude-trace/dist/html-generator.js");
const [file, page] = process.argv.slice(2);
await new HTMLGenerator().generateHTMLFromJSONL(file, page, true);
