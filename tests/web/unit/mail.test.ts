import { beforeEach, describe, expect, it, vi } from "vitest";
import type { Task } from "../../../web/src/api/client";
import type { Words } from "../../../web/src/api/mail";
import { gapsOf, mailtoOf, placeOf, toneText, untouched } from "../../../web/src/screens/mail/gaps";
import { bodyOf, compose, composing, isWritten, keepDraft, mailBody, newDraft, putAside, sendMail, thenOf, written } from "../../../web/src/store/mails";
import { flushHeld } from "../../../web/src/store/hold";
import { toasts, undoLast } from "../../../web/src/ui/toast";

const ASKED = "[what they asked, in their own words]";
const words: Words = {
  page: "template/first-reply", label: "First reply", channel: "email", subject: "Your question, {{first_name}}",
  passages: [
    { name: "Greeting", text: "Hello {{first_name}},\n", why: "A name.", personal: false },
    { name: "What they asked", text: `You asked about ${ASKED}.`, why: "They see it was read.", personal: true },
    { name: "Their trade", text: "I know shops like yours.", why: "", personal: true },
  ],
  unresolved: ["first_name"], placeholders: [ASKED],
};
const task = (after: object, more: object = {}): Task => ({ id: "7", version: 3, title: "First reply", words, after, record: { id: "1", object: "lead", title: "Mia Kane" }, ...more }) as unknown as Task;
const about = (x: Task | null) => ({ object: "lead", id: "1", title: "Mia Kane", task: x });
const cut = (text: string, s: { at: number; length: number } | null) => (s ? text.slice(s.at, s.at + s.length) : null);

describe("P14 what is not filled in yet", () => {
  const body = bodyOf(words);
  it("joins the passages with a line between them", () => {
    expect(body).toBe(`Hello {{first_name}},\n\nYou asked about ${ASKED}.\n\nI know shops like yours.`);
  });
  it("names merge fields and what is left to be written, in the order one reads, with their places", () => {
    const gaps = gapsOf(words.subject, body, words);
    expect(gaps.map((g) => [g.where, g.kind, g.text])).toEqual([["subject", "field", "{{first_name}}"], ["body", "field", "{{first_name}}"], ["body", "own words", ASKED]]);
    expect(gaps.slice(1).map((g) => cut(body, g))).toEqual(["{{first_name}}", ASKED]);
  });
  it("finds them where a line is broken in another place", () => {
    const broken = "You asked about [what they asked,\nin their own words].";
    expect(gapsOf("", broken, words).map((g) => cut(broken, g))).toEqual(["[what they asked,\nin their own words]"]);
  });
  it("leaves brackets alone that the template does not know, and finds nothing where all is filled in", () => {
    expect(gapsOf("Racks", "Hello Mia, you asked about racks [42 HE].", words)).toEqual([]);
    expect(gapsOf("Racks", "{{company}}", null).map((g) => g.text)).toEqual(["{{company}}"]);
  });
  it("says which personal passage stands untouched, unless a gap in it says so already", () => {
    expect(untouched(body, words, gapsOf("", body, words)).map((x) => x.name)).toEqual(["Their trade"]);
    expect(untouched(body.replace("I know shops like yours.", "Your shop in Leeds."), words, [])).toHaveLength(1);
  });
});

describe("P16 where the words of a hint stand", () => {
  const body = "Hello Mia 👋, just checking in. I was just\nchecking in.";
  it("is the occurrence nearest to where it was found, counted in characters", () => {
    const second = [...body].join("").indexOf("just\n") - 1; // one character less than halves: the hand before it
    expect(placeOf({ words: "just checking in", at: 13 }, "", body)?.at).toBe(body.indexOf("just checking"));
    expect(cut(body, placeOf({ words: "just checking in", at: second }, "", body))).toBe("just\nchecking in");
  });
  it("is in the subject where it was found behind the text", () => {
    const subject = "Just checking in";
    const at = [...toneText(subject, "Hello Mia")].join("").indexOf("Just");
    expect(placeOf({ words: "Just checking in", at }, subject, "Hello Mia")).toEqual({ where: "subject", at: 0, length: 16 });
  });
  it("is nowhere once the words are gone, or where the hint is about the whole", () => {
    expect(placeOf({ words: "just checking in", at: 3 }, "", "You asked about racks.")).toBeNull();
    expect(placeOf({ words: "", at: 0 }, "", body)).toBeNull();
  });
});

