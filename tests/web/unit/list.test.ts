import { afterEach, describe, expect, it, vi } from "vitest";
import type { AnyRecord, FieldShape, ObjectShape } from "../../../web/src/api/client";
import { addPage, nothingYet, PAGE, reasonsOf, runBulk, type Refused } from "../../../web/src/screens/list/bulk";
import { exportHref } from "../../../web/src/screens/list/export";
import { readColumns } from "../../../web/src/screens/list/columns";
import { figureText, measureOf } from "../../../web/src/screens/list/figures";
import { groupLabel } from "../../../web/src/screens/list/group-label";
import { groupField, groupKeyOf, keyOf, Lines, orderGroups, OTHERS, sectionsOf, type Group } from "../../../web/src/screens/list/lines";
import { changesOf, isChanged, lookOfView, PLAIN, presets, readLook, viewOfLook, writeLook } from "../../../web/src/screens/list/look";
import { addRange, countOf, isChosen, NONE, toggle, toggleMany } from "../../../web/src/screens/list/selection";

function field(name: string, type: string, more: Partial<FieldShape> = {}): FieldShape {
  return { name, label: name, help: "", type, system: false, required: false, write: true, sort: true, ...more };
}
const deal: ObjectShape = {
  name: "deal", label: "Deal", plural: "Deals", icon: "", page: "object/deal", title: "name", timeline: false, open_when: "stage != 'Won'", may: {},
  fields: [field("name", "text"), field("owner", "user", { to: "user" }), field("amount", "money", { label: "Amount" }), field("probability", "percent"), field("version", "number", { system: true }), field("closed", "date"), field("tags", "tags"),
    field("stage", "choice", { options: [{ name: "New", label: "New" }, { name: "Won", label: "Won!" }] })],
  list: ["name", "amount"], form: [], detail: [],
};
const stage = groupField(deal, "stage") as FieldShape;
const row = (id: string, more: object = {}): AnyRecord => ({ id, version: 1, ...more }) as AnyRecord;
const group = (key: string, count: number): Group => ({ key, value: key || null, count, totals: {} });

describe("what a list shows", () => {
  it("stands in the address only as far as it differs from the view", () => {
    const base = { filter: "stage = 'New'", sort: "name", cols: "", group: "" };
    const q = writeLook(new URLSearchParams("view=7&peek=1"), { ...base, sort: "amount desc" }, base);
    expect(q.toString()).toBe("view=7&peek=1&sort=amount+desc");
    expect([isChanged(q), isChanged(new URLSearchParams("view=7&peek=1"))]).toEqual([true, false]);
    expect(readLook(q, base)).toEqual({ ...base, sort: "amount desc" });
    expect(writeLook(q, base, base).toString()).toBe("view=7&peek=1");
  });
  it("an emptied filter of a view stays emptied", () => {
    const base = { ...PLAIN, filter: "stage = 'New'" };
    const q = writeLook(new URLSearchParams("view=7"), { ...base, filter: "" }, base);
    expect(readLook(new URLSearchParams(q.toString()), base).filter).toBe("");
    expect(changesOf(q)).toBe("filter=");
  });
  it("is saved with all its columns, and is the same when it is read again", () => {
    const look = { filter: "", sort: "name", cols: "name:300,stage", group: "stage" };
    const saved = viewOfLook(look, deal);
    expect(saved.columns).toEqual([{ field: "name", width: 300 }, { field: "stage", width: 136 }]);
    expect(lookOfView(saved, deal)).toEqual(look);
    expect(lookOfView({ ...saved, columns: [{ field: "name", width: 0 }, { field: "amount" }] }, deal).cols).toBe("");
  });
  it("every list has its ways of looking", () => expect(presets(deal).map((p) => p.filter)).toEqual(["", "owner = me", "stage != 'Won'", "owner = me and stage != 'Won'", "owner is empty"]));
});

describe("choosing rows", () => {
  const here = ["a", "b", "c", "d", "e"];
  it("a range goes from the last one chosen, and can be made longer", () => {
    let s = toggle(NONE, "b", 1, []);
    s = addRange(s, 3, (i) => here[i] ?? null);
    expect([...s.ids]).toEqual(["b", "c", "d"]);
    s = addRange(s, 0, (i) => here[i] ?? null);
    expect([...s.ids].sort()).toEqual(["a", "b", "c", "d"]);
  });
  it("a range leaves lines out that are no rows", () => expect([...addRange(toggle(NONE, "a", 0, []), 2, (i) => (i === 1 ? null : (here[i] ?? null))).ids]).toEqual(["a", "c"]));
  it("all that match are all, loaded or not; taking one out leaves those that are here", () => {
    const all = { ...NONE, all: true };
    expect([countOf(all, 8800), isChosen(all, "never seen")]).toEqual([8800, true]);
    const s = toggle(all, "b", 1, here);
    expect([s.all, [...s.ids]]).toEqual([false, ["a", "c", "d", "e"]]);
  });
  it("a group is chosen as a whole, and taken out as a whole", () => {
    const s = toggleMany(toggle(NONE, "a", 0, []), ["a", "b"], here);
    expect([...s.ids]).toEqual(["a", "b"]);
    expect(toggleMany(s, ["a", "b"], here).ids.size).toBe(0);
  });
});

