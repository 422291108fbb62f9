// Plays the cases, checks every answer against the OpenAPI document, and then tries every operation with requests that
// must be refused: each is, and none changes a byte of the database.
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { fill, match, read } from "./cases.mjs";
import { difference, dump, PASSWORD, POSTGRES, start } from "./company.mjs";
import { checkAnswer, resolve } from "./schema.mjs";
import { exchange, request } from "./wire.mjs";

const here = import.meta.dirname ?? new URL(".", import.meta.url).pathname;
let passed = 0;
let failed = 0;
const only = process.argv[2];

async function test(name, fn) {
  if (only && !name.includes(only)) return;
  try {
    const found = (await fn()) ?? [];
    if (found.length) throw new Error(found.slice(0, 8).join("\n      "));
    passed++;
  } catch (e) {
    failed++;
    console.log(`FAIL  ${name}\n      ${e.message}`);
  }
}

const c = await start();
for (const days of [30, 60]) c.vars[`in_${days}_days`] = new Date(Math.floor(Date.now() / 1000) * 1000 + days * 86400_000).toISOString().replace(".000Z", "Z");
process.on("unhandledRejection", (e) => {
  failed++;
  console.log(`FAIL  ${e.message}`);
});
const expected = (text) => JSON.parse(text);

async function play(step) {
  const headers = {};
  for (const line of step.headers) {
    const colon = line.indexOf(":");
    const name = line.slice(0, colon);
    const value = fill(line.slice(colon + 1).trim(), c.vars);
    if (name === "As") headers.Authorization = `Bearer ${c.tokens[value]}`;
    else headers[name] = value;
  }
  const body = step.body.length ? fill(step.body.join("\n"), c.vars) : undefined;
  if (body !== undefined && !("Content-Type" in headers)) headers["Content-Type"] = "application/json";
  const target = fill(step.target, c.vars);
  const before = step.expect.status >= 400 && step.expect.status !== 401 ? await dump(c) : undefined;
  const answer = await request(c.port, step.method, target, { headers, body });
  const found = [];
  if (answer.status !== step.expect.status) return [`${step.where}: ${step.method} ${target}: ${answer.status}, not ${step.expect.status}: ${answer.text.slice(0, 600)}`];
  for (const line of step.expect.headers) {
    const colon = line.indexOf(":");
    const name = line.slice(0, colon).toLowerCase();
    found.push(...match(fill(line.slice(colon + 1).trim(), c.vars), answer.headers[name], c.vars, `header ${name}`));
  }
  const want = step.expect.body.join("\n");
  if (want.startsWith("~")) {
    for (const line of step.expect.body) if (!answer.text.includes(fill(line.slice(1).trim(), c.vars))) found.push(`body lacks ${line}: ${answer.text.slice(0, 300)}`);
  } else if (want) found.push(...match(expected(fill(want, c.vars)), answer.json, c.vars));
  found.push(...checkAnswer(c.doc, step.method, target, answer));
  if (before) for (const table of difference(before, await dump(c))) found.push(`a refused request changed table ${table}`);
  return found.map((f) => `${step.where}: ${f}`);
}

for (const file of readdirSync(join(here, "cases")).sort()) {
  for (const t of read(join(here, "cases", file)))
    await test(`${file}: ${t.name}`, async () => {
      for (const step of t.steps) {
        const found = await play(step);
        if (found.length) return found;
      }
      return [];
    });
}

// ---- every operation, refused in every way ----

const WRONG_ID = "999999999999999999";

function operations() {
  const list = [];
  for (const [path, item] of Object.entries(c.doc.paths))
    for (const [method, op] of Object.entries(item)) list.push({ path, method: method.toUpperCase(), op });
  return list;
}

function parameters(op) {
  return (op.parameters ?? []).map((p) => (p.$ref ? resolve(c.doc, p.$ref) : p));
}

const fillPath = (path, id) => path.replace(/\{(\w+)\}/g, (_, name) => (name === "id" ? id : name === "version" ? "99999" : "no-such"));

