// As much of JSON Schema 2020-12 as our OpenAPI document uses; an unknown keyword is an error, so that nothing is
// checked by accident only.
const IGNORED = new Set(["title", "description", "examples", "readOnly", "$comment"]);
const FORMATS = {
  "date-time": /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/,
  date: /^\d{4}-\d\d-\d\d$/,
  "uri-reference": /^\S*$/,
};

function typeOf(v) {
  if (v === null) return "null";
  if (Array.isArray(v)) return "array";
  return typeof v;
}

function hasType(v, type) {
  if (type === "integer") return typeof v === "number" && Number.isInteger(v);
  return typeOf(v) === type;
}

export function resolve(doc, ref) {
  return ref.slice(2).split("/").reduce((at, part) => at?.[part.replaceAll("~1", "/").replaceAll("~0", "~")], doc);
}

// Findings as texts with the place in the value; empty if it fits.
export function check(doc, schema, v, at = "") {
  const found = [];
  const say = (text) => found.push(`${at || "/"}: ${text}`);
  if (schema === undefined) return [`${at}: no schema`];
  for (const [key, rule] of Object.entries(schema)) {
    if (IGNORED.has(key)) continue;
    switch (key) {
      case "$ref":
        found.push(...check(doc, resolve(doc, rule), v, at));
        break;
      case "type":
        if (![rule].flat().some((t) => hasType(v, t))) say(`is ${typeOf(v)}, not ${[rule].flat().join(" or ")}`);
        break;
      case "enum":
        if (!rule.includes(v)) say(`${JSON.stringify(v)} is not one of ${JSON.stringify(rule).slice(0, 80)}`);
        break;
      case "pattern":
        if (typeof v === "string" && !new RegExp(rule, "u").test(v)) say(`${JSON.stringify(v)} does not match ${rule}`);
        break;
      case "format":
        if (!FORMATS[rule]) say(`unknown format ${rule}`);
        else if (typeof v === "string" && !FORMATS[rule].test(v)) say(`${JSON.stringify(v)} is no ${rule}`);
        break;
      case "minimum":
        if (typeof v === "number" && v < rule) say(`${v} < ${rule}`);
        break;
      case "maximum":
        if (typeof v === "number" && v > rule) say(`${v} > ${rule}`);
        break;
      case "minLength":
        if (typeof v === "string" && [...v].length < rule) say("too short");
        break;
      case "maxLength":
        if (typeof v === "string" && [...v].length > rule) say("too long");
        break;
      case "maxItems":
        if (Array.isArray(v) && v.length > rule) say(`${v.length} items`);
        break;
      case "items":
        if (Array.isArray(v)) v.forEach((x, i) => found.push(...check(doc, rule, x, `${at}/${i}`)));
        break;
      case "properties":
        if (typeOf(v) === "object")
          for (const [name, s] of Object.entries(rule)) if (name in v) found.push(...check(doc, s, v[name], `${at}/${name}`));
        break;
      case "required":
        if (typeOf(v) === "object") for (const name of rule) if (!(name in v)) say(`lacks ${name}`);
        break;
      case "additionalProperties":
        if (typeOf(v) === "object")
          for (const name of Object.keys(v)) {
            if (schema.properties && name in schema.properties) continue;
            if (rule === false) say(`has ${name}, which is not allowed`);
            else if (rule !== true) found.push(...check(doc, rule, v[name], `${at}/${name}`));
          }
        break;
      case "allOf":
        for (const s of rule) found.push(...check(doc, s, v, at));
        break;
      case "anyOf":
        if (!rule.some((s) => check(doc, s, v, at).length === 0)) say(`fits none of ${rule.length} schemas: ${JSON.stringify(v).slice(0, 80)}`);
        break;
      default:
        say(`schema has ${key}, which this checker does not know`);
    }
  }
  return found;
}

// The operation of the document that a request means: literal segments go before parameters.
export function operation(doc, method, path) {
  const want = path.split("?")[0].split("/");
  let best;
  for (const [pattern, item] of Object.entries(doc.paths)) {
    const parts = pattern.split("/");
    if (parts.length !== want.length) continue;
    if (!parts.every((p, i) => (p.startsWith("{") ? want[i] !== "" : p === want[i]))) continue;
    const score = parts.filter((p) => p.startsWith("{")).length;
    const op = item[method.toLowerCase()];
    if (op && (!best || score < best.score)) best = { op, pattern, score };
  }
  return best;
}

// Does an answer keep what the document promises? Findings as texts.
export function checkAnswer(doc, method, path, answer) {
  const found = operation(doc, method === "HEAD" ? "GET" : method, path);
  if (!found) return [];
  let promised = found.op.responses[String(answer.status)];
  if (!promised) return [`${answer.status} is not promised for ${method} ${found.pattern}`];
  if (promised.$ref) promised = resolve(doc, promised.$ref);
  const type = (answer.headers["content-type"] ?? "").split(";")[0];
  if (!promised.content) return answer.body.length && answer.status !== 304 ? [`${answer.status} has a body, none is promised`] : [];
  if (!promised.content[type]) return [`content type "${type}" is not promised`];
  if (method === "HEAD" || !type.endsWith("json")) return [];
  return check(doc, promised.content[type].schema, answer.json);
}
