// Figures as people read them, and the list behind each of their parts.
import type { FieldShape, ObjectShape, Schemas } from "../../api/client";
import { formatDate, formatMoney, formatNumber } from "../../i18n/format";
import { locale, t } from "../../i18n/t";

export type Metric = Schemas["Metric"];
export type MetricHead = Schemas["MetricHead"];
export type Group = NonNullable<Metric["groups"]>[number];

export function measureText(m: Pick<Metric, "unit" | "currency">, value: number | null): string {
  if (value === null) return "–";
  if (m.currency) return formatMoney(String(Math.abs(value) >= 100 ? Math.round(value) : value), m.currency);
  if (!m.unit || m.unit === "records") return formatNumber(value);
  const n = value.toLocaleString(locale.value, { minimumFractionDigits: 1, maximumFractionDigits: 1 });
  return m.unit === "%" ? t("{n} %", { n }) : `${n} ${t(m.unit)}`;
}

// "stage", "owner.team" or "close_date by month", in words.
export function byText(shape: ObjectShape | undefined, by: string): string {
  const [path = "", unit] = by.split(" by ");
  const [first = "", ...rest] = path.split(".");
  const label = shape?.fields.find((f) => f.name === first)?.label ?? first;
  const words = [label, ...rest.map((r) => r.replace(/_/g, " "))].join(": ");
  return unit ? t("{field}, by {unit}", { field: words, unit: t(unit) }) : words;
}

export function quote(text: string): string {
  return `'${text.replace(/'/g, "''")}'`;
}

function nextDay(day: string, days: number): string {
  return new Date(Date.parse(`${day}T00:00:00Z`) + days * 86_400_000).toISOString().slice(0, 10);
}
function nextMonth(year: number, month: number, months: number): string {
  const at = year * 12 + month - 1 + months;
  return `${String(Math.floor(at / 12)).padStart(4, "0")}-${String((at % 12) + 1).padStart(2, "0")}-01`;
}

// First day and the day after the last of a period's key: "2026", "2026 Q1", "2026-01", "2026-01-05".
export function periodOf(key: string, unit: string): [string, string] | null {
  const m = /^(\d{4})(?: Q([1-4])|-(\d\d)(?:-(\d\d))?)?$/.exec(key);
  if (!m) return null;
  const year = Number(m[1]);
  if (m[4]) return [key, nextDay(key, unit === "week" ? 7 : 1)];
  const month = m[2] ? Number(m[2]) * 3 - 2 : m[3] ? Number(m[3]) : 1;
  return [nextMonth(year, month, 0), nextMonth(year, month, m[2] ? 3 : m[3] ? 1 : 12)];
}

// The condition all records of one group meet; null: it cannot be said.
export function groupFilter(by: string, key: string | null): string | null {
  const [path = "", unit] = by.split(" by ");
  if (!/^[a-z_][a-z0-9_.]*$/i.test(path)) return null;
  if (key === null) return `${path} is empty`;
  if (!unit) return `${path} = ${quote(key)}`;
  const period = periodOf(key, unit);
  return period && `${path} >= ${quote(period[0])} and ${path} < ${quote(period[1])}`;
}

export function both(a: string, b: string): string {
  if (!a || !b) return a || b;
  return `(${a}) and ${b.includes(" or ") ? `(${b})` : b}`;
}

// The address of a list in the API, as that of its screen, narrowed by one more condition.
export function listHref(metric: Pick<Metric, "list" | "object">, more: string): string | null {
  if (!metric.list || !metric.object) return null;
  const filter = new URL(metric.list, "http://x/").searchParams.get("filter") ?? "";
  const whole = both(filter, more);
  return `/lists/${metric.object}${whole ? `?filter=${encodeURIComponent(whole)}` : ""}`;
}

function firstField(shape: ObjectShape | undefined, by: string): FieldShape | undefined {
  return by.includes(".") ? undefined : shape?.fields.find((f) => f.name === by);
}

export function isPeople(shape: ObjectShape | undefined, by: string): boolean {
  const f = firstField(shape, by);
  return f?.type === "user" || f?.to === "user";
}

// Stages in their order, time as it passes, people by name with oneself first (no ranking), the rest by size.
export function inOrder(groups: readonly Group[], by: string, shape: ObjectShape | undefined, myself: string): Group[] {
  const list = [...groups];
  if (by.includes(" by ")) return list.sort((a, b) => (a.key ?? "").localeCompare(b.key ?? ""));
  const options = firstField(shape, by)?.options?.map((o) => o.name);
  if (options) {
    const at = (g: Group): number => (g.key === null ? options.length + 1 : (options.indexOf(g.key) + options.length + 1) % (options.length + 1));
    return list.sort((a, b) => at(a) - at(b));
  }
  if (isPeople(shape, by)) {
    const rank = (g: Group): number => (g.key === myself ? 0 : g.key === null ? 2 : 1);
    return list.sort((a, b) => rank(a) - rank(b) || a.label.localeCompare(b.label, locale.value));
  }
  return list;
}

export function groupLabel(g: Group, by: string): string {
  if (g.key === null) return t("Not set");
  const unit = by.split(" by ")[1];
  const period = unit ? periodOf(g.key, unit) : null;
  if (!period) return g.label;
  if (unit === "day") return formatDate(period[0]);
  if (unit === "week") return t("week of {day}", { day: formatDate(period[0]) });
  if (unit === "month") return new Date(`${period[0]}T00:00:00Z`).toLocaleDateString(locale.value, { month: "short", year: "numeric", timeZone: "UTC" });
  return g.label;
}

// 1 for the longest bar. Shares of a hundred are drawn against the hundred, everything else from zero.
export function barLength(m: Pick<Metric, "unit">, value: number | null, groups: readonly Group[]): number {
  const top = m.unit === "%" ? 100 : Math.max(0, ...groups.map((g) => g.value ?? 0));
  return value === null || value <= 0 || top <= 0 ? 0 : Math.min(1, value / top);
}

// A target can be judged where it is a number of what is measured: "60 %", "45 days", "0".
export function targetOf(m: Pick<Metric, "target" | "better" | "unit">, value: number | null): "met" | "missed" | null {
  const said = /^(-?\d+(?:\.\d+)?)\s*(\D*)$/.exec(m.target ?? "");
  if (!said || value === null || (said[2] && said[2] !== "%" && said[2] !== m.unit)) return null;
  const target = Number(said[1]);
  return (m.better === "lower" ? value <= target : value >= target) ? "met" : "missed";
}
