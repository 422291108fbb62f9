// Screens look to the pixel as they did: pictures of what bears no date, in both themes and widths, against those in pictures/.
//
// They were made on the Chromium and the font that pictures/made-on.json names; elsewhere letters are drawn differently, so the
// test is skipped there and says so. Of the same drawing the smoothing of a round corner may differ by a shade from run to run; every
// other pixel counts. WEB_PICTURES=write makes them anew, after a change that was meant: look at them before they
// are committed. What differs is laid into build/shots as <name>.now.png and <name>.diff.png.
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { ADMIN, browser, ensure, finish, go, open, REP, ROOT, settled, SHOTS, skip, test } from "./lib.mjs";

const require = createRequire(join(ROOT, "web/package.json"));
const { PNG } = require("pngjs");
const folder = join(dirname(fileURLToPath(import.meta.url)), "pictures");
const writing = process.env.WEB_PICTURES === "write";

async function machine() {
  const font = execFileSync("fc-match", ["-f", "%{file}", "system-ui"], { encoding: "utf8" });
  return { chromium: (await browser()).version(), font: font.split("/").pop(), font_sha256: createHash("sha256").update(readFileSync(font)).digest("hex") };
}

const press = (...keys) => async (page) => { for (const k of keys) await page.keyboard.press(k); };
// name, address, whose eyes, what is done there first. No dates, no figures that follow the day.
const SCREENS = [
  ["sign-in", "/sign-in", null],
  ["about", "/about", null],
  ["error", "/nothing-here", null],
  ["list-empty", `/lists/deal?filter=${encodeURIComponent("name = 'nix'")}`, REP],
  ["list-refused", `/lists/deal?filter=${encodeURIComponent("stag = 1")}`, REP],
  ["products", "/lists/product?cols=name,family", REP],
  ["record-gone", "/records/deal/1", REP],
  ["manual", "/manual", REP],
  ["policy", "/manual/policy/first-reply", REP],
  ["roles", "/settings/roles", ADMIN],
  ["create", "/settings/roles", ADMIN, press("c")],
  ["keys", "/lists/product?cols=name,family", REP, press("?")],
];

for (const width of [1280, 390]) {
  test(`every pixel of the screens without dates is where it was, in both themes: ${width} px`, async () => {
    const here = await machine();
    const made = join(folder, "made-on.json");
    if (writing) {
      mkdirSync(folder, { recursive: true });
      writeFileSync(made, `${JSON.stringify(here, null, 2)}\n`);
    } else {
      const there = JSON.parse(readFileSync(made, "utf8"));
      for (const [k, v] of Object.entries(there)) if (here[k] !== v) skip(`the pictures were made with ${k} ${v}, here it is ${here[k]}`);
    }
    const { default: pixelmatch } = await import(require.resolve("pixelmatch"));
    const pages = new Map();
    const wrong = [];
    for (const [name, path, who, act] of SCREENS) {
      if (name === "keys" && width < 640) continue; // nobody presses keys there
      if (!pages.has(who)) pages.set(who, await open(who, { width, height: width < 640 ? 844 : 720 }));
      const page = pages.get(who);
      await go(page, path);
      await act?.(page);
      await settled(page);
      for (const theme of ["light", "dark"]) {
        await page.emulateMedia({ colorScheme: theme });
        const now = await page.screenshot({ animations: "disabled", caret: "hide", mask: [page.locator("code.request, .page code")], maskColor: "#808080" }); // the number of a request
        const file = join(folder, `${name}-${theme}-${width}.png`);
        if (writing) {
          writeFileSync(file, now);
          continue;
        }
        ensure(existsSync(file), `there is no ${file}: WEB_PICTURES=write makes it`);
        const before = readFileSync(file);
        if (now.equals(before)) continue;
        const [a, b] = [PNG.sync.read(before), PNG.sync.read(now)];
        const same = a.width === b.width && a.height === b.height;
        const diff = new PNG({ width: a.width, height: a.height });
        const n = same ? pixelmatch(a.data, b.data, diff.data, a.width, a.height, { threshold: 0.02 }) : a.width * a.height;
        if (n === 0) continue;
        writeFileSync(join(SHOTS, `${name}-${theme}-${width}.now.png`), now);
        if (same) writeFileSync(join(SHOTS, `${name}-${theme}-${width}.diff.png`), PNG.sync.write(diff));
        wrong.push(`${name}-${theme}-${width}: ${n} pixels differ`);
      }
      await page.emulateMedia({ colorScheme: "light" });
    }
    if (writing) skip("the pictures are made anew");
    ensure(wrong.length === 0, wrong.join("\n     "));
  });
}

await finish();
