// Writes src/screens/record/zones.ts: the one time zone of each country of the starter manual's vocabulary whose clocks all
// agree, from the time zone database of this machine. Countries of several clocks are left out; for three of them the states
// of one clock stand below, by hand.
import { readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const tab = (name) => readFileSync(`/usr/share/zoneinfo/${name}`, "utf8").split("\n").filter((l) => l && !l.startsWith("#")).map((l) => l.split("\t"));
const names = new Map(tab("iso3166.tab").map(([code, name]) => [name.toLowerCase(), code]));
const zones = new Map();
for (const [code, , zone] of tab("zone.tab")) zones.set(code, [...(zones.get(code) ?? []), zone]);

const offset = (zone, at) => new Intl.DateTimeFormat("en", { timeZone: zone, timeZoneName: "longOffset" }).formatToParts(at).find((p) => p.type === "timeZoneName").value;
const year = Array.from({ length: 24 }, (_, i) => new Date(Date.UTC(2026, i / 2, i % 2 ? 28 : 7)));
const clock = (zone) => year.map((at) => offset(zone, at)).join();

// Lines of the vocabulary: "  Name: [CODE, Other name]".
const page = readFileSync(join(here, "../../manual/b2b-sales/vocabulary/countries.md"), "utf8");
const terms = [...page.matchAll(/^ {2}([^:{]+): \[(.*)\]$/gm)].map((m) => [m[1], m[2].split(",").map((x) => x.trim().replaceAll('"', ""))]);
const found = {};
const spelled = { "vatican city": "VA", "united kingdom": "GB", "united states": "US", "bosnia and herzegovina": "BA", "trinidad and tobago": "TT", "antigua and barbuda": "AG", "saint kitts and nevis": "KN", "saint lucia": "LC", "saint vincent and the grenadines": "VC", "sao tome and principe": "ST" };
for (const [name, aliases] of terms) {
  const code = names.get(name.toLowerCase()) ?? spelled[name.toLowerCase()] ?? aliases.find((a) => /^[A-Z]{2}$/.test(a));
  const all = zones.get(code);
  if (all && new Set(all.map(clock)).size === 1) found[name] = all[0];
}
const lines = Object.entries(found).sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, zone]) => `  ${JSON.stringify(name)}: ${JSON.stringify(zone)},`);
writeFileSync(join(here, "../src/screens/record/zones.ts"), `// Made by tools/zones.mjs; not edited. Countries with one clock, and the zone that keeps it.
export const countryZones: Readonly<Record<string, string>> = {
${lines.join("\n")}
};
`);
console.log(`${lines.length} of ${terms.length} countries`);
