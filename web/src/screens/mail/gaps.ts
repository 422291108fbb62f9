// What in a mail still has to be filled in, where it stands, and where the words of a hint stand.
import type { Words } from "../../api/mail";

export interface Span {
  where: "subject" | "body";
  at: number;
  length: number;
}
export interface Gap extends Span {
  text: string;
  kind: "field" | "own words"; // the record does not say it; the writer has to
}

const FIELD = /\{\{[^{}]*\}\}/g;

// A line may have been broken elsewhere since the template gave it.
function loose(text: string): RegExp {
  return new RegExp(text.trim().replace(/[.*+?^${}()|[\]\\]/g, "\\$&").replace(/\s+/g, "\\s+"), "g");
}
function all(text: string, what: RegExp, where: Span["where"], kind: Gap["kind"]): Gap[] {
  return [...text.matchAll(what)].map((m) => ({ where, kind, at: m.index, length: m[0].length, text: m[0].replace(/\s+/g, " ") }));
}

// In the order one reads.
export function gapsOf(subject: string, body: string, words: Words | null): Gap[] {
  const own = [...new Set(words?.placeholders)].filter((x) => x.trim());
  return ([["subject", subject], ["body", body]] as const).flatMap(([where, text]) =>
    [...all(text, FIELD, where, "field"), ...own.flatMap((x) => all(text, loose(x), where, "own words"))].sort((a, b) => a.at - b.at));
}

// Passages that are to be made one's own and stand as the template gave them; those with a gap in them are named already.
export function untouched(body: string, words: Words | null, gaps: readonly Gap[]): { name: string; span: Span }[] {
  return (words?.passages ?? []).filter((p) => p.personal && p.text.trim()).flatMap((p) => {
    const at = body.indexOf(p.text.trim());
    const length = p.text.trim().length;
    if (at < 0 || gaps.some((g) => g.where === "body" && g.at >= at && g.at < at + length)) return [];
    return [{ name: p.name, span: { where: "body" as const, at, length } }];
  });
}

// The tone of both is looked at in one: the subject behind the text, because a greeting is looked for at its beginning.
export function toneText(subject: string, body: string): string {
  return subject.trim() ? `${body}\n\n${subject}` : body;
}
// Where the words of a hint stand now: the occurrence nearest to where they stood when it was asked for. null: they are gone, or
// it is about the whole.
export function placeOf(hint: { words: string; at: number }, subject: string, body: string): Span | null {
  if (!hint.words) return null;
  const text = toneText(subject, body);
  const asked = [...text].slice(0, hint.at).join("").length; // the server counts characters, a string its halves
  const [near] = [...text.matchAll(new RegExp(loose(hint.words), "gi"))].sort((a, b) => Math.abs(a.index - asked) - Math.abs(b.index - asked));
  if (!near) return null;
  const length = near[0].length;
  return near.index < body.length ? { where: "body", at: near.index, length } : { where: "subject", at: near.index - body.length - 2, length };
}

// For the mail program of this machine. Lines end as mails end them.
export function mailtoOf(to: string, subject: string, body: string): string {
  const part = (s: string): string => encodeURIComponent(s.replace(/\r?\n/g, "\r\n"));
  const address = encodeURIComponent(to).replace(/%40/g, "@").replace(/%2B/gi, "+");
  return `mailto:${address}?subject=${part(subject)}&body=${part(body)}`;
}