describe("groups", () => {
  const rows = [row("1", { stage: "Won" }), row("2", { stage: "New" }), row("3", { stage: null }), row("4", { stage: "New" }), row("5", { stage: "Odd" })];
  const keyAt = (r: AnyRecord): string => keyOf(stage, (r as Record<string, unknown>)["stage"]);
  it("stand in the order of the manual, empty last, with what the server did not name behind them", () => {
    const ordered = orderGroups(stage, [group("", 1), group("Won", 1), group("New", 2)], (g) => groupLabel(stage, g));
    expect(ordered.map((g) => g.key)).toEqual(["New", "Won", ""]);
    const lines = new Lines(sectionsOf(ordered, rows, keyAt, new Set(), 5, true));
    expect(lines.total).toBe(9);
    const seen = Array.from({ length: lines.total }, (_, i) => { const l = lines.at(i); return l?.kind === "group" ? `<${l.group.key}>` : l?.row?.id; });
    expect(seen).toEqual(["<New>", "2", "4", "<Won>", "1", "<>", "3", `<${OTHERS}>`, "5"]);
    expect([lines.lineOf("1"), lines.lineOf("nix"), lines.at(9), lines.at(-1)]).toEqual([4, -1, null, null]);
    expect(lines.ids()).toEqual(["2", "4", "1", "3", "5"]);
  });
  it("folded ones show their name alone", () => {
    const lines = new Lines(sectionsOf([group("New", 2), group("Won", 1)], rows.slice(0, 2).concat(rows.slice(3, 4)), keyAt, new Set(["New"]), 3, true));
    expect([lines.total, lines.at(0)?.kind, lines.at(1)?.kind, lines.row(2)?.id, lines.lineOf("2")]).toEqual([3, "group", "group", "1", -1]);
  });
  it("keep room for rows that are still on their way", () => {
    const lines = new Lines(sectionsOf([group("New", 500), group("Won", 4000)], [row("2", { stage: "New" })], keyAt, new Set(), 4500, false));
    expect([lines.total, lines.row(1)?.id, lines.row(2), lines.at(501)?.kind]).toEqual([4502, "2", null, "group"]);
  });
  it("of a hundred thousand rows a line is found at once", () => {
    const many = Array.from({ length: 100_000 }, (_, i) => row(String(i), { stage: i % 2 ? "New" : "Won" }));
    const lines = new Lines(sectionsOf([group("New", 50_000), group("Won", 50_000)], many, keyAt, new Set(), 100_000, true));
    const t0 = performance.now();
    let lost = 0;
    for (let i = 0; i < 100_000; i += 7) lost += lines.at(i) === null ? 1 : 0;
    expect(lost).toBe(0);
    expect(performance.now() - t0).toBeLessThan(2000);
  });
  it("days are grouped by month, and only fields with few values at all", () => {
    const closed = groupField(deal, "closed") as FieldShape;
    expect([groupKeyOf(closed), keyOf(closed, "2026-03-09"), keyOf(closed, null), groupLabel(closed, group("2026-03", 1)), groupLabel(closed, group("", 1))]).toEqual(["closed by month", "2026-03", "", "March 2026", "No closed"]);
    expect([groupField(deal, "tags"), groupField(deal, "name"), groupField(deal, "nix"), groupField(deal, "")]).toEqual([undefined, undefined, undefined, undefined]);
    expect(keyOf(field("owner", "user"), { id: "7", name: "Ada" })).toBe("7");
  });
});

describe("totals", () => {
  it("money adds up, of other numbers only the average says something, of versions nothing", () => {
    expect(deal.fields.map((f) => measureOf(f)?.text).filter(Boolean)).toEqual(["sum(amount)", "avg(probability)"]);
    const amount = deal.fields[2] as FieldShape;
    expect(figureText(amount, { kind: "sum", text: "sum(amount)" }, { "sum(amount)": { amount: "12.50", currency: "USD" } })).toBe("$12.50");
    expect(figureText(amount, { kind: "sum", text: "sum(amount)" }, { "sum(amount)": null })).toBe("");
    expect(figureText(deal.fields[3] as FieldShape, { kind: "avg", text: "avg(probability)" }, { "avg(probability)": 33.333 })).toBe("33.3 %");
  });
});

