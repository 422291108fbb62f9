import { describe, expect, it } from "vitest";
import { factParts, spanText, type Fact } from "../../../web/src/screens/manual/facts";
import { settingsOf, stepsOf, titleAt } from "../../../web/src/screens/manual/kinds";
import { manualHref } from "../../../web/src/nav/router";
import { changeText } from "../../../web/src/ui/diff-view";
import type { PageDiff } from "../../../web/src/store/manual";

const diff: PageDiff = {
  path: "workflow/closing", label: "Closing", change: "changed",
  sentences: [{ text: 'Deadline of "Call" changed from 2d to 1d.', line: 7, line_before: 7 }],
  passages: [{ section: "Call", line: 20, line_before: 20, pieces: [{ how: "same", text: "Call them" }, { how: "removed", text: "soon" }, { how: "added", text: "today" }] }],
};

describe("what changed, in words", () => {
  it("says how much", () => {
    expect(changeText(diff)).toBe("2 changes");
    expect(changeText({ ...diff, change: "removed" })).toBe("page removed");
    expect(changeText({ ...diff, sentences: [], passages: [] })).toBe("only its layout");
  });
});

describe("a line of a page", () => {
  const text = "---\nkind: workflow\nstages:\n  - name: One\n    steps:\n      - name: Call\n        due: 2d\n      - { name: Write, due: 3d }\nends:\n  - { name: Won }\n---\nIntro.\n\n## One\ntext\n\n## Call\nmore\n";
  const sections = [{ title: "", line: 12 }, { title: "One", line: 14 }, { title: "Call", line: 17 }];
  it("belongs to the section it stands in", () => {
    expect(titleAt(text, sections, 15)).toBe("One");
    expect(titleAt(text, sections, 18)).toBe("Call");
    expect(titleAt(text, sections, 12)).toBe("");
  });
  it("of the head belongs to the step it describes", () => {
    expect(titleAt(text, sections, 7)).toBe("Call");
    expect(titleAt(text, sections, 4)).toBe("One");
    expect(titleAt(text, sections, 8)).toBe(""); // Write has no section
    expect(titleAt(text, sections, 2)).toBe("");
    expect(titleAt(text, sections, 9000)).toBe("Call");
  });
  it("is part of the address of a why-link, with its version", () => {
    expect(manualHref("policy/x", "The step", 3, 12)).toBe("/manual/policy/x?version=3&line=12#the-step");
    expect(manualHref("policy/x")).toBe("/manual/policy/x");
  });
  it("stages and steps are known by their names, ends are neither", () => expect([...stepsOf(text)]).toEqual(["One", "Call", "Write"]));
  it("settings are those on one line", () => expect(settingsOf("---\nkind: policy\nwithin: 2h\non_breach:\n  - notify: owner\nmode: off\n---\n")).toEqual([["within", "2h"], ["mode", "off"]]));
});

describe("facts beside steps", () => {
  const fact: Fact = { name: "One", records_now: 14, late_now: 2, median_s: 103_680, go_on_pct: 61, done: 9, late: 1, skipped: 0, sample: 12, step: false, href: null };
  it("say the part that is known", () => {
    expect(factParts(fact)).toEqual(["half take less than 1.2 days", "61 % go on", "2 late"]);
    expect(factParts({ ...fact, sample: 0, median_s: null, go_on_pct: null, late_now: 0 })).toEqual([]);
  });
  it("spans have one unit", () => {
    expect(spanText(600)).toBe("10 minutes");
    expect(spanText(3600)).toBe("1 hour");
    expect(spanText(20 * 86_400)).toBe("20 days");
  });
});
