// Every pair of colours that stands together has enough contrast, in both themes (WCAG 2.2, 1.4.3 and 1.4.11).
import { describe, expect, it } from "vitest";
import css from "../../../web/src/styles/tokens.css?raw";

function tokens(block: string): Map<string, string> {
  return new Map([...block.matchAll(/--([a-z-]+):\s*(#[0-9a-f]{6})/g)].map((m) => [m[1] ?? "", m[2] ?? ""]));
}
function blockAfter(start: string): string {
  const from = css.indexOf(start);
  return css.slice(from, css.indexOf("}", from));
}
const themes: Record<string, Map<string, string>> = {
  light: tokens(blockAfter(":root {")),
  dark: tokens(blockAfter(':root[data-theme="dark"]')),
};

function luminance(hex: string): number {
  const [r = 0, g = 0, b = 0] = [1, 3, 5].map((i) => {
    const c = parseInt(hex.slice(i, i + 2), 16) / 255;
    return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}
function contrast(a: string, b: string): number {
  const [x, y] = [luminance(a), luminance(b)].sort((p, q) => q - p);
  return ((x ?? 0) + 0.05) / ((y ?? 0) + 0.05);
}

const text: [string, string[]][] = [
  ["text", ["bg", "surface", "sunken", "raised", "accent-soft", "bad-soft", "info-soft", "ok-soft", "warn-soft"]],
  ["muted", ["bg", "surface", "sunken", "raised", "accent-soft"]],
  ["accent", ["bg", "surface", "raised", "accent-soft"]],
  ["on-accent", ["accent"]],
  ["ok", ["bg", "ok-soft"]], ["warn", ["bg", "raised", "surface", "warn-soft"]], ["bad", ["bg", "raised", "bad-soft"]], ["info", ["bg", "info-soft"]],
];
const shapes: [string, string[]][] = [["control", ["bg", "surface", "raised"]], ["accent", ["bg", "surface", "sunken", "raised"]]];

for (const [theme, map] of Object.entries(themes)) {
  describe(`${theme} theme`, () => {
    for (const [least, pairs] of [[4.5, text], [3, shapes]] as const)
      for (const [front, backs] of pairs)
        for (const back of backs)
          it(`${front} on ${back} is at least ${least}`, () => {
            const a = map.get(front);
            const b = map.get(back);
            expect(a, front).toBeDefined();
            expect(b, back).toBeDefined();
            expect(contrast(a ?? "#000000", b ?? "#000000")).toBeGreaterThanOrEqual(least);
          });
  });
}

it("the system's dark theme is the chosen dark theme", () => {
  expect([...tokens(blockAfter(":root:not([data-theme])"))]).toEqual([...(themes["dark"] ?? [])]);
});
