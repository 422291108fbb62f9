import { describe, expect, it } from "vitest";
import type { FieldShape, ObjectShape, Task } from "../../../web/src/api/client";
import { NO_STAGE, reasonField, segmentsOf, windowOf, type Option } from "../../../web/src/screens/board/model";
import { firstTask } from "../../../web/src/screens/board/store";

function field(name: string, type: string): FieldShape {
  return { name, label: name, help: "", type, system: false, required: false, write: true, sort: true };
}
const stage = field("stage", "choice");
const deal: ObjectShape = { name: "deal", label: "Deal", plural: "Deals", icon: "", page: "object/deal", title: "name", timeline: false, open_when: "", may: {}, fields: [stage, field("lost_reason", "choice"), field("close_date", "date")], list: [], form: [], detail: [] };
const option = (name: string): Option => ({ name, label: name });
function task(more: Partial<Task>): Task {
  return { id: "1", version: 1, kind: "step", title: "Call", ...more };
}

describe("columns of a board", () => {
  it("are read in the order of what is owed", () => {
    expect(segmentsOf(stage, option("New"), "").map((s) => s.segment)).toEqual(["overdue", "today", "none", "later"]);
    expect(segmentsOf(stage, { ...option("Lost"), closed: "lost" }, "").map((s) => s.segment)).toEqual(["closed"]);
  });
  it("keep a filter with 'or' together, and have one for records without a stage", () => {
    expect(segmentsOf(stage, option("New"), "a = 1 or b = 2")[2]?.filter).toBe("stage = 'New' and (a = 1 or b = 2) and not exists(tasks where open)");
    expect(segmentsOf(stage, option(NO_STAGE), "")[2]?.filter).toBe("stage is empty and not exists(tasks where open)");
  });
  it("mount few cards, wherever one has scrolled", () => {
    for (const top of [0, 5000, 200_000]) {
      const [from, to] = windowOf(top, 900, 124, 1600, 3);
      expect(to - from).toBeLessThan(20);
      expect(from * 124).toBeLessThanOrEqual(top);
      expect(to * 124).toBeGreaterThanOrEqual(Math.min(1600 * 124, top + 900));
    }
  });
  it("know which field says why something was lost", () => {
    expect(reasonField(deal, { page: "p", needs: ["close_date", "lost_reason"], why: "", step: "" })?.name).toBe("lost_reason");
    expect(reasonField(deal, { page: "p", needs: ["close_date"], why: "", step: "" })).toBeUndefined();
  });
});

describe("the next step of a card", () => {
  it("is the mandatory one due first; a rule shows beside it", () => {
    const tasks = [
      task({ id: "3", title: "Later", until: "2026-03-09T10:00:00Z" }), task({ id: "2", title: "First", until: "2026-03-08T10:00:00Z", overdue: true }),
      task({ id: "4", title: "Nice to have", until: "2026-01-01T10:00:00Z", optional: true }),
      task({ id: "5", kind: "policy", title: "Reply", until: "2026-03-10T10:00:00Z", why: { page: "policy/first-reply", page_label: "First reply" } }),
    ];
    const first = firstTask(tasks);
    expect(first?.title).toBe("First");
    expect(first?.overdue).toBe(true);
    expect(first?.policy).toEqual({ label: "First reply", page: "policy/first-reply", step: "", until: "2026-03-10T10:00:00Z", overdue: false });
    expect(firstTask([])).toBeNull();
  });
});
