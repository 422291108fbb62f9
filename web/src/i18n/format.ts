// Dates, times, money and numbers as people of the place write them. Instants are shown in the viewer's own zone.
import { signal } from "@preact/signals";
import { locale, numberFormat, t, tn } from "./t";

export const zone = signal<string>("UTC");
export const now = signal<number>(Date.now());

const cache = new Map<string, Intl.DateTimeFormat>();
function dates(options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = `${locale.value} ${zone.value} ${Object.entries(options).join()}`;
  let f = cache.get(key);
  if (!f) {
    try {
      f = new Intl.DateTimeFormat(locale.value, { timeZone: zone.value, ...options });
    } catch {
      f = new Intl.DateTimeFormat("en", options);
    }
    cache.set(key, f);
  }
  return f;
}

// What was worked out is kept: a screen asks for the same days and times again and again, and each costs as much as an element.
const known = new Map<string, string>();
const KNOWN_MAX = 4000;
function once(key: string, make: () => string): string {
  const old = known.get(key);
  if (old !== undefined) return old;
  const made = make();
  if (known.size >= KNOWN_MAX) known.clear();
  known.set(key, made);
  return made;
}

// The day of an instant in the viewer's zone, "2026-03-09".
export function dayOf(instant: string | number | Date): string {
  return once(`day ${zone.value} ${typeof instant === "string" ? instant : +instant}`, () => civilDay(instant));
}
function civilDay(instant: string | number | Date): string {
  const parts = dates({ year: "numeric", month: "2-digit", day: "2-digit", numberingSystem: "latn", calendar: "iso8601" }).formatToParts(new Date(instant));
  const get = (type: string): string => parts.find((p) => p.type === type)?.value ?? "";
  return `${get("year")}-${get("month")}-${get("day")}`;
}

export function daysBetween(from: string, to: string): number {
  return Math.round((Date.parse(`${to}T00:00:00Z`) - Date.parse(`${from}T00:00:00Z`)) / 86_400_000);
}

export function today(): string {
  return dayOf(now.value);
}

export function formatTime(instant: string): string {
  return once(`time ${locale.value} ${zone.value} ${instant}`, () => dates({ hour: "numeric", minute: "2-digit" }).format(new Date(instant)));
}

// A civil day ("2026-03-09"), which has no zone.
export function formatDate(day: string, style: "short" | "long" = "short"): string {
  const sameYear = day.slice(0, 4) === today().slice(0, 4);
  return once(`${style} ${locale.value} ${sameYear} ${day}`, () => {
    const date = new Date(`${day}T00:00:00Z`);
    if (Number.isNaN(date.getTime())) return day;
    return dates(
      style === "long"
        ? { weekday: "long", day: "numeric", month: "long", year: "numeric", timeZone: "UTC" }
        : { day: "numeric", month: "short", year: sameYear ? undefined : "numeric", timeZone: "UTC" },
    ).format(date);
  });
}

export function formatInstant(instant: string): string {
  return `${formatDate(dayOf(instant))}, ${formatTime(instant)}`;
}

// With the seconds, where they matter.
export function formatExact(instant: string): string {
  return `${formatDate(dayOf(instant))}, ${dates({ hour: "numeric", minute: "2-digit", second: "2-digit" }).format(new Date(instant))}`;
}

export function formatDay(): string {
  return dates({ weekday: "short", day: "numeric", month: "short" }).format(new Date(now.value));
}

// "today 10:00", "tomorrow", "3 days ago": near things by their distance, far ones by their date.
export function formatNear(instant: string): string {
  const days = daysBetween(today(), dayOf(instant));
  if (days === 0) return t("today {time}", { time: formatTime(instant) });
  if (days === 1) return t("tomorrow {time}", { time: formatTime(instant) });
  if (days === -1) return t("yesterday {time}", { time: formatTime(instant) });
  if (days > 1 && days < 7) return `${dates({ weekday: "short" }).format(new Date(instant))} ${formatTime(instant)}`;
  return formatDate(dayOf(instant));
}

export function formatAgo(instant: string): string {
  const s = Math.max(0, (now.value - Date.parse(instant)) / 1000);
  if (s < 60) return t("just now");
  if (s < 3600) return tn(Math.floor(s / 60), "{n} minute ago", "{n} minutes ago");
  if (s < 86_400) return tn(Math.floor(s / 3600), "{n} hour ago", "{n} hours ago");
  if (s < 30 * 86_400) return tn(Math.floor(s / 86_400), "{n} day ago", "{n} days ago");
  return formatDate(dayOf(instant));
}

export function formatNumber(n: number, digits = 2): string {
  return numberFormat(`to ${digits}`, { maximumFractionDigits: digits }).format(n);
}

export function formatMoney(amount: string, currency: string): string {
  const n = Number(amount);
  if (!Number.isFinite(n)) return amount;
  try {
    const least = Number.isInteger(n) ? 0 : 2;
    return numberFormat(`${currency} ${least}`, { style: "currency", currency, minimumFractionDigits: least }).format(n);
  } catch {
    return `${amount} ${currency}`;
  }
}

// Instants for typing: "2026-03-09T10:00" in the viewer's zone.
export function toLocalInput(instant: string | number): string {
  const parts = dates({ year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit", hourCycle: "h23", numberingSystem: "latn", calendar: "iso8601" }).formatToParts(new Date(instant));
  const get = (type: string): string => parts.find((p) => p.type === type)?.value ?? "00";
  return `${get("year")}-${get("month")}-${get("day")}T${get("hour")}:${get("minute")}`;
}

// The instant at which clocks in the viewer's zone show this; twice, because the first guess may fall beyond a change of offset.
export function fromLocalInput(local: string): string {
  const wanted = Date.parse(`${local}:00Z`);
  if (Number.isNaN(wanted)) return "";
  let guess = wanted;
  for (let i = 0; i < 2; i++) guess += wanted - Date.parse(`${toLocalInput(guess)}:00Z`);
  return new Date(guess).toISOString();
}
