import { describe, expect, it } from "vitest";
import type { FieldShape, ObjectShape, Problem, Task } from "../../../web/src/api/client";
import { zone } from "../../../web/src/i18n/format";
import { firstBack } from "../../../web/src/screens/day/nothing";
import { timeThere, zoneOf } from "../../../web/src/screens/record/clock";
import { pathsFor } from "../../../web/src/screens/record/escalate";
import { nextMorning, sentLines, type Run } from "../../../web/src/screens/record/next";
import { stageBeside, stageField, wordsOf } from "../../../web/src/screens/record/stage";
import { storyOf } from "../../../web/src/screens/record/story";
import type { Item } from "../../../web/src/screens/record/timeline";
import type { PageHead } from "../../../web/src/store/manual";
import { groupsOf, noticeOf, waiting, type Notice } from "../../../web/src/store/notices";
import { changedSettings, type Kept } from "../../../web/src/store/settings";

function field(name: string, type: string, more: Partial<FieldShape> = {}): FieldShape {
  return { name, label: name, help: "", type, system: false, required: false, write: true, sort: true, ...more };
}
const stage = field("stage", "choice", { label: "Stage", options: [{ name: "New", label: "New" }, { name: "Talk", label: "Talk" }, { name: "Won", label: "Won", closed: "won" }] });
const deal: ObjectShape = {
  name: "deal", label: "Deal", plural: "Deals", icon: "", page: "object/deal", title: "name", timeline: false, open_when: "", may: {},
  fields: [field("name", "text"), stage, field("owner", "user", { label: "Owner" })], list: [], form: [], detail: [],
};

describe("the customer's clock", () => {
  it("is known for countries of one clock and states of one clock, and for nothing else", () => {
    expect(zoneOf("Kenya", null)).toBe("Africa/Nairobi");
    expect(zoneOf("Germany", "")).toBe("Europe/Berlin");
    expect(zoneOf("United States", "CA")).toBe("America/Los_Angeles");
    expect(zoneOf("United States", " new york ")).toBe("America/New_York");
    expect(zoneOf("Australia", "act")).toBe("Australia/Sydney");
    expect(zoneOf("United States", null)).toBe("");
    expect(zoneOf("United States", "Texas")).toBe(""); // two clocks
    expect(zoneOf("Brazil", null)).toBe("");
    expect(zoneOf("", "CA")).toBe("");
    expect(zoneOf("constructor", "CA")).toBe("");
  });
  it("knows when nobody sits at a desk", () => {
    expect(timeThere("Africa/Nairobi", Date.parse("2026-03-09T07:00:00Z")).awake).toBe(true);
    expect(timeThere("Africa/Nairobi", Date.parse("2026-03-09T20:00:00Z")).awake).toBe(false);
    expect(timeThere("Africa/Nairobi", Date.parse("2026-03-08T07:00:00Z")).awake).toBe(false); // a Sunday
  });
});

describe("a refused stage", () => {
  const problem = { detail: "New cannot move on to Won yet: Account is empty; Amount is empty.", code: "work.gate", errors: [
    { detail: "New cannot move on to Won yet: Account is empty; Amount is empty.", code: "work.gate", pointer: "/account" }, { detail: "Amount is empty.", code: "work.gate", pointer: "/amount" }] } as unknown as Problem;
  it("is said one thing after another", () => expect([wordsOf(problem, 0), wordsOf(problem, 1)]).toEqual(["Account is empty.", "Amount is empty."]));
  it("alone keeps its own words", () => expect(wordsOf({ detail: "Not like this: never.", code: "work.gate" } as Problem, 0)).toBe("Not like this: never."));
  it("keys walk the open stages only", () => {
    expect(stageField(deal)?.name).toBe("stage");
    expect([stageBeside(stage, "New", 1), stageBeside(stage, "Talk", 1), stageBeside(stage, "New", -1), stageBeside(stage, "Won", -1)]).toEqual(["Talk", null, null, null]);
  });
});

describe("paths of escalation", () => {
  const page = (name: string, object?: string): PageHead => ({ path: `escalation/${name}`, kind: "escalation", name, label: name, owner: "", review: null, why: "", object });
  it("are those of the record, then those of its account; those for all stand once", () => {
    const found = pathsFor([page("billing", "account"), page("stuck", "deal"), page("fire")], [{ object: "deal", id: "1", title: "d" }, { object: "account", id: "2", title: "a" }]);
    expect(found.map((x) => [x.page.name, x.subject.id])).toEqual([["stuck", "1"], ["fire", "1"], ["billing", "2"]]);
  });
});

