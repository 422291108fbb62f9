// What the customer's own clock shows, where somebody is about to call or write. Only where it is certain: a country of one
// clock, or a state of one clock. Nothing is shown otherwise, because a guess wakes people up.
import { locale, t } from "../../i18n/t";
import { now, zone } from "../../i18n/format";
import { entryOf, readRecord, shownFields, type Fields } from "../../store/records";
import { fieldOf } from "../../store/session";
import { isRef } from "../../store/values";
import type { ObjectShape } from "../../api/client";
import { StatusChip } from "../../ui/status";
import { countryZones } from "./zones";

// States whose clocks all agree; those with two are left out.
const STATES: Readonly<Record<string, ReadonlyArray<readonly [string, string]>>> = {
  "United States": [
    ["America/New_York", "CT Connecticut,DC District of Columbia,DE Delaware,GA Georgia,MA Massachusetts,MD Maryland,ME Maine,NC North Carolina,NH New Hampshire,NJ New Jersey,NY New York,OH Ohio,PA Pennsylvania,RI Rhode Island,SC South Carolina,VA Virginia,VT Vermont,WV West Virginia"],
    ["America/Chicago", "AL Alabama,AR Arkansas,IA Iowa,IL Illinois,LA Louisiana,MN Minnesota,MO Missouri,MS Mississippi,OK Oklahoma,WI Wisconsin"],
    ["America/Denver", "CO Colorado,MT Montana,NM New Mexico,UT Utah,WY Wyoming"],
    ["America/Los_Angeles", "CA California,NV Nevada,WA Washington"],
    ["Pacific/Honolulu", "HI Hawaii"],
  ],
  Canada: [
    ["America/Halifax", "NB New Brunswick,NS Nova Scotia,PE Prince Edward Island"],
    ["America/Winnipeg", "MB Manitoba"],
    ["America/Edmonton", "AB Alberta"],
  ],
  Australia: [
    ["Australia/Sydney", "ACT Australian Capital Territory,VIC Victoria"],
    ["Australia/Brisbane", "QLD Queensland"],
    ["Australia/Hobart", "TAS Tasmania"],
    ["Australia/Darwin", "NT Northern Territory"],
  ],
};

export function zoneOf(country: unknown, state: unknown): string {
  if (typeof country !== "string" || !country) return "";
  const one = Object.hasOwn(countryZones, country) ? countryZones[country] : undefined;
  if (one) return one;
  const wanted = typeof state === "string" ? state.trim().toLowerCase() : "";
  if (!wanted) return "";
  for (const [name, states] of Object.hasOwn(STATES, country) ? (STATES[country] ?? []) : []) {
    const hit = states.split(",").some((s) => {
      const cut = s.indexOf(" ");
      return s.slice(0, cut).toLowerCase() === wanted || s.slice(cut + 1).toLowerCase() === wanted;
    });
    if (hit) return name;
  }
  return "";
}

// Through which references an address is looked for, nearest first.
const THROUGH = ["contact", "account"];
function addresses(shape: ObjectShape, fields: Fields): { object: string; id: string }[] {
  return THROUGH.flatMap((name) => {
    const ref = fields[name];
    const to = fieldOf(shape, name)?.to;
    return isRef(ref) && to ? [{ object: to, id: ref.id }] : [];
  });
}

// Reads what the clock needs besides the record itself. Never fails: without an answer there is no clock.
export async function readAddresses(shape: ObjectShape, fields: Fields): Promise<void> {
  if (zoneOf(fields["country"], fields["state"])) return;
  await Promise.all(addresses(shape, fields).map((a) => (entryOf(a.object, a.id).peek()?.whole ? null : readRecord(a.object, a.id).catch(() => null))));
}

export function customerZone(shape: ObjectShape, fields: Fields): string {
  const own = zoneOf(fields["country"], fields["state"]);
  if (own) return own;
  for (const a of addresses(shape, fields)) {
    const entry = entryOf(a.object, a.id).value;
    const f = entry ? shownFields(entry) : {};
    const there = zoneOf(f["country"], f["state"]);
    if (there) return there;
  }
  return "";
}

// "Tue 16:04", and whether people sit at their desks then.
export function timeThere(name: string, at: number): { text: string; awake: boolean } {
  const parts = new Intl.DateTimeFormat(locale.value, { timeZone: name, weekday: "short", hour: "numeric", minute: "2-digit" });
  const hour = Number(new Intl.DateTimeFormat("en", { timeZone: name, hour: "2-digit", hourCycle: "h23" }).format(at));
  const day = new Intl.DateTimeFormat("en", { timeZone: name, weekday: "short" }).format(at);
  return { text: parts.format(at), awake: hour >= 8 && hour < 18 && day !== "Sat" && day !== "Sun" };
}

export function TheirTime({ shape, fields }: { shape: ObjectShape; fields: Fields }) {
  const there = customerZone(shape, fields);
  if (!there || there === zone.value) return null;
  const { text, awake } = timeThere(there, now.value);
  return <StatusChip tone={awake ? "plain" : "warn"} icon="clock">{awake ? t("Their time: {time}", { time: text }) : t("Their time: {time}, not office hours", { time: text })}</StatusChip>;
}