// A body that the schema accepts, as small as can be.
function sample(schema, deep = 0) {
  if (schema.$ref) return sample(resolve(c.doc, schema.$ref), deep);
  if (schema.enum) return schema.enum[0];
  if (schema.anyOf) return sample(schema.anyOf[0], deep);
  const type = [schema.type].flat()[0];
  if (type === "object") {
    const o = {};
    for (const name of schema.required ?? []) o[name] = sample(schema.properties[name], deep + 1);
    return o;
  }
  if (type === "array") return [];
  if (type === "integer" || type === "number") return 1;
  if (type === "boolean") return true;
  if (schema.pattern?.includes("[1-9]")) return WRONG_ID;
  if (schema.format === "date-time") return "2030-01-01T00:00:00Z";
  if (schema.format === "date") return "2030-01-01";
  return "x";
}

function refusals({ path, method, op }) {
  const body = op.requestBody ? sample(op.requestBody.content["application/json"].schema) : undefined;
  const needed = parameters(op).filter((p) => p.required && p.in === "query").map((p) => `${p.name}=${p.schema.$ref ? WRONG_ID : "x"}`).join("&");
  const target = fillPath(path, WRONG_ID) + (needed ? `?${needed}` : "");
  const headers = parameters(op).some((p) => p.name === "If-Match" && p.required) ? { "If-Match": '"v1"' } : {};
  const list = [];
  const open = op.security?.length === 0;
  if (!open) {
    list.push({ why: "no token", target, body, headers, status: [401] });
    list.push({ why: "a false token", target, body, headers, as: "fls_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", status: [401] });
    list.push({ why: "a cookie from elsewhere", target, body, headers: { ...headers, Cookie: `fairlead=${c.tokens.ada}`, "Sec-Fetch-Site": "cross-site" }, status: [403], skip: method === "GET" });
    if (path.startsWith("/api/v1/records/") && !/records\/(product|visit|account|contact)\b/.test(path))
      list.push({ why: "no right", target, body, headers, as: "olga", status: [403] });
  }
  list.push({ why: "an unknown parameter", target: `${target}${needed ? "&" : "?"}frobnicate=1`, body, headers, as: "ada", status: [400], skip: path.includes("/password") });
  if (path.includes("{id}") && method !== "GET") list.push({ why: "an id that is not there", target, body, headers, as: "ada", status: [404, 422] });
  if (path.includes("{id}")) list.push({ why: "an id that is none", target: fillPath(path, "12x"), body, headers, as: "ada", status: [404] });
  if (op.requestBody) {
    list.push({ why: "no JSON", target, raw: '{"a":', headers: { ...headers, "Content-Type": "application/json" }, as: "ada", status: [400] });
    list.push({ why: "a key twice", target, raw: '{"a":1,"a":2}', headers: { ...headers, "Content-Type": "application/json" }, as: "ada", status: [400] });
    list.push({ why: "no object", target, raw: "[]", headers: { ...headers, "Content-Type": "application/json" }, as: "ada", status: [400, 422] });
    list.push({ why: "an unknown member", target, body: { ...body, frobnicate: 1 }, headers, as: "ada", status: [422] });
    list.push({ why: "another content type", target, raw: "a=b", headers: { ...headers, "Content-Type": "text/plain" }, as: "ada", status: [415] });
    list.push({ why: "too large", target, raw: `{"a":"${"x".repeat(1 << 20)}"}`, headers: { ...headers, "Content-Type": "application/json" }, as: "ada", status: [413] });
    for (const name of op.requestBody.content["application/json"].schema.required ?? []) {
      const rest = { ...body };
      delete rest[name];
      list.push({ why: `without ${name}`, target, body: rest, headers, as: "ada", status: [422, 404] });
    }
  }
  if (headers["If-Match"]) list.push({ why: "no If-Match", target, body, headers: {}, as: "ada", status: [428] });
  if (parameters(op).some((p) => p.name === "Idempotency-Key")) list.push({ why: "a key that is too long", target, body, headers: { ...headers, "Idempotency-Key": "k".repeat(256) }, as: "ada", status: [400] });
  if (/sign-in$/.test(path)) return list.filter((r) => r.why !== "an unknown parameter");
  return list.filter((r) => !r.skip);
}

