// Dates as people type them: "tomorrow 3pm", "in 2 weeks", "9 mar", "next fri", "end of month". English words always work;
// names of months and weekdays work in the viewer's language too. Days are "2026-03-09", times minutes after midnight.
import { locale } from "./t";

export interface Said {
  day: string;
  minutes: number | null; // null: no time was said
}
interface Around {
  today: string;
  minutes: number;  // of now, in the viewer's zone
  ahead?: boolean;  // a day without a year lies ahead; else it is the nearest one
}

const DAY_MS = 86_400_000;
const YEAR_MIN = 1900;
const YEAR_MAX = 2200;

export function dayPlus(day: string, days: number): string {
  return new Date(Date.parse(`${day}T00:00:00Z`) + days * DAY_MS).toISOString().slice(0, 10);
}
function weekdayOf(day: string): number { // 0: Sunday
  return new Date(`${day}T00:00:00Z`).getUTCDay();
}
function makeDay(year: number, month: number, date: number): string | null {
  if (year < YEAR_MIN || year > YEAR_MAX) return null;
  const d = new Date(Date.UTC(year, month - 1, date));
  return d.getUTCFullYear() === year && d.getUTCMonth() === month - 1 && d.getUTCDate() === date ? d.toISOString().slice(0, 10) : null;
}
// A month later, or the last day of that month: 31 January plus one month is 28 February.
function monthsPlus(day: string, months: number): string {
  const [y = 0, m = 1, d = 1] = day.split("-").map(Number);
  const first = new Date(Date.UTC(y, m - 1 + months, 1));
  const last = new Date(Date.UTC(first.getUTCFullYear(), first.getUTCMonth() + 1, 0)).getUTCDate();
  return new Date(Date.UTC(first.getUTCFullYear(), first.getUTCMonth(), Math.min(d, last))).toISOString().slice(0, 10);
}
function workdaysPlus(day: string, n: number): string {
  let at = day;
  for (let left = Math.abs(n); left > 0;) {
    at = dayPlus(at, Math.sign(n));
    if (weekdayOf(at) % 6 !== 0) left--;
  }
  return at;
}

interface Names { months: Map<string, number>; weekdays: Map<string, number>; dayFirst: boolean }
const known = new Map<string, Names>();
function plain(word: string): string {
  return word.toLowerCase().normalize("NFKD").replace(/[\u0300-\u036f.]/g, "");
}
function namesOf(language: string): Names {
  let names = known.get(language);
  if (names) return names;
  names = { months: new Map(), weekdays: new Map(), dayFirst: true };
  for (const lang of ["en", language]) {
    for (const style of ["long", "short"] as const) {
      const month = new Intl.DateTimeFormat(lang, { month: style, timeZone: "UTC" });
      const weekday = new Intl.DateTimeFormat(lang, { weekday: style, timeZone: "UTC" });
      for (let i = 0; i < 12; i++) names.months.set(plain(month.format(Date.UTC(2026, i, 15))), i + 1);
      for (let i = 0; i < 7; i++) names.weekdays.set(plain(weekday.format(Date.UTC(2026, 2, 1 + i))), i);
    }
  }
  for (const [word, i] of [["sept", 9]] as const) names.months.set(word, i);
  for (const [word, i] of [["tues", 2], ["weds", 3], ["thur", 4], ["thurs", 4]] as const) names.weekdays.set(word, i);
  const parts = new Intl.DateTimeFormat(language, { day: "numeric", month: "numeric", timeZone: "UTC" }).formatToParts(Date.UTC(2026, 2, 9));
  names.dayFirst = parts.findIndex((p) => p.type === "day") < parts.findIndex((p) => p.type === "month");
  known.set(language, names);
  return names;
}

// Takes a time of day out of the text; answers what is left and the minutes.
function takeTime(text: string): { rest: string; minutes: number | null } | null {
  const words: [RegExp, number][] = [[/\b(noon|midday)\b/, 720], [/\bmidnight\b/, 0], [/\bmorning\b/, 540], [/\bafternoon\b/, 840], [/\bevening\b/, 1080]];
  for (const [re, minutes] of words) if (re.test(text)) return { rest: text.replace(re, " "), minutes };
  const clock = /(?:\bat\s+)?\b(\d{1,2})(?::(\d{2}))\s*(am|pm)?\b/.exec(text) ?? /(?:\bat\s+)?\b(\d{1,2})()\s*(am|pm)\b/.exec(text) ?? /\bat\s+(\d{1,2})()()\b/.exec(text) ?? /\b(\d{1,2})()()\s?h\b(?!ours?)/.exec(text);
  if (!clock) return { rest: text, minutes: null };
  const half = clock[3] ?? "";
  let hour = Number(clock[1]);
  const minute = Number(clock[2] || 0);
  if (minute > 59 || hour > 23 || (half !== "" && (hour < 1 || hour > 12))) return null;
  if (half === "pm" && hour < 12) hour += 12;
  if (half === "am" && hour === 12) hour = 0;
  if (half === "" && !clock[2] && /^at/.test(clock[0]) && hour < 8 && hour > 0) hour += 12; // "at 3" is in the afternoon
  return { rest: text.replace(clock[0], " "), minutes: hour * 60 + minute };
}

