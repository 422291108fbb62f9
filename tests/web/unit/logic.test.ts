import { describe, expect, it } from "vitest";
import type { FieldShape, ObjectShape } from "../../../web/src/api/client";
import { daysBetween, fromLocalInput, toLocalInput, zone } from "../../../web/src/i18n/format";
import { t, tn, setCatalogue } from "../../../web/src/i18n/t";
import { slug } from "../../../web/src/nav/router";
import { sentence } from "../../../web/src/screens/day/task-card";
import { targetOf } from "../../../web/src/screens/figures/measure";
import { moveColumn, nextSort, readColumns, writeColumns } from "../../../web/src/screens/list/columns";
import { both, condition, quoted } from "../../../web/src/screens/list/condition";
import { conflicting, same } from "../../../web/src/store/change";
import { entryOf, putRecord, setPending, shownFields } from "../../../web/src/store/records";
import { durationText, showValue } from "../../../web/src/store/values";
import { blocksOf } from "../../../web/src/ui/markdown";

function field(name: string, type: string, more: Partial<FieldShape> = {}): FieldShape {
  return { name, label: name, help: "", type, system: false, required: false, write: true, sort: true, ...more };
}
const deal: ObjectShape = {
  name: "deal", label: "Deal", plural: "Deals", icon: "", page: "object/deal", title: "name", timeline: false, open_when: "", may: {},
  fields: [field("name", "text"), field("next_step", "text", { label: "Next step" }), field("next_step_on", "date", { label: "Next step on" }), field("account", "reference", { label: "Account", to: "account" }), field("amount", "money"), field("stage", "choice", { label: "Stage", options: [{ name: "Won", label: "Won!" }] })],
  list: ["name", "account", "amount"], form: [], detail: [],
};

describe("reasons in words", () => {
  it("reasons become sentences", () => expect(sentence("deals taken\nover")).toBe("Deals taken over."));
});

describe("conflicts", () => {
  it("are only fields that both changed to different values", () => {
    const base = { stage: "New", amount: { amount: "1", currency: "USD" }, owner: { id: "1", name: "A" } };
    const theirs = { stage: "Won", amount: { amount: "1", currency: "USD" }, owner: { id: "2", name: "B" } };
    expect(conflicting({ stage: "Lost", amount: { amount: "2", currency: "USD" } }, base, theirs)).toEqual(["stage"]);
    expect(conflicting({ stage: "Won" }, base, theirs)).toEqual([]);
    expect(conflicting({ owner: { id: "2", name: "Bee" } }, base, theirs)).toEqual([]);
  });
  it("a reference is the same whatever its name says", () => expect(same({ id: "1", name: "a" }, { id: "1" })).toBe(true));
});

describe("the store", () => {
  it("an older version never replaces a newer one", () => {
    putRecord("deal", { id: "1", version: 3, name: "new" }, true);
    putRecord("deal", { id: "1", version: 2, name: "old" }, true);
    expect(entryOf("deal", "1").peek()?.fields["name"]).toBe("new");
  });
  it("what is being sent lies on top until it is dropped", () => {
    setPending("deal", "1", { name: "typed" });
    putRecord("deal", { id: "1", version: 4, name: "theirs" }, true);
    const entry = entryOf("deal", "1").peek();
    expect(entry && shownFields(entry)["name"]).toBe("typed");
    setPending("deal", "1", {});
    const after = entryOf("deal", "1").peek();
    expect(after && shownFields(after)["name"]).toBe("theirs");
  });
});

describe("columns and sort in the address", () => {
  it("are read back as they were written", () => {
    const columns = readColumns("name:300,stage", deal);
    expect(columns.map((c) => [c.field.name, c.width])).toEqual([["name", 300], ["stage", 136]]);
    expect(writeColumns(columns, deal)).toBe("name:300,stage");
    expect(writeColumns(readColumns(null, deal), deal)).toBeNull();
  });
  it("unknown and doubled ones are left out, and one always stays", () => {
    expect(readColumns("nix,name,name", deal).map((c) => c.field.name)).toEqual(["name"]);
    expect(readColumns("nix", deal).map((c) => c.field.name)).toEqual(["name"]);
  });
  it("move", () => expect(moveColumn(readColumns("name,account,amount", deal), 2, 0).map((c) => c.field.name)).toEqual(["amount", "name", "account"]));
  it("sort goes up, down, off", () => expect([nextSort("", "name"), nextSort("name", "name"), nextSort("name desc", "name")]).toEqual(["name", "name desc", ""]));
});

describe("conditions", () => {
  it("quote what was typed", () => {
    expect(quoted("O'Brien")).toBe("'O''Brien'");
    expect(condition(field("name", "text"), "contains", "a' or 1=1")).toBe("name contains 'a'' or 1=1'");
    expect(condition(field("on", "date"), ">=", "2026-01-01")).toBe("on >= '2026-01-01'");
  });
  it("keep the meaning of what is there", () => {
    expect(both("a = 1 or b = 2", "c = 3")).toBe("(a = 1 or b = 2) and c = 3");
    expect(both("", "c = 3")).toBe("c = 3");
  });
});

describe("formats", () => {
  it("a typed time is the instant at which clocks of the zone show it, across changes of the clocks", () => {
    zone.value = "America/New_York";
    expect(fromLocalInput("2026-03-08T09:00")).toBe("2026-03-08T13:00:00.000Z");
    expect(fromLocalInput("2026-03-07T09:00")).toBe("2026-03-07T14:00:00.000Z");
    expect(toLocalInput("2026-11-01T05:30:00Z")).toBe("2026-11-01T01:30");
  });
  it("days between days do not know of clocks", () => expect(daysBetween("2026-03-28", "2026-03-30")).toBe(2));
  it("durations and options are words", () => {
    expect(durationText("P1DT2H")).toBe("1 d 2 h");
    expect(showValue(deal.fields[5] ?? field("x", "text"), "Won")).toBe("Won!");
    expect(showValue({ ...field("x", "number"), currency: "USD" }, 55)).toBe("$55");
  });
  it("a target is judged where it is a number of what is measured", () => {
    const days = { target: "45 days", better: "lower" as const, unit: "days" };
    expect(targetOf(days, 51.8)).toBe("missed");
    expect(targetOf(days, 45)).toBe("met");
    expect(targetOf({ ...days, target: "45 business days" }, 51.8)).toBe(null);
    expect(targetOf({ target: "60 %", better: "higher", unit: "%" }, 63.2)).toBe("met");
    expect(targetOf({ target: "no more than 40 for one person", better: "lower", unit: "records" }, 2)).toBe(null);
    expect(targetOf(days, null)).toBe(null);
  });
  it("plural and translation", () => {
    expect(tn(1, "{n} record", "{n} records")).toBe("1 record");
    setCatalogue({ Save: "Speichern" });
    expect(t("Save")).toBe("Speichern");
    setCatalogue({});
  });
});

describe("text of the manual", () => {
  it("becomes blocks", () => {
    expect(blocksOf("One\ntwo.\n\n- a\n- b\n  more\n\n> q\n> r\n\n1. x").map((b) => b.kind)).toEqual(["p", "ul", "quote", "ol"]);
  });
  it("headings have the anchors that links to reasons use", () => expect(slug("Agree the next step!")).toBe("agree-the-next-step"));
});
