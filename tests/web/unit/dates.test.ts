import { describe, expect, it } from "vitest";
import { dayPlus, readDate } from "../../../web/src/i18n/date-words";
import { locale } from "../../../web/src/i18n/t";
import { dateText, dateValue } from "../../../web/src/ui/date-field";
import { now, zone } from "../../../web/src/i18n/format";

const MONDAY = { today: "2026-03-09", minutes: 10 * 60 + 30 }; // a Monday, half past ten
const at = (typed: string, around = MONDAY): string | null => {
  const said = readDate(typed, around);
  if (!said) return null;
  return said.minutes === null ? said.day : `${said.day} ${Math.floor(said.minutes / 60)}:${String(said.minutes % 60).padStart(2, "0")}`;
};

describe("dates as people type them", () => {
  const cases: [string, string | null][] = [
    ["today", "2026-03-09"], ["tomorrow", "2026-03-10"], ["Tomorrow 3pm", "2026-03-10 15:00"], ["tomorrow at 3", "2026-03-10 15:00"], ["tmr 9:15", "2026-03-10 9:15"], ["yesterday", "2026-03-08"],
    ["in 2 weeks", "2026-03-23"], ["2w", "2026-03-23"], ["+3d", "2026-03-12"], ["in a month", "2026-04-09"], ["3 days ago", "2026-03-06"], ["in two days 8am", "2026-03-11 8:00"], ["in 3 business days", "2026-03-12"], ["in 5 working days", "2026-03-16"],
    ["in 90 min", "2026-03-09 12:00"], ["in 20 hours", "2026-03-10 6:30"], ["1 hour ago", "2026-03-09 9:30"],
    ["9 mar", "2026-03-09"], ["mar 12", "2026-03-12"], ["12th of March", "2026-03-12"], ["9 march 2027", "2027-03-09"], ["March 9, 2027", "2027-03-09"], ["9mar", "2026-03-09"], ["1 feb", "2026-02-01"], ["20 dec", "2025-12-20"], ["9 mar 14:30", "2026-03-09 14:30"], ["june 2026", "2026-06-01"], ["29 feb", "2028-02-29"],
    ["2026-04-01", "2026-04-01"], ["2026-04-01T08:30", "2026-04-01 8:30"], ["1.4.2026", "2026-04-01"], ["1.4.", "2026-04-01"], ["4/1/2026", "2026-04-01"], ["4/1/26", "2026-04-01"],
    ["fri", "2026-03-13"], ["monday", "2026-03-16"], ["this monday", "2026-03-09"], ["next fri", "2026-03-20"], ["last friday", "2026-03-06"], ["on wed", "2026-03-11"], ["fri noon", "2026-03-13 12:00"], ["friday afternoon", "2026-03-13 14:00"], ["tonight", "2026-03-09 18:00"],
    ["next week", "2026-03-16"], ["next month", "2026-04-01"], ["end of month", "2026-03-31"], ["eom", "2026-03-31"], ["end of the quarter", "2026-03-31"], ["eoy", "2026-12-31"], ["next quarter", "2026-04-01"], ["end of week", "2026-03-13"],
    ["11:00", "2026-03-09 11:00"], ["9:00", "2026-03-10 9:00"], ["5pm", "2026-03-09 17:00"], ["noon", "2026-03-09 12:00"], ["12am", "2026-03-10 0:00"],
    ["", null], ["soon", null], ["31 feb", null], ["99", null], ["13:61", null], ["25:00", null], ["14pm", null], ["2026-13-01", null], ["in 9999 years", null], ["9 mar 9 mar 9 mar", null], ["a".repeat(200), null], ["in many days", null],
  ];
  for (const [typed, want] of cases) it(`“${typed.slice(0, 24)}” is ${want ?? "no date"}`, () => expect(at(typed)).toBe(want));

  it("a day without a year lies ahead where only the future counts", () => {
    expect(readDate("1 feb", { ...MONDAY, ahead: true })?.day).toBe("2027-02-01");
    expect(readDate("9 mar", { ...MONDAY, ahead: true })?.day).toBe("2026-03-09");
  });
  it("names of months and weekdays work in the viewer's language", () => {
    locale.value = "de-DE";
    expect([at("9. Mai"), at("Freitag"), at("1/4"), at("12 März 2027")]).toEqual(["2026-05-09", "2026-03-13", "2026-04-01", "2027-03-12"]);
    locale.value = "en-US";
    expect(at("1/4")).toBe("2026-01-04");
  });
  it("months end where they end", () => expect(readDate("in 1 month", { today: "2026-01-31", minutes: 0 })?.day).toBe("2026-02-28"));
  it("weeks begin on Monday, on Sundays too", () => {
    const sunday = { today: "2026-03-15", minutes: 600 };
    expect([at("next week", sunday), at("next fri", sunday), at("fri", sunday), at("end of week", sunday)]).toEqual(["2026-03-16", "2026-03-20", "2026-03-20", "2026-03-13"]);
  });
});

describe("the date field", () => {
  it("shows what it has so that it reads back as itself", () => {
    zone.value = "Europe/Berlin";
    now.value = Date.parse("2026-03-09T09:30:00Z");
    for (let i = 0; i < 800; i += 13) {
      const day = dayPlus("2025-06-01", i);
      expect(dateValue(dateText(day, false), false)).toBe(day);
      const instant = `${day}T13:45:00.000Z`;
      expect(dateValue(dateText(instant, true), true)).toBe(instant);
    }
    expect(dateText("next bluemoon", false)).toBe("next bluemoon");
    expect(dateText(null, true)).toBe("");
  });
  it("a day alone is nine o'clock of the viewer's zone where a time is needed", () => {
    expect(dateValue("tomorrow", true)).toBe("2026-03-10T08:00:00.000Z");
    expect(dateValue("tomorrow 3pm", true)).toBe("2026-03-10T14:00:00.000Z");
    expect(dateValue("whenever", true)).toBeNull();
  });
});