const SPANS: Record<string, "minute" | "hour" | "day" | "workday" | "week" | "month" | "year"> = {
  min: "minute", mins: "minute", minute: "minute", minutes: "minute", h: "hour", hour: "hour", hours: "hour", d: "day", day: "day", days: "day",
  "business day": "workday", "business days": "workday", "working day": "workday", "working days": "workday", w: "week", week: "week", weeks: "week",
  m: "month", month: "month", months: "month", y: "year", year: "year", years: "year",
};
const SMALL: Record<string, number> = { a: 1, an: 1, one: 1, two: 2, three: 3, four: 4, five: 5, six: 6, seven: 7, eight: 8, nine: 9, ten: 10 };

function spanFrom(text: string, now: Around): Said | null {
  const m = /^(in |\+)?\s*(\d{1,4}|[a-z]+) ?(business days?|working days?|[a-z]+)( ago| from now| before)?$/.exec(text);
  if (!m || (!m[1] && !m[4] && !/^\d/.test(m[2] ?? ""))) return null;
  const count = /^\d/.test(m[2] ?? "") ? Number(m[2]) : SMALL[m[2] ?? ""];
  const unit = SPANS[m[3] ?? ""];
  if (count === undefined || !unit) return null;
  const n = m[4] === " ago" || m[4] === " before" ? -count : count;
  if (unit === "minute" || unit === "hour") {
    const total = now.minutes + n * (unit === "hour" ? 60 : 1);
    return { day: dayPlus(now.today, Math.floor(total / 1440)), minutes: ((total % 1440) + 1440) % 1440 };
  }
  const day = unit === "day" ? dayPlus(now.today, n) : unit === "week" ? dayPlus(now.today, n * 7) : unit === "workday" ? (Math.abs(n) > 1000 ? null : workdaysPlus(now.today, n)) : monthsPlus(now.today, unit === "year" ? n * 12 : n);
  return day && Number(day.slice(0, 4)) >= YEAR_MIN && Number(day.slice(0, 4)) <= YEAR_MAX && day.length === 10 ? { day, minutes: null } : null;
}

function weekdayFrom(text: string, now: Around, names: Names): string | null {
  const m = /^(next |last |this |on |coming )?(.+)$/.exec(text);
  const wanted = names.weekdays.get(m?.[2] ?? "");
  if (wanted === undefined) return null;
  const ahead = (wanted - weekdayOf(now.today) + 7) % 7 || 7;
  if (m?.[1] === "last ") return dayPlus(now.today, ahead - 7 || -7);
  if (m?.[1] === "next ") {
    // "next Friday" is the one of next week, weeks beginning on Monday.
    const monday = dayPlus(now.today, 7 - ((weekdayOf(now.today) + 6) % 7));
    return dayPlus(monday, (wanted + 6) % 7);
  }
  return dayPlus(now.today, m?.[1] === "this " && ahead === 7 ? 0 : ahead);
}

function phraseFrom(text: string, today: string): string | null {
  const [y = 0, m = 1] = today.split("-").map(Number);
  const monday = dayPlus(today, -((weekdayOf(today) + 6) % 7));
  const quarter = Math.ceil(m / 3) * 3;
  const ends: Record<string, string | null> = {
    today, tod: today, tonight: today, tomorrow: dayPlus(today, 1), tom: dayPlus(today, 1), tmr: dayPlus(today, 1), tmrw: dayPlus(today, 1), yesterday: dayPlus(today, -1),
    "day after tomorrow": dayPlus(today, 2), "the day after tomorrow": dayPlus(today, 2), "day before yesterday": dayPlus(today, -2),
    "next week": dayPlus(monday, 7), "last week": dayPlus(monday, -7), "next month": makeDay(m === 12 ? y + 1 : y, m === 12 ? 1 : m + 1, 1), "next year": makeDay(y + 1, 1, 1),
    "next quarter": monthsPlus(`${y}-${String(quarter).padStart(2, "0")}-01`, 1),
    "end of week": dayPlus(monday, 4), eow: dayPlus(monday, 4), "end of month": dayPlus(monthsPlus(`${today.slice(0, 8)}01`, 1), -1), "end of quarter": dayPlus(monthsPlus(`${y}-${String(quarter).padStart(2, "0")}-01`, 1), -1),
    "end of year": makeDay(y, 12, 31), "end of next month": dayPlus(monthsPlus(`${today.slice(0, 8)}01`, 2), -1), "end of next week": dayPlus(monday, 11),
  };
  const short: Record<string, string> = { eom: "end of month", eoq: "end of quarter", eoy: "end of year" };
  return ends[short[text] ?? text.replace(/^end of the /, "end of ").replace(/^end of this /, "end of ")] ?? null;
}

