// Makes src/record/phone_table.c from the metadata of npm libphonenumber-js, which comes from Google's libphonenumber.
//
//   cd /tmp && npm install libphonenumber-js && node <repo>/tools/phone/gen.mjs /tmp/node_modules > <repo>/src/record/phone_table.c
//
// Run it when numbering plans have changed, some twice a year. The table is committed: building needs neither node nor network.
import { readFileSync } from "node:fs";
import { join } from "node:path";

const folder = join(process.argv[2] ?? "node_modules", "libphonenumber-js");
const meta = JSON.parse(readFileSync(join(folder, "metadata.min.json"), "utf8"));
const version = JSON.parse(readFileSync(join(folder, "package.json"), "utf8")).version;
const DIGITS_MAX = 17;

const quote = (s) => (s ? `"${String(s).replaceAll("\\", "\\\\").replaceAll('"', '\\"')}"` : '""');

// The matcher in phone.c knows digits, \d, classes, groups, | ? {n} {n,m} and $.
function checked(pattern) {
  if (pattern && !/^[\d\\d[\]()?:|{},$-]*$/.test(pattern)) throw new Error(`pattern with something new: ${pattern}`);
  return pattern || "";
}

function row(country, plan, main) {
  const [calling, idd, pattern, lengths, , prefix, , parsing, transform, , leading] = plan;
  let mask = 0;
  for (const n of lengths) if (n <= DIGITS_MAX) mask |= 1 << n;
  const cells = [quote(country), calling, main ? 1 : 0, `0x${mask.toString(16)}`, quote(checked(idd)), quote(prefix),
    quote(checked(parsing)), quote(transform), quote(checked(leading)), quote(checked(pattern))];
  return `    {${cells.join(", ")}},`;
}

const rows = Object.keys(meta.countries).sort().map((country) => {
  const plan = meta.countries[country];
  return row(country, plan, meta.country_calling_codes[plan[0]][0] === country);
});
const shared = Object.entries(meta.nonGeographic ?? meta.nonGeographical ?? {}).sort()
  .map(([, plan]) => row("", plan, true));

console.log(`/* Numbering plans of the world. Made by tools/phone/gen.mjs; do not edit.
 * Source: npm libphonenumber-js ${version} (MIT, Copyright (c) 2016 @catamphetamine), metadata from Google's
 * libphonenumber (Apache-2.0, Copyright (C) The Libphonenumber Authors). */
#include "record/phone_impl.h"

const struct phone_plan phone_plans[] = {
${rows.join("\n")}
${shared.join("\n")}
    {NULL, 0, 0, 0, NULL, NULL, NULL, NULL, NULL, NULL},
};`);
