// A real mail server in this process, for tests of what leaves the house.
//   const box = await mailServer();               // box.url, box.mails (parsed, with envelope), box.refuse, box.hold
//   await box.arrived(2);
//   await box.close();
import assert from "node:assert/strict";
import { simpleParser } from "mailparser";
import { SMTPServer } from "smtp-server";

// refuse: (address) => [code, text] or nothing; hold: called with each message before it is acknowledged.
export async function mailServer({ refuse, hold, port = 0, ...options } = {}) {
  const mails = [];
  let connections = 0;
  const box = { mails, refuse, hold, connections: () => connections };
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: options.key ? [] : ["STARTTLS"],
    logger: false,
    onConnect(_, done) {
      connections++;
      done();
    },
    onRcptTo(address, _, done) {
      const no = box.refuse?.(address.address);
      done(no && Object.assign(new Error(no[1]), { responseCode: no[0] }));
    },
    onData(stream, session, done) {
      simpleParser(stream, { skipTextToHtml: true }).then(async (mail) => {
        mails.push({ ...mail, envelope: session.envelope, user: session.user, secure: session.secure });
        await box.hold?.(mail);
        done();
      }, done);
    },
    ...options,
  });
  server.on("error", () => {}); // a peer that is killed
  await new Promise((ready) => server.listen(port, "127.0.0.1", ready));
  box.port = server.server.address().port;
  box.url = `smtp://127.0.0.1:${box.port}`;
  box.close = () => new Promise((done) => server.close(done));
  box.arrived = (n, ms = 8000) => until(() => mails.length >= n, ms, () => `${mails.length} of ${n} mails`);
  return box;
}
export const sleep = (ms) => new Promise((r) => setTimeout(r, ms));
export async function until(holds, ms, what) {
  for (const end = Date.now() + ms; ; await sleep(30)) {
    if (await holds()) return;
    if (Date.now() > end) assert.fail(`not within ${ms} ms: ${await what()}`);
  }
}