let refused = 0;
for (const each of operations()) {
  await test(`refused ${each.method} ${each.path}`, async () => {
    const before = await dump(c);
    const found = [];
    for (const r of refusals(each)) {
      const headers = { ...(r.as ? { Authorization: `Bearer ${c.tokens[r.as] ?? r.as}` } : {}), ...(r.body === undefined ? {} : { "Content-Type": "application/json" }), ...r.headers };
      const answer = await request(c.port, each.method, r.target, { headers, body: r.raw ?? (r.body === undefined ? undefined : JSON.stringify(r.body)) });
      refused++;
      if (!r.status.includes(answer.status)) found.push(`${r.why}: ${answer.status}, not ${r.status}: ${answer.text.slice(0, 300)}`);
      if (answer.headers["content-type"] !== "application/problem+json") found.push(`${r.why}: ${answer.headers["content-type"]}`);
      found.push(...checkAnswer(c.doc, each.method, r.target, answer).map((f) => `${r.why}: ${f}`));
    }
    for (const table of difference(before, await dump(c))) found.push(`table ${table} changed`);
    return found;
  });
}

// ---- what text cannot say ----

const auth = (name) => `Authorization: Bearer ${c.tokens[name]}\r\n`;

await test("two requests in one packet get two answers in order", async () => {
  const get = (path) => `GET ${path} HTTP/1.1\r\nHost: x\r\n${auth("ada")}\r\n`;
  const answers = await exchange(c.port, get("/api/v1/me") + get("/healthz"), "GET", 2);
  return answers.length === 2 && answers[0].json.email === "ada@example.com" && answers[1].json.status === "ok" ? [] : [JSON.stringify(answers.map((a) => a.text))];
});

await test("one connection carries reads and writes", async () => {
  const write = (name) => {
    const body = JSON.stringify({ name });
    return `POST /api/v1/records/visit HTTP/1.1\r\nHost: x\r\n${auth("rosa")}Content-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
  };
  const answers = await exchange(c.port, `${write("a")}${write("b")}GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n`, "GET", 3);
  return answers.map((a) => a.status).join() === "201,201,200" ? [] : [answers.map((a) => a.text).join("\n")];
});

await test("a body in chunks is read, and bounded", async () => {
  const head = `POST /api/v1/records/visit HTTP/1.1\r\nHost: x\r\n${auth("rosa")}Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n`;
  const [ok] = await exchange(c.port, `${head}7\r\n{"name"\r\n6\r\n:"ch"}\r\n0\r\n\r\n`);
  const large = "x".repeat(65536);
  let body = "";
  for (let i = 0; i < 20; i++) body += `10000\r\n${large}\r\n`;
  const [no] = await exchange(c.port, `${head}${body}0\r\n\r\n`);
  return ok?.status === 201 && no?.status === 413 ? [] : [`${ok?.status} ${ok?.text} ${no?.status}`];
});

await test("broken requests are refused and the server lives on", async () => {
  const found = [];
  for (const bytes of [
    "GARBAGE\r\n\r\n", "GET\r\n\r\n", "GET / HTTP/9.9\r\n\r\n", "GET /api/v1/me HTTP/1.1\r\n\r\n", `GET /${"a".repeat(20000)} HTTP/1.1\r\nHost: x\r\n\r\n`,
    `GET / HTTP/1.1\r\nHost: x\r\n${"X-A: b\r\n".repeat(5000)}\r\n`, "GET /%zz HTTP/1.1\r\nHost: x\r\n\r\n", "GET /%00 HTTP/1.1\r\nHost: x\r\n\r\n", "GET /%ff%fe HTTP/1.1\r\nHost: x\r\n\r\n",
    `GET /api/v1/me HTTP/1.1\r\nHost: x\r\n${auth("ada")}${auth("ada")}\r\n`, "POST /api/v1/sign-in HTTP/1.1\r\nHost: x\r\nContent-Length: -5\r\n\r\n",
    "POST /api/v1/sign-in HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999999999\r\n\r\n", "\0\0\0\0", "GET /../../etc/passwd HTTP/1.1\r\nHost: x\r\n\r\n",
  ]) {
    const answers = await exchange(c.port, bytes, "GET", 1, 5000).catch(() => []);
    if (answers[0] && (answers[0].status < 400 || (answers[0].status >= 500 && answers[0].status !== 505))) found.push(`${JSON.stringify(bytes.slice(0, 60))}: ${answers[0].status}`);
  }
  if ((await c.call("GET", "/healthz")).status !== 200) found.push("not well any more");
  return found;
});

await test("the same key at the same time makes one record", async () => {
  const answers = await Promise.all(
    Array.from({ length: 16 }, () => c.call("POST", "/api/v1/records/visit", { as: "rosa", body: { name: "once", code: "K-1" }, headers: { "Idempotency-Key": "at-once" } })),
  );
  const ids = new Set(answers.map((a) => a.json.id));
  return answers.every((a) => a.status === 201) && ids.size === 1 ? [] : [answers.map((a) => `${a.status} ${a.text.slice(0, 100)}`).join("\n")];
});

await test("of two changes to one version one is told that it came second", async () => {
  const visit = await c.must("POST", "/api/v1/records/visit", { as: "rosa", body: { name: "race" } });
  const answers = await Promise.all(
    Array.from({ length: 8 }, (_, i) => c.call("PATCH", `/api/v1/records/visit/${visit.id}`, { as: "rosa", body: { note: `n${i}` }, headers: { "If-Match": '"v1"' } })),
  );
  const codes = answers.map((a) => a.status).sort().join();
  return codes === "200,412,412,412,412,412,412,412" ? [] : [codes];
});

// ---- events ----

async function listen(name, { last, ms = 8000, until }) {
  const stop = new AbortController();
  const timer = setTimeout(() => stop.abort(), ms);
  const r = await fetch(`http://127.0.0.1:${c.port}/api/v1/events`, {
    headers: { Authorization: `Bearer ${c.tokens[name]}`, ...(last ? { "Last-Event-ID": last } : {}) },
    signal: stop.signal,
  });
  let text = "";
  let ended = false;
  const reading = (async () => {
    try {
      for await (const part of r.body) {
        text += new TextDecoder().decode(part);
        if (until?.(text)) break;
      }
      ended = true;
    } catch {
      ended = false;
    }
    clearTimeout(timer);
    stop.abort();
    return { text, ended, type: r.headers.get("content-type") };
  })();
  return { reading, status: r.status };
}

