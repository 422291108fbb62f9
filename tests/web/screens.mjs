// Every screen and every dialog there is: walk.mjs looks at them in both themes and widths, with a picture of each.
//   name      of the picture
//   path      the address, or a function that finds it
//   who       whose eyes; null: nobody has signed in
//   ready     optional: what must stand there (a selector), beside the general stillness
//   at        optional: what a picture is to show, where that is not the top (a selector)
//   further   what lies further down and has a picture too: [name, selector]
//   dialogs   what can be opened here: [name, how]; closed with Escape afterwards
//   only      "wide" or "narrow": where it exists in one width alone
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ADMIN, ask, call, firstDeal, MANAGER, REP, token } from "./lib.mjs";

// Whether a screen or dialog is there in a window of this width.
export const isIn = (only, width) => !only || (only === "wide") === (width >= 640);
const press = (...names) => async (page) => {
  for (const k of names) await (k.startsWith("=") ? page.keyboard.type(k.slice(1)) : page.keyboard.press(k));
};
const click = (...selectors) => async (page) => {
  for (const s of selectors) await page.locator(s).first().click();
};
// A mail in the words of a template, before it is filled in; whom to is not known either.
const mail = async (page) => {
  await press("m")(page);
  await page.locator("dialog select").selectOption("template/proposal");
  await page.waitForSelector("dialog textarea:focus, dialog [aria-label='Why these words']");
};
const deal = async (tail = "") => `/records/deal/${await firstDeal()}${tail}`;

// A second version of the manual, made when it is first needed: there is something to compare then.
const second = (text) => text.replace("due: 10 business days", "due: 8 business days").replace("and that is all right", "which is all right");
const REASON = "Proposals took too long";
const change = async () => {
  const { live } = await ask(ADMIN, "/api/v1/manual/versions");
  if (live > 1) return live;
  const page = await ask(ADMIN, "/api/v1/manual/pages/workflow/closing");
  return (await call("POST", "/api/v1/manual/publish", { token: await token(ADMIN), body: { pages: [{ path: page.path, text: second(page.text) }], reason: REASON } })).json.version;
};
// The same before the server starts, for prepare: at a moment that is known.
export function publishSecond(cli) {
  const folder = cli.file("pages", "");
  rmSync(folder);
  cli("manual", "export", folder);
  const page = join(folder, "workflow/closing.md");
  writeFileSync(page, second(readFileSync(page, "utf8")));
  cli("manual", "publish", folder, "--reason", REASON, "--as", ADMIN);
}

export const SCREENS = [
  { name: "sign-in", path: "/sign-in", who: null },
  { name: "about", path: "/about", who: null },
  { name: "error", path: "/nothing-here", who: null },
  {
    name: "day", path: "/", who: REP, ready: ".task-card",
    dialogs: [
      ["palette", async (page) => { await press("Control+k", "=isd")(page); await page.waitForSelector(".palette-row:has-text('Isdom')"); }],
      ["keys", press("?")],
      ["create", press("c")],
      ["me", click(".rail-me"), "wide"],
      ["more", click(".bottom-item:has-text('More')"), "narrow"],
      ["not-now", click("text=Not now")],
    ],
  },
  { name: "run", path: "/run", who: REP, ready: ".task-card.big" },
  { name: "list", path: "/lists/deal", who: REP, ready: ".grid-foot", dialogs: [["condition", click("text=Add a condition")], ["column", click(".head-button >> nth=1")]] },
  { name: "list-empty", path: "/lists/deal?filter=name%20%3D%20%27nix%27", who: REP },
  { name: "products", path: "/lists/product", who: REP, ready: ".grid-foot" },
  { name: "list-refused", path: "/lists/deal?filter=stag%20%3D%201", who: REP },
  { name: "record", path: () => deal(), who: REP, further: [["timeline", "#tab-panel"]], dialogs: [["log", press("l")], ["mail", mail], ["escalate", press("!")], ["hand-over", press("a")]] },
  { name: "history", path: () => deal("?tab=history"), who: REP, at: "#tab-panel" },
  { name: "record-gone", path: "/records/deal/1", who: REP },
  { name: "manual", path: "/manual", who: REP },
  { name: "page", path: "/manual/workflow/closing", who: REP },
  { name: "policy", path: "/manual/policy/first-reply", who: REP },
  { name: "template", path: "/manual/template/first-reply", who: REP },
  { name: "versions", path: async () => { await change(); return "/manual/versions"; }, who: REP, dialogs: [["restore-refused", click(".version-do button")]] },
  { name: "difference", path: async () => `/manual/versions?from=1&to=${await change()}`, who: REP, ready: ".diff-page" },
  { name: "page-old", path: async () => { await change(); return "/manual/workflow/closing?version=1"; }, who: REP, ready: ".old-note" },
  { name: "board", path: "/board/deal?who=me&stage=Engaging", who: REP, ready: "[data-card]", dialogs: [["board-move", click(".card-move")], ["board-show", click("button:has-text('Show')")]] },
  { name: "board-lanes", path: "/board?lanes=owner&who=team&stage=Engaging", who: MANAGER, ready: "[data-card]" },
  { name: "notifications", path: "/notifications", who: REP },
  { name: "settings", path: "/settings", who: REP },
  { name: "users", path: "/settings/users", who: ADMIN },
  { name: "roles", path: "/settings/roles", who: ADMIN },
  { name: "system", path: "/settings/system", who: ADMIN },
  { name: "day-manager", path: "/", who: MANAGER, only: "wide" },
  { name: "team", path: "/?team=1", who: MANAGER },
  { name: "policies", path: "/policies", who: MANAGER, ready: ".policy" },
  { name: "breaches", path: "/policies?view=breaches", who: MANAGER },
  { name: "figures", path: "/figures", who: MANAGER, ready: "a.bar" },
];
