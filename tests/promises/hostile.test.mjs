// Input from a stranger: whatever it is, the answer is the value itself or a clear refusal, and a refusal leaves the
// database as it was, row by row.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { connect } from "node:net";
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { finish, skip, test } from "../e2e/lib.mjs";
import { Firm } from "./firm.mjs";

const f = await new Firm().start();
const enc = encodeURIComponent;
const haveSqlite = spawnSync("sqlite3", ["--version"]).status === 0;

// All rows of all tables, in one hash. The moment of the last tick is nobody's input.
function state() {
  const r = spawnSync("sqlite3", ["-readonly", join(f.dir, "fairlead.db"), ".dump"], { encoding: "utf8", maxBuffer: 1 << 28 });
  if (r.status !== 0) throw new Error(r.stderr);
  return createHash("sha256").update(r.stdout.replace(/^INSERT INTO engine_state.*$/gm, "")).digest("hex");
}

// Every request of `asks` is refused as a client's mistake, says so in words, and changes nothing.
async function allRefused(asks) {
  if (!haveSqlite) skip("sqlite3 is not installed");
  const before = state();
  for (const [what, ask, code] of asks) {
    const r = await ask();
    assert.ok(r.status >= 400 && r.status < 500, `${what}: ${r.status} ${r.text.slice(0, 300)}`);
    assert.equal(r.headers.get("content-type")?.split(";")[0], "application/problem+json", what);
    assert.ok(r.json?.code && r.json.detail?.length > 5 && r.json.title, `${what}: ${r.text.slice(0, 300)}`);
    assert.doesNotMatch(r.text, /SELECT|INSERT|sqlite|src\/|\.c:/, what);
    if (code) assert.equal(r.json.code, code, `${what}: ${r.text.slice(0, 300)}`);
    assert.equal(state(), before, `${what} changed the database`);
  }
}

// A request with exactly these bytes.
function raw(who, method, path, body, headers = {}) {
  const bytes = Buffer.isBuffer(body) ? body : Buffer.from(body);
  return fetch(f.base + path, { method, body: bytes, headers: { authorization: `Bearer ${f.tokens[who]}`, "content-type": "application/json", ...headers } }).then(async (r) => {
    const text = await r.text();
    let json;
    try {
      json = JSON.parse(text);
    } catch {
      json = undefined;
    }
    return { status: r.status, headers: r.headers, text, json };
  });
}
// So much text in one field. The server answers without reading it all, which fetch takes for a broken connection.
const large = (n) =>
  new Promise((done) => {
    const body = JSON.stringify({ last_name: "x".repeat(n) });
    let got = "";
    const s = connect(Number(new URL(f.base).port), "127.0.0.1", () => {
      s.write(`POST /api/v1/records/contact HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${f.tokens.rob}\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n`);
      s.write(body);
    });
    s.on("data", (d) => {
      got += d;
      const [head, text] = got.split("\r\n\r\n");
      try {
        done({ status: Number(head.split(" ")[1]), headers: new Headers([...head.matchAll(/^([\w-]+): (.*)$/gm)].map((m) => [m[1], m[2].trim()])), text, json: JSON.parse(text) });
        s.destroy();
      } catch {
        // not all of it yet
      }
    });
    s.on("error", () => {});
    s.on("close", () => done({ status: 0, text: got }));
  });
const post = (body, headers) => raw("rob", "POST", "/api/v1/records/contact", body, headers);

const NAUGHTY = [
  "", " ", "null", "undefined", "NaN", "true", "0", "-1", "1e309", "0x1F", "'", "\"", "''; DROP TABLE o_contact; --", "\" OR 1=1 --", "' UNION SELECT 1 --",
  "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "${7*7}", "{{first_name}}", "%s%n%x", "../../../../etc/passwd", "C:\\nul", "`id`", "$(id)", "=cmd|' /C calc'!A0", "+1+1", "-2+3", "@SUM(1)", "'=1",
  "a,b;c|d", "line\nbreak", "line\r\nbreak", "tab\there", "\\", "\\\\n", "%00", "\u0001", "\u007f", "\u0085", "\u001f", "\ufeffbom", "a\u200bb", "\u202eright to left", "\u2066isolate\u2069",
  "é", "e\u0301", "Ω≈ç√∫", "İstanbul", "ß", "ŒÆ", "ﬃ", "田中さん", "和製漢語", "사회과학원", "العربية", "עִבְרִית", "ไทย", "Zalgo Z\u0351\u036b\u0343", "👩‍👩‍👧‍👦", "🇩🇪", "𠜎𠜱", "\u{10ffff}", "\ufffd", "\ufdfd",
  "O'Brien-Smith", "Renée", "  spaced   out  ", "x".repeat(80), "Å".repeat(90), "👍".repeat(40), "$reason", "__proto__", "constructor", "id", "created_at", "is empty", "' or owner is empty or '",
];

