// A company that is created in the browser: the page that is there until somebody has used it, and who may use it.
import assert from "node:assert/strict";
import { request } from "node:http";
import { call, finish, PASSWORD, run, serve, signIn, tempDir, test } from "./lib.mjs";

const ADDRESS = "mia@harbor.example";
const good = { company: "Harbor & <Health>", zone: "Europe/Berlin", currency: "EUR", name: "Mia Kane", email: ADDRESS, password: PASSWORD, starter: "b2b-sales" };

// fetch decides about Host, Origin and redirects itself; this says exactly what is sent.
function send(server, method, path, { form, headers = {} } = {}) {
  return new Promise((done, fail) => {
    const body = form ? new URLSearchParams(form).toString() : undefined;
    const sent = request(
      { host: "127.0.0.1", port: server.port, method, path, agent: false, headers: { accept: "text/html", ...(body ? { "content-type": "application/x-www-form-urlencoded", "content-length": Buffer.byteLength(body) } : {}), ...headers } },
      (r) => {
        let text = "";
        r.setEncoding("utf8").on("data", (d) => (text += d)).on("end", () => done({ status: r.statusCode, headers: r.headers, text }));
      },
    );
    sent.on("error", fail);
    sent.end(body);
  });
}
const code = (server) => /setup code: (\S+)/.exec(server.output())[1];
const wrong = (text, id) => new RegExp(`id="${id}-wrong">([^<]*)<`).exec(text)?.[1] ?? "";
const empty = async (extra = []) => {
  const dir = tempDir();
  return { dir, server: await serve(["start", "--empty", "--data", dir, ...extra]) };
};

