// Screens look to the pixel as they did: pictures of every screen and dialog of screens.mjs, in both themes and widths, against
// those in pictures/.
//
// Nothing in them follows the day: the demo company was made on a Monday morning in March 2026, by the clock of the program
// (--clock), the server goes on from there, and the browser's clock stands still. What bears the minute of the server itself (who
// was here when) is looked at first, while that minute lasts; each width has a company of its own.
//
// They were made on the Chromium and the font that pictures/made-on.json names; elsewhere letters are drawn differently, so the
// test is skipped there and says so. Of the same drawing the smoothing of a round corner may differ by a shade from run to run (a
// few pixels, a few levels of 255); every other pixel counts. WEB_PICTURES=write makes them anew, after a change that was meant: look at them before they
// are committed. What differs is laid into build/shots as <name>.now.png and <name>.diff.png. PICTURE=regex looks at some alone.
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync, readdirSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { crc32 } from "node:zlib";
import { browser, ensure, finish, go, open, prepare, REP, ROOT, settled, SHOTS, skip, startCompany, stopCompany, test } from "./lib.mjs";
import { isIn, publishSecond, SCREENS } from "./screens.mjs";
import { address } from "./sweep.mjs";

const require = createRequire(join(ROOT, "web/package.json"));
const { PNG } = require("pngjs");
const folder = join(dirname(fileURLToPath(import.meta.url)), "pictures");
const writing = process.env.WEB_PICTURES === "write";
const only = process.env.PICTURE && new RegExp(process.env.PICTURE);

// 10:05 in the office of the demo company. The seconds give the first minute to what bears the server's own.
prepare(publishSecond, { made: "2026-03-09T13:50:00Z", served: "2026-03-09T14:05:01Z", shown: "2026-03-09T14:05:40Z" });

async function machine() {
  const font = execFileSync("fc-match", ["-f", "%{file}", "system-ui"], { encoding: "utf8" });
  return { chromium: (await browser()).version(), font: font.split("/").pop(), font_sha256: createHash("sha256").update(readFileSync(font)).digest("hex") };
}

const FIRST = ["users", "settings", "system", "record"]; // show when somebody was here, the server's clock, and whom it would call when
const record = SCREENS.find((s) => s.name === "record");
const more = [{ ...record, name: "timeline", dialogs: [], at: "#tab-panel" }, { name: "products", path: "/lists/product", who: REP, ready: ".grid-foot" }];
const order = [...SCREENS, ...more].sort((a, b) => FIRST.includes(b.name) - FIRST.includes(a.name));

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

// How many pixels differ; none where nothing but the smoothing of corners does.
const SHADE = { pixels: 64, levels: 12 };
function differing(a, b) {
  let n = 0;
  let most = 0;
  for (let i = 0; i < a.length; i += 4) {
    if (a[i] === b[i] && a[i + 1] === b[i + 1] && a[i + 2] === b[i + 2]) continue;
    n++;
    most = Math.max(most, Math.abs(a[i] - b[i]), Math.abs(a[i + 1] - b[i + 1]), Math.abs(a[i + 2] - b[i + 2]));
  }
  return n <= SHADE.pixels && most <= SHADE.levels ? 0 : n;
}

const { default: pixelmatch } = await import(require.resolve("pixelmatch"));
const seen = new Set();
const taken = []; // [file, bytes], to be written

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

// Looks at what stands there in both themes; what is wrong, one line each. A screen may stand still and yet wait for something it
// asks for a moment later (the sums below a list): what differs is looked at again for a while.
const AGAIN = { times: 6, pause: 400 };
async function look(page, name, width) {
  const wrong = [];
  const clip = (await openBox(page)) ?? undefined;
  const shoot = () => page.screenshot({ clip, animations: "disabled", caret: "hide", mask: [page.locator("code.request")], maskColor: "#808080" }); // the number of a request
  for (const theme of ["light", "dark"]) {
    await page.emulateMedia({ colorScheme: theme });
    const id = `${name}-${theme}-${width}`;
    const file = join(folder, `${id}.png`);
    seen.add(`${id}.png`);
    if (writing) {
      taken.push([file, await shoot()]); // packed at the end: it takes long, and the minute runs
      continue;
    }
    if (!existsSync(file)) {
      wrong.push(`there is no ${id}.png: WEB_PICTURES=write makes it`);
      continue;
    }
    const before = readFileSync(file);
    let why = difference(id, before, await shoot());
    for (let i = 0; why && i < AGAIN.times; i++) {
      await page.waitForTimeout(AGAIN.pause);
      await settled(page);
      why = difference(id, before, await shoot());
    }
    if (why) wrong.push(why);
  }
  await page.emulateMedia({ colorScheme: "light" });
  return wrong;
}

for (const width of [1280, 390]) {
  test(`every pixel of every screen and dialog is where it was, in both themes: ${width} px`, async () => {
    const here = await machine();
    const made = join(folder, "made-on.json");
    if (writing) {
      mkdirSync(folder, { recursive: true });
      writeFileSync(made, `${JSON.stringify(here, null, 2)}\n`);
    } else {
      const there = JSON.parse(readFileSync(made, "utf8"));
      for (const [k, v] of Object.entries(there)) if (here[k] !== v) skip(`the pictures were made with ${k} ${v}, here it is ${here[k]}`);
    }
    if (seen.size > 0) {
      await stopCompany();
      await startCompany();
    }
    seen.clear();
    const pages = new Map();
    const wrong = [];
    for (const s of order) {
      const dialogs = (s.dialogs ?? []).filter(([name, , where]) => isIn(where, width) && (!only || only.test(name)));
      if (!isIn(s.only, width) || (only && !only.test(s.name) && dialogs.length === 0)) continue;
      if (!pages.has(s.who)) pages.set(s.who, await open(s.who, { width, height: width < 640 ? 844 : 720 }));
      const page = pages.get(s.who);
      await go(page, await address(s));
      if (s.ready) await page.waitForSelector(s.ready, { state: "attached" });
      if (s.at) await page.locator(s.at).evaluate((el) => el.scrollIntoView({ block: "center", behavior: "instant" }));
      await settled(page);
      wrong.push(...(await look(page, s.name, width)));
      for (const [name, show] of dialogs) {
        await show(page);
        await settled(page);
        wrong.push(...(await look(page, name, width)));
        await page.keyboard.press("Escape");
        await page.waitForFunction(() => document.querySelector("dialog[open], .popover:popover-open") === null);
      }
    }
    if (!only) {
      const left = readdirSync(folder).filter((f) => f.endsWith(`-${width}.png`) && !seen.has(f));
      if (writing) for (const f of left) rmSync(join(folder, f));
      else wrong.push(...left.map((f) => `${f} is of no screen any more`));
    }
    for (const [file, png] of taken.splice(0)) writeFileSync(file, packed(png));
    if (writing) skip("the pictures are made anew");
    ensure(wrong.length === 0, wrong.join("\n     "));
  });
}

await finish();