// A day and a month without a year: the nearest one, or the next to come.
function withYear(month: number, date: number, now: Around): string | null {
  const year = Number(now.today.slice(0, 4));
  const found = [year - 1, year, year + 1].map((y) => makeDay(y, month, date)).filter((d) => d !== null);
  const distance = (d: string): number => Math.abs(Date.parse(d) - Date.parse(now.today));
  if (now.ahead) return found.find((d) => d >= now.today) ?? null;
  return found.sort((a, b) => distance(a) - distance(b))[0] ?? makeDay(year + 4 - (year % 4), month, date);
}
function fullYear(text: string): number {
  const n = Number(text);
  return text.length <= 2 ? 2000 + n : n;
}

function dateFrom(text: string, now: Around, names: Names): string | null {
  let m = /^(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})$/.exec(text);
  if (m) return makeDay(Number(m[1]), Number(m[2]), Number(m[3]));
  m = /^(\d{1,2})([./-])(\d{1,2})(?:\2(\d{4}|\d{2})?)?$/.exec(text);
  if (m) {
    const dayFirst = m[2] === "." || names.dayFirst;
    const [month, date] = dayFirst ? [Number(m[3]), Number(m[1])] : [Number(m[1]), Number(m[3])];
    return m[4] ? makeDay(fullYear(m[4]), month, date) : withYear(month, date, now);
  }
  const words = text.replace(/(\d)(st|nd|rd|th)\b/g, "$1").replace(/[,.]/g, " ").replace(/\bof\b/g, " ").replace(/(\d)([^\d\s])/g, "$1 $2").replace(/([^\d\s])(\d)/g, "$1 $2").split(/\s+/).filter(Boolean);
  const month = words.map((w) => names.months.get(plain(w))).find((x) => x !== undefined);
  const numbers = words.filter((w) => /^'?\d+$/.test(w)).map((w) => w.replace("'", ""));
  const rest = words.filter((w) => !/^'?\d+$/.test(w) && names.months.get(plain(w)) === undefined && names.weekdays.get(plain(w)) === undefined);
  if (month === undefined || rest.length || !numbers.length || numbers.length > 2 || words.length > 4) return null;
  const [a = "", b] = numbers;
  if (b === undefined) return a.length === 4 ? makeDay(Number(a), month, 1) : withYear(month, Number(a), now);
  return a.length === 4 ? makeDay(Number(a), month, Number(b)) : makeDay(fullYear(b), month, Number(a));
}

// Null: this is no date.
export function readDate(typed: string, now: Around): Said | null {
  const names = namesOf(locale.value);
  const text = typed.trim().toLowerCase().replace(/\s+/g, " ");
  if (!text || text.length > 60) return null;
  const iso = /^(\d{4}-\d{2}-\d{2})[t ](\d{1,2}:\d{2})$/.exec(text);
  if (text === "now") return { day: now.today, minutes: now.minutes };
  const span = spanFrom(text, now);
  if (span) return span;
  const time = takeTime(iso ? `${iso[1] ?? ""} ${iso[2] ?? ""}` : text);
  if (!time) return null;
  const rest = time.rest.replace(/\bat\b|\b(in the|this)\s*$/g, " ").replace(/\s+/g, " ").replace(/,\s*$/, "").trim();
  const { minutes } = time;
  if (!rest) return minutes === null ? null : { day: minutes > now.minutes ? now.today : dayPlus(now.today, 1), minutes };
  const day = phraseFrom(rest, now.today) ?? weekdayFrom(plain(rest), now, names) ?? dateFrom(rest, now, names) ?? spanFrom(rest, now)?.day ?? null;
  return day ? { day, minutes: minutes ?? (rest === "tonight" ? 1080 : null) } : null;
}
