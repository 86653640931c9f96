// Check HAR files against the schemas of har-schema, and print what is wrong with them.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const require = createRequire(`${process.env.FORMAT_TOOLS}/`);
const Ajv = require("ajv");
const schemas = require("har-schema");

const ajv = new Ajv({ allErrors: true, schemaId: "auto" });
ajv.addMetaSchema(require("ajv/lib/refs/json-schema-draft-06.json"));
for (const schema of Object.values(schemas)) ajv.addSchema(schema);
const validate = ajv.getSchema("har.json#");

let failed = false;
for (const file of process.argv.slice(2)) {
  if (validate(JSON.parse(readFileSync(file, "utf8")))) continue;
  failed = true;
  for (const { dataPath, message } of validate.errors) console.log(`${file}: ${dataPath} ${message}`);
}
process.exit(failed ? 1 : 0);