describe("the mail program of the machine", () => {
  it("gets the words encoded, with the line ends of mails", () => {
    expect(mailtoOf("mia+x@harbor.example", "Racks & more?", "Hello Mia,\n\n100 %: größer")).toBe("mailto:mia+x@harbor.example?subject=Racks%20%26%20more%3F&body=Hello%20Mia%2C%0D%0A%0D%0A100%20%25%3A%20gr%C3%B6%C3%9Fer");
  });
});

describe("what sending does to the task", () => {
  const outcomes = [{ label: "Left a voicemail", then: "", logs: "call" }, { label: "Wrote to them", then: "status becomes Contacted", logs: "email" }];
  it("is the first outcome that is a mail; none of them: it stays open; none at all: it is done", () => {
    expect(thenOf(task({ outcomes }))).toBe("Wrote to them");
    expect(thenOf(task({ outcomes: outcomes.slice(0, 1) }))).toBeNull();
    expect(thenOf(task({ outcomes: [] }))).toBe("");
    expect(thenOf(null)).toBeNull();
  });
  it("names the task only where it is to be closed", () => {
    const d = newDraft(about(task({ outcomes })));
    expect(mailBody({ ...d, to: "mia@harbor.example" })).toMatchObject({ object: "lead", record: "1", to: "mia@harbor.example", template: "template/first-reply", task: "7", outcome: "Wrote to them" });
    expect(mailBody({ ...d, then: null })).not.toHaveProperty("task");
    expect(mailBody({ ...newDraft(about(task({ outcomes: [] }))) })).not.toHaveProperty("outcome");
    expect(mailBody(newDraft(about(null)))).not.toHaveProperty("template");
  });
});

describe("what was written is never lost", () => {
  const asked: { path: string; body: Record<string, string> }[] = [];
  let answer: () => Response = () => Response.json({ id: "9" }, { status: 201 });
  beforeEach(() => {
    vi.useFakeTimers();
    asked.length = 0;
    toasts.value = [];
    vi.stubGlobal("fetch", (path: string | Request, init?: RequestInit) => {
      asked.push({ path: typeof path === "string" ? path : path.url, body: JSON.parse(String(init?.body ?? "{}")) as Record<string, string> });
      return Promise.resolve(answer());
    });
    return () => { vi.useRealTimers(); vi.unstubAllGlobals(); };
  });
  const write = (n: string) => {
    compose({ object: "lead", id: n, title: "Mia", task: null });
    const d = { ...(composing.value as NonNullable<typeof composing.value>), subject: "Racks", body: `They fit ${n}.`, to: "mia@harbor.example" };
    keepDraft(d);
    return d;
  };
  it("keeps what somebody wrote when the composer is closed, and nothing where they wrote nothing", () => {
    compose({ object: "lead", id: "10", title: "Mia", task: null });
    putAside(composing.value as NonNullable<typeof composing.value>);
    expect(toasts.value).toHaveLength(0);
    putAside(write("10"));
    expect(written.value.has("lead/10")).toBe(true);
    compose({ object: "lead", id: "10", title: "Mia", task: null });
    expect(composing.value?.body).toBe("They fit 10.");
    expect(isWritten(composing.value as NonNullable<typeof composing.value>)).toBe(true);
  });
  it("holds a mail for ten seconds; taken back, it stands in the composer as it was typed and nothing was asked of the server", () => {
    sendMail(write("11"), "Mia");
    expect([composing.value, toasts.value[0]?.text]).toEqual([null, "Mail to Mia goes out."]);
    vi.advanceTimersByTime(9_900);
    expect(asked).toHaveLength(0);
    undoLast();
    expect(composing.value?.body).toBe("They fit 11.");
    vi.advanceTimersByTime(20_000);
    expect(asked).toHaveLength(0);
  });
  it("sends it when the time is over, or when the page is left, and the Undo is gone then", async () => {
    sendMail(write("12"), "Mia");
    await vi.advanceTimersByTimeAsync(10_000);
    expect(asked.map((x) => [x.path, x.body["body"]])).toEqual([["/api/v1/mails", "They fit 12."]]);
    expect(toasts.value).toHaveLength(0);
    sendMail(write("13"), "Mia");
    flushHeld();
    await vi.advanceTimersByTimeAsync(0);
    expect(asked.map((x) => x.body["body"])).toEqual(["They fit 12.", "They fit 13."]);
  });
  it("brings it back with the reason where the server refuses it", async () => {
    answer = () => Response.json({ code: "mail.address_unknown", detail: "Nobody here has this address.", status: 422, pointer: "/to" }, { status: 422 });
    composing.value = null;
    sendMail(write("14"), "Mia");
    await vi.advanceTimersByTimeAsync(10_000);
    const back = composing.peek();
    expect([back?.body, back?.problem?.code]).toEqual(["They fit 14.", "mail.address_unknown"]);
  });
});
