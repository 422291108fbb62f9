import jsxA11y from "eslint-plugin-jsx-a11y";
import ts from "typescript-eslint";

export default ts.config(
  { ignores: ["dist", "src/api/schema.d.ts"] },
  ...ts.configs.recommended,
  jsxA11y.flatConfigs.strict,
  {
    rules: {
      "@typescript-eslint/no-explicit-any": "error",
      "@typescript-eslint/no-non-null-assertion": "error",
      "@typescript-eslint/no-unused-vars": ["error", { argsIgnorePattern: "^_" }],
      "no-restricted-properties": ["error", { property: "innerHTML", message: "Build nodes instead." }, { property: "outerHTML", message: "Build nodes instead." }],
      "no-eval": "error",
      eqeqeq: "error",
      // A dialog's backdrop and a grid's cells listen to the pointer; their keys are handled one level up.
      "jsx-a11y/no-autofocus": "off",
    },
  },
);