const call = (at: string, subject: string, body = ""): Item => ({ kind: "activity", id: at, at, entry: { kind: "call", subject, body } });

describe("the story that goes along", () => {
  it("has the record, what is open, and the last five contacts", () => {
    const items = Array.from({ length: 8 }, (_, i) => call(`2026-03-0${9 - i}T10:00:00Z`, `Call ${i}`));
    const story = storyOf(deal, { name: "Lamps", stage: "Talk" }, [{ kind: "change", id: "x", at: "2026-03-10T10:00:00Z", entry: {} }, ...items], { title: "Send it" } as Task);
    const lines = story.split("\n");
    expect(lines[0]).toBe("Deal: Lamps · Stage: Talk");
    expect(lines[1]).toBe("Open now: Send it");
    expect(lines).toHaveLength(7);
    expect(story).toContain("Call 4");
    expect(story).not.toContain("Call 5");
  });
  it("says so when nothing was logged, and never grows without bound", () => {
    expect(storyOf(deal, { name: "Lamps" }, [], undefined)).toContain("Nothing was logged");
    expect(storyOf(deal, { name: "L".repeat(9000) }, [], undefined).length).toBeLessThanOrEqual(2000);
  });
});

describe("sent or not", () => {
  const run = (step: object): readonly Run[] => [{ id: "1", page: "workflow/closing", label: "", stage: "Talk", ended: null, end: "", manual_version: 1, stages: [{ name: "Talk", current: true, steps: [{ name: "Send the proposal", optional: true, done: false, open: true, channel: "email", closed_as: "", closed: null, owed_by: null, ...step }] }] }];
  it("is a fact of the log: skipped is not sent", () => {
    expect(sentLines(run({}), [], deal)[0]?.text).toBe("not sent");
    expect(sentLines(run({ closed_as: "skipped", closed: "2026-03-09T10:00:00Z", done: true }), [], deal)[0]).toMatchObject({ sent: false });
    expect(sentLines(run({ closed_as: "done", closed: "2026-03-09T10:00:00Z", done: true }), [], deal)[0]).toMatchObject({ sent: true });
  });
  it("is not asked of steps without a message", () => expect(sentLines(run({ channel: "call" }), [], deal)).toEqual([]));
});

describe("days", () => {
  it("the next morning is a working one", () => {
    zone.value = "UTC";
    expect(nextMorning(Date.parse("2026-03-06T12:00:00Z"))).toBe("2026-03-09T09:00");
    expect(nextMorning(Date.parse("2026-03-09T12:00:00Z"))).toBe("2026-03-10T09:00");
  });
  it("what comes back first is what was put off for the shortest", () => {
    const tasks = [{ id: "a", not_before: "2026-03-12T00:00:00Z" }, { id: "b", not_before: null }, { id: "c", not_before: "2026-03-10T00:00:00Z" }] as Task[];
    expect(firstBack(tasks, 3).map((x) => x.id)).toEqual(["c", "a"]);
  });
});

describe("notices", () => {
  const n = (id: string, more: Partial<Notice> = {}): Notice => ({ id, kind: "assign", title: id, count: 1, at: "", done: false, until: "", object: "deal", record: "7", page: "", ...more });
  it("wait unless they are done, put off, or on their way", () => {
    const list = [n("1"), n("2", { done: true }), n("3", { until: "2026-03-10T00:00:00Z" }), n("4", { until: "2026-03-01T00:00:00Z" }), n("5")];
    expect(waiting(list, new Set(["5"]), Date.parse("2026-03-09T00:00:00Z")).map((x) => x.id)).toEqual(["1", "4"]);
  });
  it("stand together by record, and alone without one", () => expect(groupsOf([n("1"), n("2", { record: "" }), n("3")]).map((g) => g.notices.map((x) => x.id))).toEqual([["1", "3"], ["2"]]));
  it("are read as the server writes them", () => expect(noticeOf({ id: "9", kind: "breach", title: "x", read: false, until: null } as never)).toMatchObject({ id: "9", until: "", count: 1, done: false }));
});

describe("settings", () => {
  it("send what differs and nothing else", () => {
    const kept: Kept = { theme: "system", density: "comfortable", single_keys: true, simple: false, zone: "", muted: [] };
    expect(changedSettings(kept, { ...kept, muted: [] })).toEqual({});
    expect(changedSettings(kept, { ...kept, simple: true, muted: ["rule"] })).toEqual({ simple: true, muted: ["rule"] });
  });
});
