// The page's files share one scope, so what a file defines and another one uses is checked by the type checker.
import { createRequire } from "node:module";

const js = createRequire(`${process.env.PAGE_TOOLS}/`)("@eslint/js");

export default [
  js.configs.recommended,
  {
    languageOptions: { ecmaVersion: 2024, sourceType: "script" },
    rules: {
      "no-undef": "off",
      "no-unused-vars": ["error", { vars: "local", args: "after-used" }],
      "no-control-regex": "off",
      eqeqeq: "error",
      "no-eval": "error",
      "no-implied-eval": "error",
      "no-new-func": "error",
      "no-var": "error",
      "prefer-const": "error",
      "no-restricted-properties": [
        "error",
        ...["innerHTML", "outerHTML", "insertAdjacentHTML", "srcdoc"].map((property) => ({
          property,
          message: "Text from the record only ever becomes a text node: use h().",
        })),
        { object: "document", property: "write", message: "Use h()." },
      ],
    },
  },
];