test("every page leads to the first-run page until there is a company, and never again", async () => {
  const { dir, server } = await empty();
  assert.match(server.output(), new RegExp(`http://127.0.0.1:${server.port}/first-run`));
  for (const path of ["/", "/manual", "/lists/lead?view=1", "/sign-in"]) {
    const r = await send(server, "GET", path);
    assert.equal(r.status, 303, path);
    assert.equal(r.headers.location, "/first-run", path);
  }
  assert.equal((await call(server.base, "GET", "/api/v1/me")).status, 401);
  assert.equal((await call(server.base, "GET", "/healthz")).json.manual_version, 0);
  const page = await send(server, "GET", "/first-run");
  assert.equal(page.status, 200);
  assert.doesNotMatch(page.text, /<script|Setup code/);
  for (const id of ["company", "zone", "currency", "name", "email", "password"]) assert.match(page.text, new RegExp(`<label for="${id}">`));
  for (const starter of ["b2b-sales", "blank"]) assert.match(page.text, new RegExp(`type="radio" name="starter" value="${starter}"`));

  const made = await send(server, "POST", "/first-run", { form: good });
  assert.equal(made.status, 303, made.text);
  assert.equal(made.headers.location, "/");
  const token = /fairlead=(fls_[^;]+);.*HttpOnly.*SameSite=Lax/.exec(made.headers["set-cookie"].join())[1];
  const me = await call(server.base, "GET", "/api/v1/me", { token });
  assert.equal(me.json.email, ADDRESS);
  assert.equal(me.json.zone, "Europe/Berlin");
  assert.deepEqual(me.json.roles.map((r) => r.name), ["admin"]);
  assert.equal((await call(server.base, "GET", "/api/v1/my-day", { token })).json.data.length, 0);
  const policies = (await call(server.base, "GET", "/api/v1/policies", { token })).json.data;
  assert.ok(policies.length > 10);
  for (const p of policies) assert.ok(["off", "watch"].includes(p.mode), `${p.page} is ${p.mode}`);

  // What was chosen stands in the manual.
  const text = async (path) => (await call(server.base, "GET", `/api/v1/manual/pages/${path}`, { token })).json.text;
  const calendar = await text("calendar/company");
  assert.match(calendar, /^zone: Europe\/Berlin$/m);
  assert.doesNotMatch(calendar, /holidays:|Thanksgiving/);
  assert.match(calendar, /^hours: .*$/m);
  assert.match(await text("object/deal"), /amount: \{ type: money, label: Amount, currency: EUR,/);
  assert.match(await text("object/contact"), /mobile: \{ type: phone, label: Mobile, country: DE,/);
  const lead = await call(server.base, "POST", "/api/v1/records/lead", { token, body: { last_name: "Lee", company: "Acme", phone: "030 901820", budget: "1200" } });
  assert.equal(lead.status, 201, lead.text);
  assert.equal(lead.json.phone, "+4930901820");
  assert.deepEqual(lead.json.budget, { amount: "1200.00", currency: "EUR" });

  // It is over: the page leads away, the form changes nothing.
  const again = await send(server, "GET", "/first-run");
  assert.equal(again.status, 303);
  assert.equal(again.headers.location, "/");
  const late = await send(server, "POST", "/first-run", { form: { ...good, email: "bob@harbor.example" } });
  assert.equal(late.status, 409);
  assert.match(late.text, /There is a company here already/);
  assert.equal(late.headers["set-cookie"], undefined);
  assert.match((await send(server, "GET", "/sign-in")).text, /Harbor &amp; &lt;Health&gt;/);
  await signIn(server.base, ADDRESS);
  await assert.rejects(signIn(server.base, "bob@harbor.example"));
  await server.stop();
  assert.equal(JSON.parse(run(["user", "list", "--json", "--data", dir]).out).length, 1);
  const second = await serve(["start", "--empty", "--data", dir]);
  assert.doesNotMatch(second.output(), /first-run|setup code/);
  await signIn(second.base, ADDRESS);
  await second.stop();
});

test("each finding stands at its field and in a list that leads there; what was typed stays, but the password", async () => {
  const { dir, server } = await empty();
  const bad = { company: "", zone: "Europe/Berlim", currency: "EURO", name: 'Mia "K"', email: "mia at harbor", password: "password1234", starter: "b3b" };
  const r = await send(server, "POST", "/first-run", { form: bad });
  assert.equal(r.status, 422);
  assert.match(wrong(r.text, "company"), /name of the company is missing/);
  assert.match(wrong(r.text, "zone"), /Europe\/Berlim.*Did you mean Europe\/Berlin/);
  assert.match(wrong(r.text, "currency"), /EUR/);
  assert.match(wrong(r.text, "email"), /not a mail address/);
  assert.match(wrong(r.text, "password"), /too easy to guess/);
  assert.match(wrong(r.text, "starter"), /no starter manual/);
  for (const id of ["company", "zone", "currency", "email", "password", "starter"]) assert.match(r.text, new RegExp(`<li><a href="#${id}">`));
  assert.match(r.text, /id="name"[^>]*value="Mia &quot;K&quot;"/);
  assert.match(r.text, /id="email"[^>]*aria-describedby="email-hint email-wrong" aria-invalid="true" value="mia at harbor"/);
  assert.match(r.text, /<option value="Europe\/Berlim" selected>/);
  assert.ok(!r.text.includes("password1234"));
  for (const [password, why] of [["", /missing/], ["short", /has 5 characters/], ["mia kane rows seven boats", /contains your name/]])
    assert.match(wrong((await send(server, "POST", "/first-run", { form: { ...good, name: "Mia Kane", password } })).text, "password"), why);
  assert.match((await send(server, "POST", "/first-run", { form: { ...good, company: "" } })).text, /One thing is in the way/);
  assert.equal((await send(server, "POST", "/first-run", { form: { ...good, company: "x".repeat(20_000) } })).status, 415);
  assert.equal((await send(server, "POST", "/first-run", { headers: { "content-type": "application/json", "content-length": 0 } })).status, 415);
  assert.equal((await call(server.base, "GET", "/healthz")).json.manual_version, 0);
  await server.stop();
  const r2 = run(["user", "list", "--data", dir], { check: false });
  assert.match(r2.err, /no company/);
});

test("only somebody at this machine needs no setup code, and no other site can send the form", async () => {
  const { server } = await empty();
  const foreign = [{ host: "evil.example" }, { "x-forwarded-for": "127.0.0.1" }, { host: "127.evil.example" }];
  for (const headers of foreign) {
    const page = await send(server, "GET", "/first-run", { headers });
    assert.match(page.text, /<label for="code">Setup code/, JSON.stringify(headers));
    assert.ok(!page.text.includes(code(server)));
    for (const given of [{}, { code: "AAAA-BBBB-CCCC" }]) {
      const r = await send(server, "POST", "/first-run", { form: { ...good, ...given }, headers });
      assert.equal(r.status, 422);
      assert.match(wrong(r.text, "code"), given.code ? /not the setup code/ : /missing/);
    }
  }
  for (const headers of [{ origin: "https://evil.example" }, { "sec-fetch-site": "cross-site" }, { "sec-fetch-site": "same-site" }])
    assert.equal((await send(server, "POST", "/first-run", { form: good, headers })).status, 403, JSON.stringify(headers));
  assert.equal((await call(server.base, "GET", "/healthz")).json.manual_version, 0);
  const r = await send(server, "POST", "/first-run", { form: { ...good, code: ` ${code(server).toLowerCase()} ` }, headers: { host: "crm.example", origin: "http://crm.example" } });
  assert.equal(r.status, 303, r.text);
  await server.stop();

  const open = await serve(["serve", "--data", tempDir(), "--host", "0.0.0.0"]);
  assert.match(open.output(), /It asks for this setup code/);
  assert.equal((await send(open, "POST", "/first-run", { form: good })).status, 422);
  assert.equal((await send(open, "POST", "/first-run", { form: { ...good, code: code(open) } })).status, 303);
  await open.stop();
});

test("of several who come at once, one has the company and the others are told", async () => {
  const { dir, server } = await empty();
  const mails = [1, 2, 3, 4].map((i) => `p${i}@harbor.example`);
  const answers = await Promise.all(mails.map((email) => send(server, "POST", "/first-run", { form: { ...good, email } })));
  assert.deepEqual(answers.map((a) => a.status).sort(), [303, 409, 409, 409]);
  for (const a of answers) if (a.status === 409) assert.match(a.text, /There is a company here already/);
  const winner = mails[answers.findIndex((a) => a.status === 303)];
  for (const email of mails) await (email === winner ? signIn(server.base, email) : assert.rejects(signIn(server.base, email)));
  await server.stop();
  assert.deepEqual(JSON.parse(run(["user", "list", "--json", "--data", dir]).out).map((p) => p.email), [winner]);
});

test("an empty manual has records and roles, and asks nobody for anything", async () => {
  const { server } = await empty();
  const made = await send(server, "POST", "/first-run", { form: { ...good, starter: "blank", zone: "America/Chicago", currency: "USD" } });
  assert.equal(made.status, 303, made.text);
  const token = await signIn(server.base, ADDRESS);
  const pages = (await call(server.base, "GET", "/api/v1/manual/pages", { token })).json.data;
  const kinds = [...new Set(pages.map((p) => p.kind))].sort();
  assert.deepEqual(kinds, ["calendar", "object", "pack", "role", "vocabulary"]);
  assert.ok(pages.some((p) => p.path === "pack/blank") && !pages.some((p) => p.path === "pack/b2b-sales"));
  assert.match((await call(server.base, "GET", "/api/v1/manual/pages/calendar/company", { token })).json.text, /Thanksgiving/);
  const lead = await call(server.base, "POST", "/api/v1/records/lead", { token, body: { last_name: "Lee", company: "Acme" } });
  assert.equal(lead.status, 201, lead.text);
  assert.equal((await call(server.base, "GET", "/api/v1/my-day", { token })).json.data.length, 0);
  await server.stop();
});

test("init creates the same company in the terminal", async () => {
  const dir = tempDir();
  const init = (...more) => run(["init", "--data", dir, "--admin", ADDRESS, "--name", "Mia Kane", ...more], { input: `${PASSWORD}\n`, check: false });
  assert.match(init("--zone", "Europe/Berlim").err, /Did you mean Europe\/Berlin/);
  assert.match(init("--currency", "euro").err, /EUR/);
  assert.match(init("--starter", "b3b").err, /no starter manual/);
  const r = init("--company", "Harbor Health", "--zone", "Europe/Berlin", "--currency", "EUR", "--starter", "blank");
  assert.equal(r.code, 0, r.err);
  const server = await serve(["serve", "--data", dir]);
  assert.match((await send(server, "GET", "/sign-in")).text, /Harbor Health/);
  const token = await signIn(server.base, ADDRESS);
  assert.match((await call(server.base, "GET", "/api/v1/manual/pages/object/deal", { token })).json.text, /currency: EUR/);
  await server.stop();
});

await finish();