describe("export", () => {
  it("has the filter, the order and the columns of the list, groups first", () => {
    const url = new URL(exportHref(deal, { filter: "amount > 5", sort: "name desc", cols: "", group: "stage" }, readColumns("stage,name", deal)), "http://x");
    expect([url.pathname, Object.fromEntries(url.searchParams)]).toEqual(["/api/v1/records/deal/export.csv", { filter: "amount > 5", sort: "stage, name desc", fields: "stage,name" }]);
  });
});

describe("changing many", () => {
  const no = (id: string, detail: string): Refused => ({ id, code: "work.gate", detail, page: "workflow/closing", reason: "", way_out: "" });
  afterEach(() => vi.unstubAllGlobals());

  // A server that refuses ids ending in 7, and can be made to fail.
  function server(fail: (call: number) => Response | null = () => null) {
    const asked: { ids: string[]; dry: boolean; key: string | null }[] = [];
    let calls = 0;
    vi.stubGlobal("fetch", async (input: Request) => {
      const broken = fail(calls++);
      if (broken) return broken;
      const body = (await input.clone().json()) as { ids: string[]; dry_run: boolean };
      asked.push({ ids: body.ids, dry: body.dry_run, key: input.headers.get("Idempotency-Key") });
      const refused = body.ids.filter((id) => id.endsWith("7")).map((id) => no(id, "Not yet."));
      return Response.json({ dry_run: body.dry_run, matched: body.ids.length, changed: body.ids.length - refused.length, unchanged: 0, refused, next_after: null, changes: body.dry_run ? [] : body.ids.filter((id) => !id.endsWith("7")).map((id) => `c${id}`) });
    });
    return asked;
  }
  const ids = Array.from({ length: 1200 }, (_, i) => String(i));

  it("goes in pages, says how far it is, and adds up", async () => {
    const asked = server();
    const steps: number[] = [];
    const r = await runBulk("deal", ids, { set: { stage: "Won" } }, { dry: false, stopped: () => false, progress: (s) => steps.push(s.done) });
    expect([asked.map((a) => a.ids.length), steps]).toEqual([[PAGE, PAGE, 200], [500, 1000, 1200]]);
    expect([r.problem, r.sum.changed, r.sum.refused.length, r.sum.changes.length]).toEqual([null, 1080, 120, 1080]);
    expect(new Set(asked.map((a) => a.key)).size).toBe(3);
  });
  it("a check has no key, since it writes nothing", async () => {
    const asked = server();
    await runBulk("deal", ids.slice(0, 3), { action: "archive" }, { dry: true, stopped: () => false, progress: () => undefined });
    expect(asked).toEqual([{ ids: ["0", "1", "2"], dry: true, key: null }]);
  });
  it("stops where it is told to, and goes on from there", async () => {
    const asked = server();
    const first = await runBulk("deal", ids, { set: {} }, { dry: false, stopped: () => asked.length > 0, progress: () => undefined });
    expect([first.sum.done, asked.length]).toEqual([500, 1]);
    const rest = await runBulk("deal", ids, { set: {} }, { dry: false, stopped: () => false, progress: () => undefined }, first.sum);
    expect([rest.sum.done, rest.sum.changed, asked[1]?.ids[0]]).toEqual([1200, 1080, "500"]);
  });
  it("a page whose answer is lost is sent again under the same key", async () => {
    const keys: (string | null)[] = [];
    let calls = 0;
    vi.stubGlobal("fetch", async (input: Request) => {
      keys.push(input.headers.get("Idempotency-Key"));
      if (calls++ === 0) throw new TypeError("the network is gone");
      return Response.json({ dry_run: false, matched: 1, changed: 1, unchanged: 0, refused: [], next_after: null });
    });
    const r = await runBulk("deal", ["1"], { set: {} }, { dry: false, stopped: () => false, progress: () => undefined });
    expect([r.problem, r.sum.changed, keys.length, keys[0] === keys[1]]).toEqual([null, 1, 2, true]);
  });
  it("a refusal of the whole ends it and keeps what was done", async () => {
    server((call) => (call === 1 ? Response.json({ detail: "No.", code: "access.denied" }, { status: 403 }) : null));
    const r = await runBulk("deal", ids, { set: {} }, { dry: false, stopped: () => false, progress: () => undefined });
    expect([r.problem?.code, r.sum.done]).toEqual(["access.denied", 500]);
  });
  it("the same reason is said once, the most frequent first", () => {
    const r = reasonsOf([no("1", "A"), no("2", "B"), no("3", "B")]);
    expect(r.map((x) => [x.detail, x.ids])).toEqual([["B", ["2", "3"]], ["A", ["1"]]]);
  });
  it("counts what was asked, not what was answered", () => expect(addPage(nothingYet(10), 5, { changed: 1, unchanged: 2, refused: [] })).toMatchObject({ done: 5, total: 10, changed: 1, unchanged: 2 }));
});