test("naughty strings in every text field of a contact come back as they were, or as cleaned and said so, or are refused by name", async () => {
  const fields = ["first_name", "last_name", "job_title", "department", "street", "city", "state", "postal_code", "description"];
  let kept = 0;
  let refused = 0;
  for (const text of NAUGHTY) {
    const body = Object.fromEntries(fields.map((n) => [n, text]));
    body.name = "Naughty";
    let r = await f.as("rob", "POST", "/api/v1/records/contact", body);
    if (r.status !== 201) {
      assert.ok(r.status === 400 || r.status === 422, `${JSON.stringify(text)}: ${r.status} ${r.text}`);
      for (const e of r.json.errors) {
        assert.ok(fields.includes(e.pointer?.slice(1)), `${JSON.stringify(text)}: ${r.text}`);
        delete body[e.pointer.slice(1)];
        refused++;
      }
      r = await f.as("rob", "POST", "/api/v1/records/contact", body);
      assert.equal(r.status, 201, `${JSON.stringify(text)}: ${r.text}`);
    }
    const got = await f.must("rob", "GET", `/api/v1/records/contact/${r.json.id}`);
    for (const n of fields.filter((x) => x in body)) {
      const cleaned = r.json.$cleaned?.find((c) => c.field === n);
      // Spaces at the ends and doubled ones go without a word.
      const quiet = (t) => (n === "description" && t.trim() ? t : t.trim().replace(/\s+/g, " "));
      assert.equal(got[n] ?? "", cleaned ? cleaned.stored ?? "" : got[n] === text ? text : quiet(text), `${n}: ${JSON.stringify(text)}`);
      if (cleaned) assert.equal(cleaned.typed, text);
      kept++;
    }
    // Whatever it is, it can be looked for, in a search and in a quoted filter.
    const q = await f.as("rob", "GET", `/api/v1/search?q=${enc(text)}`);
    assert.ok(q.status === 200 || (q.status >= 400 && q.status < 500), `search ${JSON.stringify(text)}: ${q.status}`);
    if (got.job_title) {
      const found = await f.as("rob", "GET", `/api/v1/records/contact?fields=id&filter=${enc(`job_title = '${got.job_title.replaceAll("'", "''")}'`)}`);
      assert.equal(found.status, 200, `filter ${JSON.stringify(text)}: ${found.text}`);
      assert.ok(found.json.data.some((d) => d.id === r.json.id), `filter ${JSON.stringify(text)}`);
    }
  }
  assert.ok(kept > NAUGHTY.length * 6, `${kept} kept, ${refused} refused`);
});

test("bodies that are no JSON, or no honest one, are refused and change nothing", async () => {
  const deep = (n) => "[".repeat(n) + "]".repeat(n);
  await allRefused([
    ["half an object", () => post('{"last_name": "x"'), "json.malformed"],
    ["two objects", () => post('{"last_name":"x"}{"last_name":"y"}'), "json.malformed"],
    ["a list", () => post('[{"last_name":"x"}]')],
    ["a text", () => post('"x"')],
    ["a comment", () => post('{"last_name":"x"/* y */}'), "json.malformed"],
    ["a comma too many", () => post('{"last_name":"x",}'), "json.malformed"],
    ["NaN", () => post('{"last_name":NaN}'), "json.malformed"],
    ["the same member twice", () => post('{"last_name":"x","last_name":"y"}')],
    ["wrong UTF-8", () => post(Buffer.from([...Buffer.from('{"last_name":"a'), 0xc3, 0x28, ...Buffer.from('"}')]))],
    ["overlong UTF-8", () => post(Buffer.from([...Buffer.from('{"last_name":"a'), 0xc0, 0xaf, ...Buffer.from('"}')]))],
    ["half a surrogate", () => post('{"last_name":"\\ud83d"}')],
    ["a NUL byte", () => post(Buffer.from([...Buffer.from('{"last_name":"a'), 0, ...Buffer.from('"}')]))],
    ["an escaped NUL", () => post('{"last_name":"a\\u0000b"}')],
    ["UTF-16", () => post(Buffer.from('{"last_name":"x"}', "utf16le"))],
    ["100,000 brackets", () => post(deep(100_000))],
    ["depth 65", () => post(`{"last_name":${deep(65)}}`)],
    ["a text where a list belongs", () => post('{"last_name":"x","tags":"y"}')],
    ["an object where a text belongs", () => post('{"last_name":{"x":1}}')],
    ["a number where a text belongs", () => post('{"last_name":7}')],
    ["an unknown member", () => post('{"last_name":"x","lastname":"y"}'), "json.unknown_field"],
    ["a member of another object", () => post('{"last_name":"x","stage":"Won"}'), "json.unknown_field"],
    ["a member that the program sets", () => post('{"last_name":"x","version":7}')],
    ["__proto__", () => post('{"last_name":"x","__proto__":{"a":1}}'), "json.unknown_field"],
    ["the wrong media type", () => post("last_name=x", { "content-type": "application/x-www-form-urlencoded" }), "http.media_type"],
    ["2 MB in one cell", () => post(JSON.stringify({ last_name: "x".repeat(2 << 20) })), "http.body_too_large"],
    ["a text beyond its length", () => post(JSON.stringify({ last_name: "x".repeat(101) }))],
    ["a long text beyond its length", () => post(JSON.stringify({ last_name: "x", description: "y".repeat(200_000) }))],
    ["a million tags", () => post(JSON.stringify({ last_name: "x", tags: Array.from({ length: 100_000 }, (_, i) => `t${i}`) }))],
  ]);
});

test("10 MB in one cell are refused with 413; nothing is kept of them", async () => {
  if (!haveSqlite) skip("sqlite3 is not installed");
  const before = state();
  for (let i = 0; i < 3; i++) {
    const r = await large(10 << 20);
    assert.equal(r.status, 413, r.text.slice(0, 200));
    assert.equal(r.json.code, "http.body_too_large");
  }
  assert.equal(state(), before);
  assert.equal((await fetch(`${f.base}/healthz`)).status, 200);
});

test("numbers, money, dates and references that cannot be are refused by name and change nothing", async () => {
  const lead = (body) => () => f.as("admin", "POST", "/api/v1/records/lead", { last_name: "x", email: "n@x.example", ...body });
  const text = (s) => () => raw("admin", "POST", "/api/v1/records/lead", `{"last_name":"x",${s}}`);
  const contact = await f.create("rob", "contact", { last_name: "Of another kind" });
  const asks = [
    ["1e400", text('"employees":1e400')],
    ["a number of 400 digits", text(`"employees":${"9".repeat(400)}`)],
    ["2^63", text('"employees":9223372036854775808')],
    ["-1 below its least", text('"employees":-1')],
    ["half a person", text('"employees":1.5')],
    ["money without end", text('"budget":{"amount":"1e30","currency":"USD"}')],
    ["money in an unknown currency", text('"budget":{"amount":"1","currency":"XXQ"}')],
    ["money with a third decimal", text('"budget":{"amount":"1.005","currency":"USD"}')],
    ["money of another shape", text('"budget":[1]')],
    ["February 30", lead({ next_contact: "2026-02-30" })],
    ["a date of year 99999", lead({ next_contact: "99999-01-01" })],
    ["a date in words", lead({ next_contact: "tomorrow-ish" })],
    ["25 o'clock", lead({ converted_at: "2026-01-01T25:00:00Z" })],
    ["an address without @", lead({ email: "nobody" })],
    ["an address of 400 letters", lead({ email: `${"a".repeat(400)}@x.example` })],
    ["a choice that is none", lead({ status: "Newish" })],
    ["yes as a text", lead({ do_not_call: "perhaps" })],
    ["an id of nobody", lead({ owner: "1234567890" })],
    ["an id of another object", lead({ product: contact.id })],
    ["an id that is a number", text(`"product":${contact.id}`)],
    ["an id with a space", lead({ product: ` ${contact.id}` })],
    ["a negative id", lead({ product: "-1" })],
    ["an id beyond 63 bits", lead({ product: "99999999999999999999" })],
  ];
  await allRefused(asks);
  for (const [what, ask] of asks) {
    const { json } = await ask();
    assert.ok(json.code === "json.malformed" ? json.line : json.errors.some((e) => e.pointer), `${what} has no place: ${JSON.stringify(json)}`);
  }
});

test("addresses and parameters of a stranger are refused and change nothing", async () => {
  const rob = (path) => () => f.as("rob", "GET", path);
  const c = await f.create("rob", "contact", { last_name: "Cursor" });
  for (let i = 0; i < 5; i++) await f.create("rob", "contact", { last_name: `Cursor ${i}` });
  const first = await f.list("rob", "contact", "", "&sort=last_name&limit=2".replace("&limit=2", ""));
  assert.ok(first.data.length > 5);
  const page = await f.must("rob", "GET", "/api/v1/records/contact?limit=2&sort=last_name");
  const next = enc(page.next);
  assert.equal((await f.as("rob", "GET", `/api/v1/records/contact?limit=2&sort=last_name&cursor=${next}`)).status, 200);
  const bits = Buffer.from(page.next, "base64url");
  await allRefused([
    ["a cursor under another order", rob(`/api/v1/records/contact?sort=first_name&cursor=${next}`), "query.cursor"],
    ["a cursor under another filter", rob(`/api/v1/records/contact?sort=last_name&filter=${enc("last_name = 'x'")}&cursor=${next}`), "query.cursor"],
    ["a cursor of another object", rob(`/api/v1/records/account?sort=name&cursor=${next}`), "query.cursor"],
    ["a cursor cut short", rob(`/api/v1/records/contact?sort=last_name&cursor=${enc(page.next.slice(0, -2))}`), "query.cursor"],
    ["a cursor with a bit turned", rob(`/api/v1/records/contact?sort=last_name&cursor=${enc(Buffer.from(bits.map((b, i) => (i === 3 ? b ^ 1 : b))).toString("base64url"))}`), "query.cursor"],
    ["a cursor of nonsense", rob("/api/v1/records/contact?cursor=hello"), "query.cursor"],
    ["a cursor of 5 kB", rob(`/api/v1/records/contact?cursor=${"A".repeat(5000)}`), "query.cursor"],
    ["an unknown parameter", rob("/api/v1/records/contact?limits=5"), "http.parameter"],
    ["a parameter twice", rob("/api/v1/records/contact?limit=5&limit=6"), "http.parameter"],
    ["limit 0", rob("/api/v1/records/contact?limit=0"), "http.parameter"],
    ["limit 10^18", rob("/api/v1/records/contact?limit=1000000000000000000"), "http.parameter"],
    ["limit in words", rob("/api/v1/records/contact?limit=ten"), "http.parameter"],
    ["half a percent sign", rob("/api/v1/records/contact?filter=%4")],
    ["a NUL in the query", rob("/api/v1/records/contact?filter=%00")],
    ["wrong UTF-8 in the query", rob("/api/v1/records/contact?filter=%ff%fe")],
    ["a filter that ends early", rob(`/api/v1/records/contact?filter=${enc("last_name = ")}`), "expr.syntax"],
    ["a filter with SQL", rob(`/api/v1/records/contact?filter=${enc("1=1; DROP TABLE o_contact")}`)],
    ["a filter of 500 brackets", rob(`/api/v1/records/contact?filter=${"(".repeat(500)}last_name is empty${")".repeat(500)}`)],
    ["an unknown field to sort by", rob("/api/v1/records/contact?sort=surname")],
    ["an unknown object", rob("/api/v1/records/contacts")],
    ["a table of ours", rob("/api/v1/records/session")],
    ["an id of another object", rob(`/api/v1/records/account/${c.id}`), "record.not_found"],
    ["an id in words", rob("/api/v1/records/contact/first")],
    ["an id of 30 digits", rob(`/api/v1/records/contact/${"9".repeat(30)}`)],
    ["a path upwards", rob("/api/v1/records/contact/..%2f..%2fetc%2fpasswd")],
    ["no such address", rob("/api/v1/nothing"), "http.not_found"],
    ["a method that is none here", () => f.as("rob", "PUT", `/api/v1/records/contact/${c.id}`, {}), "http.method"],
    ["a token of nobody", () => fetch(`${f.base}/api/v1/me`, { headers: { authorization: "Bearer fl_nonsense" } }).then(async (r) => ({ status: r.status, headers: r.headers, text: "", json: await r.json() })), "access.sign_in_needed"],
  ]);
});

test("a cursor of one person does not widen what another may see", async () => {
  for (let i = 0; i < 4; i++) await f.create("admin", "lead", { last_name: `S${i}`, email: `s${i}@x.example`, owner: f.people.tom });
  for (let i = 0; i < 4; i++) await f.create("admin", "lead", { last_name: `N${i}`, email: `n${i}@x.example`, owner: f.people.rob });
  const page = await f.must("tom", "GET", "/api/v1/records/lead?limit=1&sort=last_name&filter=owner%20is%20not%20empty");
  const r = await f.as("rob", "GET", `/api/v1/records/lead?limit=50&filter=owner%20is%20not%20empty&sort=last_name&cursor=${enc(page.next)}`);
  if (r.status === 200) assert.ok(r.json.data.every((l) => l.last_name.startsWith("N")), r.text);
  else assert.equal(r.json.code, "query.cursor");
});

test("changes without If-Match, with a wrong one, or on a version that is gone are refused and change nothing", async () => {
  const c = await f.create("rob", "contact", { last_name: "Version" });
  const path = `/api/v1/records/contact/${c.id}`;
  const patch = (headers) => () => f.as("rob", "PATCH", path, { last_name: "Changed" }, headers);
  const other = await f.create("rob", "contact", { last_name: "Other" });
  assert.equal((await f.patch("rob", "contact", c.id, { city: "Ulm" })).status, 200);
  await allRefused([
    ["no If-Match", patch({})],
    ["the version before", patch({ "if-match": '"v1"' }), "record.version_conflict"],
    ["a version to come", patch({ "if-match": '"v99"' }), "record.version_conflict"],
    ["a weak one", patch({ "if-match": 'W/"v2"' })],
    ["nonsense", patch({ "if-match": "v2" })],
    ["a delete of the version before", () => f.as("admin", "DELETE", path, undefined, { "if-match": '"v1"' }), "record.version_conflict"],
    ["a change of an id that is none", () => f.as("rob", "PATCH", "/api/v1/records/contact/77", { city: "x" }, { "if-match": "*" }), "record.not_found"],
    ["a change by one who may not", () => f.as("olga", "PATCH", `/api/v1/records/contact/${other.id}`, { city: "x" }, { "if-match": "*" })],
  ]);
  assert.equal((await f.must("rob", "GET", path)).last_name, "Version");
});

test("an Idempotency-Key makes a write happen once, and is refused for another one", async () => {
  const key = { "idempotency-key": "key-1" };
  const make = (body, headers, who = "rob") => f.as(who, "POST", "/api/v1/records/contact", body, headers);
  const one = await make({ last_name: "Once" }, key);
  assert.equal(one.status, 201);
  const again = await make({ last_name: "Once" }, key);
  assert.equal(again.status, 201);
  assert.equal(again.json.id, one.json.id);
  assert.equal((await f.list("rob", "contact", "last_name = 'Once'")).data.length, 1);
  await allRefused([
    ["another body under the same key", () => make({ last_name: "Twice" }, key), "idempotency.mismatch"],
    ["another address under the same key", () => f.as("rob", "POST", "/api/v1/records/account", { name: "Once" }, key), "idempotency.mismatch"],
    ["a key of 5,000 letters", () => make({ last_name: "Long" }, { "idempotency-key": "k".repeat(5000) })],
  ]);
  const mine = await make({ last_name: "Once" }, key, "rita");
  assert.equal(mine.status, 201);
  assert.notEqual(mine.json.id, one.json.id, "a key belongs to who sent it");
  const many = await Promise.all(Array.from({ length: 8 }, () => make({ last_name: "Race" }, { "idempotency-key": "race" })));
  assert.equal(new Set(many.filter((r) => r.status === 201).map((r) => r.json.id)).size, 1);
  assert.equal((await f.list("rob", "contact", "last_name = 'Race'")).data.length, 1);
});

test("bytes that are no HTTP end their connection and nothing else", async () => {
  const port = Number(new URL(f.base).port);
  const send = (bytes) =>
    new Promise((done) => {
      let got = "";
      const s = connect(port, "127.0.0.1", () => s.write(bytes));
      s.on("data", (d) => (got += d));
      s.on("close", () => done(got));
      s.on("error", () => done(got));
      setTimeout(() => s.destroy(), 300);
    });
  const host = "Host: x\r\n";
  for (const bytes of ["\0\0\0\0", "GET\r\n\r\n", "GET / HTTP/9.9\r\n\r\n", `GET /${"a".repeat(20_000)} HTTP/1.1\r\n${host}\r\n`, `GET / HTTP/1.1\r\n${host}X: ${"y".repeat(100_000)}\r\n\r\n`, `POST /api/v1/sign-in HTTP/1.1\r\n${host}Content-Length: -1\r\n\r\n`, `POST /api/v1/sign-in HTTP/1.1\r\n${host}Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello`, `POST /api/v1/sign-in HTTP/1.1\r\n${host}Transfer-Encoding: chunked\r\n\r\nZZ\r\n`]) {
    const answer = await send(bytes);
    assert.doesNotMatch(answer, /^HTTP\/1\.\d 2/, JSON.stringify(bytes.slice(0, 60)));
    assert.doesNotMatch(answer, /^HTTP\/1\.\d 5(?!0[15])/, JSON.stringify(bytes.slice(0, 60)));
  }
  assert.equal((await fetch(`${f.base}/healthz`)).status, 200);
  assert.equal(f.server.child.exitCode, null);
});

test("after all of it the database is sound", () => {
  f.run("check");
});

await finish();