await test("a change is told at once to those who may see the record, and to nobody else", async () => {
  const rosa = await listen("rosa", { until: (t) => t.includes("event: change") });
  const tom = await listen("tom", { ms: 1500 });
  const visit = await c.must("POST", "/api/v1/records/visit", { as: "rosa", body: { name: "told", owner: c.vars.rosa_id } });
  const [heard, overheard] = await Promise.all([rosa.reading, tom.reading]);
  const found = [];
  if (heard.type !== "text/event-stream") found.push(heard.type);
  if (!heard.text.includes(`"id":"${visit.id}"`) || !heard.text.includes('"kind":"created"')) found.push(`rosa heard ${heard.text}`);
  if (overheard.text.includes(visit.id)) found.push("tom heard of it");
  c.vars.last_event = /id: (\d+)/.exec(heard.text)?.[1];
  return found;
});

await test("a task and a notice are told at once to whom they concern, and to nobody else", async () => {
  const account = await c.must("POST", "/api/v1/records/account", { as: "ada", body: { name: "News Ltd" } });
  const rosa = await listen("rosa", { ms: 20000, until: (t) => t.includes('"state":"closed"') });
  const tom = await listen("tom", { ms: 2500 });
  const task = await c.must("POST", "/api/v1/tasks", { as: "ada", body: { record: account.id, title: "Hear it", owed_by: c.vars.rosa_id } });
  await c.must("POST", `/api/v1/tasks/${task.id}/postpone`, { as: "rosa", body: { until: c.vars.in_30_days } });
  await c.must("POST", `/api/v1/tasks/${task.id}/finish`, { as: "rosa", body: {} });
  const [heard, overheard] = await Promise.all([rosa.reading, tom.reading]);
  const data = (state) => `event: task\ndata: {"id":"${task.id}","record":"${account.id}","object":"account","state":"${state}"}`;
  const found = ["opened", "moved", "closed"].filter((state) => !heard.text.includes(data(state))).map((state) => `rosa did not hear ${state}: ${heard.text}`);
  if (!/event: notice\ndata: {"id":"\d+","unread":[1-9]/.test(heard.text)) found.push(`no notice: ${heard.text}`);
  if (overheard.text.includes(task.id) || overheard.text.includes("event: notice")) found.push(`tom heard ${overheard.text}`);
  return found;
});

await test("a version of the manual that goes live is told to everybody at once", async () => {
  const tom = await listen("tom", { until: (t) => t.includes("event: manual") });
  const pages = await c.must("GET", "/api/v1/manual/pages", { as: "ada" });
  const page = await c.must("GET", `/api/v1/manual/pages/${pages.data[0].path}`, { as: "ada" });
  const { version } = await c.must("POST", "/api/v1/manual/publish", { as: "ada", body: { pages: [{ path: page.path, text: `${page.text}\nAnd so it is told.\n` }], reason: "To be heard of" } });
  const { text } = await tom.reading;
  return text.includes(`event: manual\ndata: {"version":${version}}`) ? [] : [`version ${version}: ${text}`];
});

await test("after a reconnection what was missed comes first", async () => {
  const visit = await c.must("POST", "/api/v1/records/visit", { as: "rosa", body: { name: "missed", owner: c.vars.rosa_id } });
  const rosa = await listen("rosa", { last: c.vars.last_event, until: (t) => t.includes(visit.id) });
  const heard = await rosa.reading;
  return heard.text.includes(visit.id) ? [] : [heard.text];
});

await test("a stream ends when its session ends", async () => {
  const r = await c.must("POST", "/api/v1/sign-in", { body: { email: "tom@example.com", password: PASSWORD } });
  c.tokens.tom2 = r.token;
  const tom = await listen("tom2", { ms: 10000 });
  const begun = Date.now();
  await c.must("POST", "/api/v1/sign-out", { as: "tom2" });
  const heard = await tom.reading;
  const took = Date.now() - begun;
  return heard.ended && took < 2000 ? [] : [`ended ${heard.ended} after ${took} ms`];
});

await test("a flood of sign-ins does not hold up others", async () => {
  const flood = Array.from({ length: 40 }, (_, i) => c.call("POST", "/api/v1/sign-in", { body: { email: `nobody${i}@example.com`, password: "wrong wrong wrong" } }));
  let slowest = 0;
  for (let i = 0; i < 40; i++) {
    const begun = performance.now();
    await c.must("GET", "/api/v1/me", { as: "ada" });
    slowest = Math.max(slowest, performance.now() - begun);
  }
  const codes = new Set((await Promise.all(flood)).map((r) => r.status));
  const fine = [...codes].every((s) => s === 401 || s === 429 || s === 503);
  return slowest < 500 && fine ? [] : [`slowest ${slowest} ms, ${[...codes]}`];
});

await test("export streams and can be broken off", async () => {
  for (let i = 0; i < 4; i++)
    await c.must("POST", "/api/v1/records/visit", { as: "rosa", body: { name: `=HYPERLINK(${i})`, owner: c.vars.rosa_id } });
  const r = await c.call("GET", "/api/v1/records/visit/export.csv?fields=name", { as: "rosa" });
  const found = [];
  if (r.status !== 200 || !r.headers["content-type"].startsWith("text/csv")) found.push(`${r.status} ${r.text.slice(0, 200)}`);
  if (!r.text.includes("'=HYPERLINK(0)")) found.push(`formula not defused: ${r.text.slice(0, 200)}`);
  await exchange(c.port, `GET /api/v1/records/visit/export.csv HTTP/1.1\r\nHost: x\r\n${auth("rosa")}\r\n`, "GET", 0, 50).catch(() => []);
  if ((await c.call("GET", "/healthz")).status !== 200) found.push("not well any more");
  return found;
});

await test("it stops cleanly, with a stream open", async () => {
  const rosa = await listen("rosa", { ms: 20000 });
  const begun = Date.now();
  const { code, signal } = await c.stop();
  await rosa.reading;
  const took = Date.now() - begun;
  const log = c.log();
  return code === 0 && took < 8000 && !/level=error/.test(log) ? [] : [`code ${code} signal ${signal} after ${took} ms; log: ${log.slice(-800)}`];
});

if (failed && c.child.exitCode !== 0) console.log(`the server's log:\n${c.log().slice(-6000)}`);
console.log(`${POSTGRES ? "PostgreSQL" : "SQLite"}: ${refused} requests refused without a trace`);
console.log(`${passed} passed, ${failed} failed, 0 skipped`);
process.exit(failed ? 1 : 0);
