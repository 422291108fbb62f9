// The walk through every screen and dialog, of one width: accessible in both themes, nothing wider than the window, nothing that
// jumps, every pixel where it was, targets large enough. screens-*.test.mjs walk, each in its width, on a company of their own.
//
// A screen is loaded once, in the light theme; its picture is taken, the system turns dark under the open page, and its picture is
// taken again. Every box must stay exactly where it was: nothing but colours has changed. So the rules of axe that look at colours
// judge the dark theme, all its rules the light one. A dialog or panel is judged by itself: what lies below it was judged the
// moment before.
import { axe, COLOURS, ensure, prepare, settled, skip, test } from "./lib.mjs";
import { ALONE, MOMENT, ONLY, pictures } from "./pictures.mjs";
import { isIn, publishSecond, SCREENS } from "./screens.mjs";
import { sideways, sweep, tooSmall } from "./sweep.mjs";

const FIRST = ["record", "users", "settings", "system"]; // show when somebody was here, the server's clock, and whom it would call when: they have a minute
const place = (s) => (FIRST.includes(s.name) ? FIRST.indexOf(s.name) : FIRST.length);

// Runs in the page: where everything stands.
function boxes() {
  return [...document.querySelectorAll("body *")].filter((el) => !el.closest("svg")).map((el) => {
    const b = el.getBoundingClientRect();
    return `${el.localName}.${[...el.classList].join(".")} ${[b.x, b.y, b.width, b.height].map((n) => Math.round(n * 10) / 10).join(" ")}`;
  });
}

const inTheme = async (page, theme) => {
  await page.emulateMedia({ colorScheme: theme });
  page.state.theme = theme;
};
const toDialogs = (s, width) => (s.dialogs ?? []).filter(([name, , only]) => isIn(only, width) && (!ONLY || ONLY.test(name)));

// Registers the tests of this, and gives back (name) -> a test of what else is looked at. how: the page, as open() takes it; target: px;
// more: name -> fn(page, screen), looked at at the end of each screen, when the page may be touched.
export function walk(how, target, more = {}) {
  const { width } = how;
  prepare(publishSecond, MOMENT);
  let album = null;

  // What is wrong with what stands there, in both themes.
  async function look(page, name) {
    album ??= await pictures(width);
    await album.take(page, name);
    const light = await page.evaluate(boxes);
    await inTheme(page, "dark");
    const dark = await page.evaluate(boxes);
    await album.take(page, name);
    const said = [];
    const moved = dark.findIndex((b, i) => b !== light[i]);
    if (moved >= 0 || dark.length !== light.length) said.push(`in the dark theme ${light[moved]} is ${dark[moved]}`);
    if (!ALONE) for (const w of await axe(page, { rules: COLOURS })) said.push(`dark: ${w}`);
    await inTheme(page, "light");
    if (!ALONE) said.push(...(await axe(page)), ...(await sideways(page)));
    return said.map((w) => `${w} (${name})`);
  }

  const looks = {
    screen: async (page, s) => {
      if (s.at) await page.locator(s.at).evaluate((el) => el.scrollIntoView({ block: "center", behavior: "instant" }));
      if (s.at) await settled(page);
      const said = await look(page, s.name);
      for (const [name, at] of s.further ?? []) {
        await page.locator(at).evaluate((el) => el.scrollIntoView({ block: "center", behavior: "instant" }));
        await settled(page);
        for (const theme of ["dark", "light"]) {
          await inTheme(page, theme);
          await album.take(page, name);
        }
        await page.evaluate(() => scrollTo({ top: 0, behavior: "instant" }));
      }
      return said;
    },
    dialogs: async (page, s) => {
      const said = [];
      for (const [name, show] of toDialogs(s, width)) {
        await show(page);
        await settled(page);
        said.push(...(await look(page, name)));
        await page.keyboard.press("Escape");
        await page.waitForFunction(() => document.querySelector("dialog[open], .popover:popover-open") === null);
      }
      return said;
    },
  };
  const rest = { targets: (page) => page.evaluate(tooSmall, target), ...more };
  const screens = SCREENS.filter((s) => !ONLY || ONLY.test(s.name) || toDialogs(s, width).length > 0 || s.further?.some(([name]) => ONLY.test(name))).sort((a, b) => place(a) - place(b));
  const walked = sweep(how, ALONE ? looks : { ...looks, ...rest }, screens);

  test(`every pixel of every screen and dialog is where it was, in both themes: ${width} px`, async () => {
    await walked.gone();
    const { skip: why, wrong } = await album.judge();
    ensure(wrong.length === 0, wrong.join("\n     "));
    if (why) skip(why);
  });
  test(`every screen is accessible and stands still in both themes: ${width} px`, walked("screen"));
  test(`every dialog is accessible in both themes: ${width} px`, walked("dialogs"));
  const also = (name) => (ALONE ? () => skip("pictures alone are looked at") : walked(name));
  test(`targets are ${target} px for a ${width < 640 ? "finger" : "mouse"}`, also("targets"));
  return also;
}
