// Every screen and dialog in both themes and widths: no finding of axe, nothing wider than the window, nothing that jumps; and
// a picture of each.
import { finish, go, looksWell, open, settled, test } from "./lib.mjs";
import { isIn, SCREENS } from "./screens.mjs";

for (const width of [1280, 390]) {
  for (const theme of ["light", "dark"]) {
    test(`every screen and dialog is accessible and stands still: ${theme}, ${width} px`, async () => {
      const pages = new Map();
      for (const s of SCREENS) {
        if (!isIn(s.only, width)) continue;
        if (!pages.has(s.who)) pages.set(s.who, await open(s.who, { width, theme }));
        const page = pages.get(s.who);
        await go(page, typeof s.path === "function" ? await s.path() : s.path);
        if (s.ready) await page.waitForSelector(s.ready, { state: "attached" });
        await looksWell(page, s.name);
        for (const [name, show, only] of s.dialogs ?? []) {
          if (!isIn(only, width)) continue;
          await show(page);
          await settled(page);
          await looksWell(page, name);
          await page.keyboard.press("Escape");
        }
      }
    });
  }
}

await finish();
