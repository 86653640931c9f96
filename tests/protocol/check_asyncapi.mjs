// Read AsyncAPI documents with the project's own parser, and print what is wrong with them.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const require = createRequire(`${process.env.PROTOCOL_TOOLS}/`);
const { Parser } = require("@asyncapi/parser");
const ERROR = 0;

let failed = false;
for (const file of process.argv.slice(2)) {
  const { document, diagnostics } = await new Parser().parse(readFileSync(file, "utf8"));
  const errors = diagnostics.filter((one) => one.severity === ERROR);
  for (const one of errors) console.log(`${file}: ${one.path.join(".")}: ${one.message}`);
  if (!document) console.log(`${file}: not read`);
  failed ||= errors.length > 0 || !document;
}
process.exit(failed ? 1 : 0);
