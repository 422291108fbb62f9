// HTTP over a plain socket: what is sent is what stands in the test, well-formed or not.
import { connect } from "node:net";

function parse(buf, method) {
  const end = buf.indexOf("\r\n\r\n");
  if (end < 0) return undefined;
  const lines = buf.subarray(0, end).toString("latin1").split("\r\n");
  const headers = {};
  for (const line of lines.slice(1)) {
    const colon = line.indexOf(":");
    const name = line.slice(0, colon).toLowerCase();
    const value = line.slice(colon + 1).trim();
    headers[name] = name in headers ? `${headers[name]}\n${value}` : value;
  }
  const status = Number(lines[0].split(" ")[1]);
  let rest = buf.subarray(end + 4);
  let body = Buffer.alloc(0);
  if (method === "HEAD" || status === 204 || status === 304) return { status, headers, body, used: end + 4 };
  if (headers["transfer-encoding"] === "chunked") {
    const parts = [];
    let used = end + 4;
    for (;;) {
      const eol = rest.indexOf("\r\n");
      if (eol < 0) return undefined;
      const n = parseInt(rest.subarray(0, eol).toString("latin1"), 16);
      if (rest.length < eol + 2 + n + 2) return undefined;
      parts.push(rest.subarray(eol + 2, eol + 2 + n));
      rest = rest.subarray(eol + 2 + n + 2);
      used += eol + 2 + n + 2;
      if (n === 0) break;
    }
    return { status, headers, body: Buffer.concat(parts), used };
  }
  const length = Number(headers["content-length"] ?? 0);
  if (rest.length < length) return undefined;
  body = rest.subarray(0, length);
  return { status, headers, body, used: end + 4 + length };
}

// Sends bytes, gives the answers read until `count` of them are there or the peer closes.
export function exchange(port, bytes, method = "GET", count = 1, timeoutMs = 30000) {
  return new Promise((done, fail) => {
    const socket = connect({ port, host: "127.0.0.1" });
    const answers = [];
    let buf = Buffer.alloc(0);
    const finish = () => {
      clearTimeout(timer);
      socket.destroy();
      done(answers);
    };
    const timer = setTimeout(() => {
      socket.destroy();
      fail(new Error(`no answer after ${timeoutMs} ms; got ${buf.length} bytes`));
    }, timeoutMs);
    socket.on("connect", () => socket.write(bytes));
    socket.on("data", (d) => {
      buf = Buffer.concat([buf, d]);
      for (;;) {
        const answer = parse(buf, method);
        if (!answer) break;
        buf = buf.subarray(answer.used);
        answer.text = answer.body.toString("utf8");
        try {
          answer.json = JSON.parse(answer.text);
        } catch {
          answer.json = undefined;
        }
        answers.push(answer);
        if (answers.length === count) return finish();
      }
    });
    socket.on("close", finish);
    socket.on("error", (e) => (e.code === "ECONNRESET" || e.code === "EPIPE" ? finish() : fail(e)));
  });
}

export async function request(port, method, target, { headers = {}, body } = {}) {
  const lines = [`${method} ${target} HTTP/1.1`];
  const all = { Host: `127.0.0.1:${port}`, Connection: "close", ...headers };
  const bytes = body === undefined ? undefined : Buffer.from(body, "utf8");
  if (bytes) all["Content-Length"] ??= String(bytes.length);
  else if (method !== "GET" && method !== "HEAD" && method !== "OPTIONS") all["Content-Length"] ??= "0";
  for (const [k, v] of Object.entries(all)) lines.push(`${k}: ${v}`);
  const head = Buffer.from(`${lines.join("\r\n")}\r\n\r\n`, "latin1");
  const [answer] = await exchange(port, bytes ? Buffer.concat([head, bytes]) : head, method);
  if (!answer) throw new Error(`${method} ${target}: the connection was closed without an answer`);
  return answer;
}
