// Pictures of screens, compared to the pixel with those in pictures/: walk.mjs takes them of every screen and dialog, in both themes
// and widths.
//
// Nothing in them follows the day: the demo company was made on a Monday morning in March 2026, by the clock of the program
// (--clock), the server goes on from there, and the browser's clock stands still (MOMENT). What bears the minute of the server itself
// (who was here when) is looked at first, while that minute lasts.
//
// They were made on the Chromium and the font that pictures/made-on.json names; elsewhere letters are drawn differently, so they are
// not compared there, and the test is skipped and says so. Of the same drawing the smoothing of an edge may differ by a shade from
// run to run (SHADES); every other pixel counts. WEB_PICTURES=write makes them anew, after a change
// that was meant: look at them before they are committed. What differs is laid into build/shots as <name>.now.png and
// <name>.diff.png. PICTURE=regex looks at some alone.
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync, readdirSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { crc32 } from "node:zlib";
import { browser, ROOT, settled, SHOTS } from "./lib.mjs";

const require = createRequire(join(ROOT, "web/package.json"));
const { PNG } = require("pngjs");
const { default: pixelmatch } = await import(require.resolve("pixelmatch"));
const folder = join(dirname(fileURLToPath(import.meta.url)), "pictures");
const made = join(folder, "made-on.json");
const writing = process.env.WEB_PICTURES === "write";
export const ONLY = process.env.PICTURE && new RegExp(process.env.PICTURE);
// Pictures are all that is wanted now.
export const ALONE = writing || Boolean(ONLY);

// 10:05 in the office of the demo company. The seconds give the first minute to what bears the server's own.
export const MOMENT = { made: "2026-03-09T13:50:00Z", served: "2026-03-09T14:05:01Z", shown: "2026-03-09T14:05:40Z" };

async function machine() {
  const font = execFileSync("fc-match", ["-f", "%{file}", "system-ui"], { encoding: "utf8" });
  return { chromium: (await browser()).version(), font: font.split("/").pop(), font_sha256: createHash("sha256").update(readFileSync(font)).digest("hex") };
}
// Why pictures made here cannot be compared with those that are kept; "": they can.
async function elsewhere() {
  const there = JSON.parse(readFileSync(made, "utf8"));
  const here = await machine();
  const other = Object.keys(there).find((k) => here[k] !== there[k]);
  return other ? `the pictures were made with ${other} ${there[other]}, here it is ${here[other]}` : "";
}

// What is open above the page, with the edge of what lies below; null: nothing.
const openBox = (page) => page.evaluate(() => {
  const boxes = [...document.querySelectorAll("dialog[open], .popover:popover-open")].map((el) => el.getBoundingClientRect());
  if (boxes.length === 0) return null;
  const x = Math.max(0, Math.floor(Math.min(...boxes.map((b) => b.left))) - 16);
  const y = Math.max(0, Math.floor(Math.min(...boxes.map((b) => b.top))) - 16);
  return { x, y, width: Math.min(innerWidth, Math.ceil(Math.max(...boxes.map((b) => b.right))) + 16) - x, height: Math.min(innerHeight, Math.ceil(Math.max(...boxes.map((b) => b.bottom))) + 16) - y };
});

// As small as it gets without losing a pixel: few colours in long runs need no filter. Behind the pixels, as a tEXt chunk, stands the
// SHA-256 of what the browser wrote: the same pixels give the same bytes, and nothing has to be unpacked to know them again.
const IEND = 12;
function packed(png) {
  const small = PNG.sync.write(PNG.sync.read(png), { colorType: 2, filterType: 0, deflateLevel: 9, deflateStrategy: 0 });
  const text = Buffer.from(`tEXtSource\0${sha256(png)}`, "latin1");
  const chunk = Buffer.alloc(text.length + 8);
  chunk.writeUInt32BE(text.length - 4);
  text.copy(chunk, 4);
  chunk.writeUInt32BE(crc32(text), text.length + 4);
  return Buffer.concat([small.subarray(0, -IEND), chunk, small.subarray(-IEND)]);
}
const sha256 = (bytes) => createHash("sha256").update(bytes).digest("hex");
const madeFrom = (file) => file.subarray(-IEND - 4 - 64, -IEND - 4).toString("latin1");

