// Tests as text. A file has tests, a test has requests with the answers that are expected:
//
//   == a sentence
//   > POST /api/v1/records/visit          a request; further `>` lines are headers, `> As: rosa` is her token
//   {"name": "First"}                     its body, as it stands
//   < 201                                 the status; further `<` lines are headers that must come with this value
//   {"id": "<<visit>>", "name": "First"}  what the body must contain
//
// In expected JSON: members not named may be anything; "<<x>>" keeps a value as x, {{x}} stands for it anywhere below;
// "*" is anything but null, "~re" a regular expression, "absent" a member that must not be there; an array ends with
// "..." if more may follow. Lines that begin with ~ name text a body that is no JSON must contain.
import { readFileSync } from "node:fs";

export function read(file) {
  const tests = [];
  let test, step, part;
  for (const [i, line] of readFileSync(file, "utf8").split("\n").entries()) {
    const where = `${file}:${i + 1}`;
    if (line.startsWith("#")) continue;
    if (line.startsWith("== ")) {
      test = { name: line.slice(3), where, steps: [] };
      tests.push(test);
      step = undefined;
    } else if (line.startsWith("> ")) {
      if (!step || part !== "request") {
        const [method, ...target] = line.slice(2).split(" ");
        step = { where, method, target: target.join(" "), headers: [], body: [], expect: { headers: [], body: [] } };
        test.steps.push(step);
        part = "request";
      } else step.headers.push(line.slice(2));
    } else if (line.startsWith("< ")) {
      if (part !== "answer") step.expect.status = Number(line.slice(2));
      else step.expect.headers.push(line.slice(2));
      part = "answer";
    } else if (step && line.trim()) {
      if (part === "request" || part === "body") {
        step.body.push(line);
        part = "body";
      } else step.expect.body.push(line);
    } else if (line.trim()) throw new Error(`${where}: text before a request`);
  }
  return tests;
}

export const fill = (text, vars) =>
  text.replace(/\{\{(\w+)\}\}/g, (_, name) => {
    if (!(name in vars)) throw new Error(`nothing is kept as ${name}`);
    return vars[name];
  });

export function match(want, got, vars, at = "") {
  if (typeof want === "string") {
    const keep = /^<<(\w+)>>$/.exec(want);
    if (keep) {
      if (got === undefined || got === null) return [`${at}: nothing to keep as ${keep[1]}`];
      vars[keep[1]] = got;
      return [];
    }
    if (want === "*") return got === undefined || got === null ? [`${at}: is ${got}`] : [];
    if (want === "absent") return got === undefined ? [] : [`${at}: is ${JSON.stringify(got)} and should be absent`];
    if (want.startsWith("~")) return typeof got === "string" && new RegExp(want.slice(1), "u").test(got) ? [] : [`${at}: ${JSON.stringify(got)} does not match ${want}`];
  }
  if (Array.isArray(want)) {
    if (!Array.isArray(got)) return [`${at}: is no array`];
    const open = want.at(-1) === "...";
    const items = open ? want.slice(0, -1) : want;
    if (open ? got.length < items.length : got.length !== items.length) return [`${at}: has ${got.length} elements, not ${items.length}: ${JSON.stringify(got).slice(0, 300)}`];
    return items.flatMap((x, i) => match(x, got[i], vars, `${at}/${i}`));
  }
  if (want && typeof want === "object") {
    if (!got || typeof got !== "object") return [`${at}: is ${JSON.stringify(got)}, not an object`];
    return Object.entries(want).flatMap(([k, v]) => match(v, got[k], vars, `${at}/${k}`));
  }
  return Object.is(want, got) ? [] : [`${at}: is ${JSON.stringify(got)}, not ${JSON.stringify(want)}`];
}