// How many pixels differ; none where nothing but the smoothing of edges does: a few pixels by a shade, and along the dashes of a
// line some more by so little that nobody sees it (29 to 76 of them, by one or two levels, on one board in six runs).
const SHADES = [{ levels: 2, pixels: 256 }, { levels: 12, pixels: 64 }];
function differing(a, b) {
  const by = SHADES.map(() => 0);
  let n = 0;
  let more = false;
  for (let i = 0; i < a.length; i += 4) {
    if (a[i] === b[i] && a[i + 1] === b[i + 1] && a[i + 2] === b[i + 2]) continue;
    n++;
    const levels = Math.max(Math.abs(a[i] - b[i]), Math.abs(a[i + 1] - b[i + 1]), Math.abs(a[i + 2] - b[i + 2]));
    const k = SHADES.findIndex((x) => levels <= x.levels);
    if (k < 0) more = true;
    else by[k]++;
  }
  return !more && by.every((x, k) => x <= SHADES[k].pixels) ? 0 : n;
}

// How the picture differs from the one that is kept; "": not at all.
function difference(id, before, now) {
  if (madeFrom(before) === sha256(now)) return "";
  const [a, b] = [PNG.sync.read(before), PNG.sync.read(now)];
  const same = a.width === b.width && a.height === b.height;
  const n = same ? differing(a.data, b.data) : 0;
  if (same && n === 0) return "";
  writeFileSync(join(SHOTS, `${id}.now.png`), now);
  if (same) {
    const diff = new PNG({ width: a.width, height: a.height });
    pixelmatch(a.data, b.data, diff.data, a.width, a.height, { threshold: 0.01, includeAA: true });
    writeFileSync(join(SHOTS, `${id}.diff.png`), PNG.sync.write(diff));
  }
  return `${id}: ${same ? `${n} pixels differ` : `${b.width} x ${b.height}, not ${a.width} x ${a.height}`}`;
}

// A screen may stand still and yet wait for something it asks for a moment later (the sums below a list): what differs is looked at
// again for a while, and what is written must be the same twice.
const AGAIN = { times: 6, pause: 400 };

// The pictures of one width: takes them one by one, keeps what is wrong.
export async function pictures(width) {
  const away = writing ? "" : await elsewhere();
  const wrong = [];
  const seen = new Set();
  const taken = []; // [file, bytes], to be written
  return {
    // Of what stands there: the window, or what is open above it with its edge. Lies in build/shots too, for people.
    async take(page, name) {
      if (ONLY && !ONLY.test(name)) return;
      const id = `${name}-${page.state.theme}-${width}`;
      const file = join(folder, `${id}.png`);
      const clip = (await openBox(page)) ?? undefined;
      const shoot = () => page.screenshot({ clip, animations: "disabled", caret: "hide", mask: [page.locator("code.request")], maskColor: "#808080" }); // the number of a request
      const again = async () => {
        await page.waitForTimeout(AGAIN.pause);
        await settled(page);
        return shoot();
      };
      let png = await shoot();
      if (writing) {
        for (let i = 0; i < AGAIN.times; i++) {
          const before = png;
          png = await again();
          if (before.equals(png)) break;
        }
        taken.push([file, png]); // packed at the end: it takes long, and the minute runs
      } else if (!away && !existsSync(file)) wrong.push(`there is no ${id}.png: WEB_PICTURES=write makes it`);
      else if (!away) {
        const before = readFileSync(file);
        let why = difference(id, before, png);
        for (let i = 0; why && i < AGAIN.times; i++) why = difference(id, before, (png = await again()));
        if (why) wrong.push(why);
      }
      seen.add(`${id}.png`);
      writeFileSync(join(SHOTS, `${id}.png`), png);
    },
    // At the end of the walk: { skip, wrong }.
    async judge() {
      mkdirSync(folder, { recursive: true });
      const left = ONLY ? [] : readdirSync(folder).filter((f) => f.endsWith(`-${width}.png`) && !seen.has(f));
      if (writing) {
        writeFileSync(made, `${JSON.stringify(await machine(), null, 2)}\n`);
        for (const f of left) rmSync(join(folder, f));
        for (const [file, png] of taken) writeFileSync(file, packed(png));
        return { skip: "the pictures are made anew", wrong: [] };
      }
      return { skip: away, wrong: away ? [] : [...wrong, ...left.map((f) => `${f} is of no screen any more`)] };
    },
  };
}
