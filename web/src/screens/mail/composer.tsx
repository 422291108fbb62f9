// Writing to a customer: the words of a template with their reasons beside them, what is still to be filled in, what the guide
// says about the tone, and what sending does. Hints never stop anybody; what is not filled in does, and says where.
import { useEffect, useId, useLayoutEffect, useRef, useState } from "preact/hooks";
import type { FieldShape, ObjectShape, Problem } from "../../api/client";
import { readMail, type MailAddress, type MailForm, type Words } from "../../api/mail";
import { t } from "../../i18n/t";
import { path, recordHref } from "../../nav/router";
import { bodyOf, early, isWritten, keepDraft, logMail, putAside, sendMail, throwAway, type Draft } from "../../store/mails";
import { entryOf, readRecord, shownFields, type Fields } from "../../store/records";
import { fieldOf, objectOf } from "../../store/session";
import { outcomesOf, wordsOf } from "../../store/tasks";
import { isRef } from "../../store/values";
import { Button } from "../../ui/button";
import { Dialog } from "../../ui/dialog";
import { FieldRow } from "../../ui/field-edit";
import { isEditable } from "../../ui/field-input";
import { Icon } from "../../ui/icon";
import { offlineProblem, ProblemNote } from "../../ui/states";
import { readAddresses, TheirTime } from "../record/clock";
import { LastContacts } from "../record/contacts";
import { useTimeline } from "../record/timeline";
import { Before, WhyWords } from "./before";
import { gapsOf, mailtoOf, toneText, type Gap, type Span } from "./gaps";
import { useTone } from "./tone";
import "./mail.css";

type Errors = Partial<Record<"to" | "subject" | "body", string>>;
const MAILTO_MOST = 1800; // what every mail program takes over

function errorsOf(problem: Problem | null): Errors {
  const found: Errors = {};
  for (const e of problem?.errors ?? (problem?.pointer ? [problem] : [])) {
    const name = (e.pointer ?? "").slice(1);
    if (name === "to" || name === "subject" || name === "body") found[name] = [e.detail, e.way_out].filter(Boolean).join(" ");
  }
  return found;
}
const listed = (gaps: readonly Gap[]): string => t("Still to fill in: {what}.", { what: [...new Set(gaps.map((g) => g.text))].join(", ") });
const sayAddress = (a: MailAddress): string => (a.name ? `${a.name} <${a.address}>` : a.address);

export function Composer({ draft }: { draft: Draft }) {
  const id = useId();
  const [d, setDraft] = useState(draft);
  const latest = useRef(d);
  const [info, setInfo] = useState<MailForm | null>(null);
  const [unread, setUnread] = useState<Problem | null>(null);
  const [words, setWords] = useState<Words | null>(() => { const w = d.task ? wordsOf(d.task) : null; return w && w.page === d.template ? w : null; });
  const [errors, setErrors] = useState<Errors>(() => errorsOf(d.problem));
  const [tries, setTries] = useState(0);
  const [replaced, setReplaced] = useState<{ draft: Draft; words: Words | null } | null>(null);
  const [said, setSaid] = useState("");
  const [refused, setRefused] = useState<Problem | null>(d.problem && Object.keys(errorsOf(d.problem)).length === 0 ? d.problem : null);
  const subject = useRef<HTMLInputElement>(null);
  const body = useRef<HTMLTextAreaElement>(null);
  const to = useRef<HTMLDivElement>(null);
  const chosen = useRef(false); // the words that come were chosen here: they go into the text
  const hurried = useRef(false); // Send was pressed before it was known whom to
  const asked = useRef(0);

  const shape = objectOf(d.object);
  const entry = entryOf(d.object, d.id).value;
  const fields: Fields = entry ? shownFields(entry) : {};
  const title = d.title || String(fields[shape?.title ?? ""] ?? "") || shape?.label || "";
  const timeline = useTimeline(d.object, d.id, 0);
  const tone = useTone("email", toneText(d.subject, d.body));
  const gaps = gapsOf(d.subject, d.body, words);

  const put = (patch: Partial<Draft>): void => {
    latest.current = { ...latest.current, ...patch };
    keepDraft(latest.current);
    setDraft(latest.current);
  };
  const type = (patch: { subject?: string; body?: string }): void => {
    put(patch);
    setErrors((old) => ({ ...old, ...("subject" in patch ? { subject: undefined } : { body: undefined }) }));
  };
  const show = (span: Span): void => {
    const el = span.where === "subject" ? subject.current : body.current;
    if (!el) return;
    el.setSelectionRange(span.at, span.at + span.length);
    el.focus();
    // Focusing shows the box, not always the words: about where they stand, as far as letters tell.
    el.scrollTop = (el.scrollHeight * span.at) / Math.max(1, el.value.length) - el.clientHeight / 2;
    el.scrollIntoView({ block: "nearest" });
  };
  // The words of a template take the place of what stands there; what was typed can be had back.
  const fill = (next: Words | null): void => {
    const old = latest.current;
    const filled = { subject: next?.subject ?? "", body: bodyOf(next) };
    if (isWritten(old)) setReplaced({ draft: old, words });
    setWords(next);
    put({ ...filled, filled });
  };

  const none = info !== null && info.addresses.length === 0;
  useEffect(() => {
    const stop = new AbortController();
    const mine = ++asked.current;
    setUnread(null);
    readMail(d.object, d.id, latest.current.template, stop.signal).then((r) => {
      if (mine !== asked.current) return;
      if (!r.ok) return setUnread(r.problem);
      setInfo(r.data);
      const fresh = r.data.words;
      if (chosen.current || (fresh && !isWritten(latest.current) && bodyOf(fresh) !== latest.current.body)) fill(fresh);
      else if (fresh) setWords(fresh);
      chosen.current = false;
    }, () => { if (mine === asked.current && !stop.signal.aborted) setUnread({ ...offlineProblem(), detail: t("The server cannot be reached. What you write stays here.") }); });
    return () => stop.abort();
  }, [d.template, none ? entry?.version : 0, tries]);
  useEffect(() => {
    const known = entryOf(d.object, d.id).peek();
    void (known?.whole ? Promise.resolve() : readRecord(d.object, d.id).catch(() => null)).then(() => {
      const now = entryOf(d.object, d.id).peek();
      if (shape && now) void readAddresses(shape, now.fields);
    });
  }, []);
  // Where the words are there, one types over the first gap in them.
  useLayoutEffect(() => {
    const first = gaps[0];
    if (first) show(first);
    else if (d.subject) body.current?.focus();
    else subject.current?.focus();
    const el = document.activeElement;
    if (early.words && (el === body.current || el === subject.current)) {
      const field = el as HTMLInputElement | HTMLTextAreaElement;
      field.setRangeText(early.words, field.selectionStart ?? 0, field.selectionEnd ?? 0, "end");
      type(el === body.current ? { body: field.value } : { subject: field.value });
    }
    early.words = "";
  }, []);
  // A link in here, to the guide or the record, leads away: the mail is put aside.
  const here = path.value;
  const began = useRef(here);
  useEffect(() => { if (here !== began.current) putAside(latest.current); }, [here]);

  const choose = (page: string): void => {
    if (page) {
      chosen.current = true;
      return put({ template: page });
    }
    put({ template: "" });
    if (!isWritten(latest.current)) fill(null);
    setWords(null);
  };
  const putBack = (): void => {
    if (!replaced) return;
    setWords(replaced.words);
    put({ subject: replaced.draft.subject, body: replaced.draft.body, filled: replaced.draft.filled, template: replaced.draft.template });
    setReplaced(null);
  };

  // Unless somebody chose: the record's own, then the person it names, then whoever else there is.
  const person = isRef(fields["contact"]) ? fields["contact"].id : "";
  const wanted = info?.addresses.filter((a) => !a.unwanted) ?? [];
  const address = info?.addresses.find((a) => a.address === d.to) ?? wanted.find((a) => a.record === d.id) ?? wanted.find((a) => a.record === person) ?? wanted[0] ?? info?.addresses[0];
  const isOff = info?.mail === "off";
  // What is missing is said at its field, and the first of it is gone to.
  const isReady = (needsAddress: boolean): boolean => {
    const inSubject = gaps.filter((g) => g.where === "subject");
    const inBody = gaps.filter((g) => g.where === "body");
    const found: Errors = {};
    if (needsAddress && !address) found.to = info ? t("There is no mail address to send it to.") : t("The addresses could not be read.");
    if (address?.unwanted) found.to = t("{name} asked not to get mails. Call them, or write to somebody else.", { name: address.name || address.address });
    if (!d.subject.trim()) found.subject = t("A subject is missing. Say in a few words what it is about.");
    else if (inSubject.length) found.subject = listed(inSubject);
    if (!d.body.trim()) found.body = t("There are no words yet.");
    else if (inBody.length) found.body = listed(inBody);
    setErrors(found);
    setRefused(null);
    if (found.to) to.current?.querySelector<HTMLElement>("button, select, a")?.focus();
    else if (inSubject[0]) show(inSubject[0]);
    else if (found.subject) subject.current?.focus();
    else if (inBody[0]) show(inBody[0]);
    else if (found.body) body.current?.focus();
    return Object.keys(found).length === 0;
  };
  const submit = (): void => {
    if (!info && !unread) {
      hurried.current = true;
      return;
    }
    if (!isReady(true) || !address) return;
    if (isOff) return setRefused({ ...offlineProblem(), status: 409, code: "mail.off", detail: t("Not sent: this company's fairlead sends no mails yet."), way_out: t("Whoever runs it can set mail-server. Until then, open it in your mail program and log it here.") });
    sendMail({ ...latest.current, to: address.address }, address.name || address.address);
  };
  useEffect(() => {
    if (!hurried.current || (!info && !unread)) return;
    hurried.current = false;
    submit();
  }, [info, unread]);
  const copy = (): void => {
    void navigator.clipboard.writeText(`${d.subject}\n\n${d.body}`).then(() => setSaid(t("Copied.")), () => setSaid(t("This browser does not let the page copy. Select the words instead.")));
  };
  const mailto = isOff ? mailtoOf(address?.address ?? "", d.subject, d.body) : "";

  return (
    <Dialog title={t("Mail: {name}", { name: title })} onClose={() => putAside(latest.current)} kind="wide">
      <form class="form mail" noValidate onSubmit={(e) => { e.preventDefault(); submit(); }}>
        {/* Whatever has the focus in here: the screen below has this combination too. */}
        <div class="mail-grid" role="presentation" onKeyDown={(e) => { if (e.key === "Enter" && (e.ctrlKey || e.metaKey) && !e.defaultPrevented) { e.preventDefault(); submit(); } }}>
          <div class="mail-fields">
            {unread && <ProblemNote problem={unread} retry={() => setTries((n) => n + 1)} />}
            <div class="mail-who" ref={to}>
              <To id={`${id}-to`} info={info} value={address} choose={(a) => { put({ to: a }); setErrors((old) => ({ ...old, to: undefined })); }} error={errors.to} shape={shape} record={d.id} fields={fields} />
              <p class="meta mail-from">{info === null ? "\u00a0" : isOff ? t("This company's fairlead sends no mails yet: an administrator sets mail-server.")
                : info.reply_to && !info.from.includes(info.reply_to) ? t("From {from}; answers go to {reply}", { from: info.from, reply: info.reply_to }) : t("From {from}", { from: info.from })}</p>
              {shape && <TheirTime shape={shape} fields={fields} />}
            </div>
            {((info?.templates.length ?? 0) > 0 || d.template) && (
              <div class="form-field">
                <label for={`${id}-template`}>{t("Template")}</label>
                <select id={`${id}-template`} value={d.template} onChange={(e) => choose(e.currentTarget.value)}>
                  <option value="">{t("No template")}</option>
                  {words && !info?.templates.some((x) => x.page === words.page) && <option value={words.page}>{words.label}</option>}
                  {info?.templates.map((x) => <option key={x.page} value={x.page}>{x.label}</option>)}
                </select>
                {replaced && <p class="row wrap" role="status"><span>{t("The words of the template took the place of yours.")}</span><Button kind="quiet" icon="undo-2" onClick={putBack}>{t("Put mine back")}</Button></p>}
              </div>
            )}
            <div class="form-field">
              <label for={`${id}-subject`}>{t("Subject")}</label>
              <input id={`${id}-subject`} ref={subject} maxLength={200} value={d.subject} onInput={(e) => type({ subject: e.currentTarget.value })}
                aria-invalid={Boolean(errors.subject) || undefined} aria-describedby={errors.subject ? `${id}-subject-e` : undefined} />
              {errors.subject && <p id={`${id}-subject-e`} class="field-error" role="alert">{errors.subject}</p>}
            </div>
            <div class="form-field">
              <label for={`${id}-body`}>{t("What you write")}</label>
              <textarea id={`${id}-body`} ref={body} rows={17} value={d.body} onInput={(e) => type({ body: e.currentTarget.value })}
                aria-invalid={Boolean(errors.body) || undefined} aria-describedby={errors.body ? `${id}-body-e` : undefined} />
              {errors.body && <p id={`${id}-body-e`} class="field-error" role="alert">{errors.body}</p>}
            </div>
            <Then id={`${id}-then`} draft={d} put={put} />
          </div>
          <div class="mail-side">
            <Before subject={d.subject} body={d.body} words={words} gaps={gaps} tone={tone} show={show} />
            {words && <WhyWords words={words} />}
            {shape && <LastContacts shape={shape} items={timeline.items} next={undefined} n={3} />}
          </div>
          <div class={isOff ? "mail-foot many" : "mail-foot"}>
            {refused && <ProblemNote problem={refused} />}
            <p class="meta" role="status">{said || (mailto.length > MAILTO_MOST ? t("Some mail programs cut a text this long: copy it, if yours does.") : "")}</p>
            <div class="form-foot">
              {isWritten(d) && <Button kind="quiet" icon="trash-2" onClick={() => throwAway(latest.current)}>{t("Throw away")}</Button>}
              <span class="grow" />
              {isOff && <Button icon="copy" onClick={copy}>{t("Copy the words")}</Button>}
              {isOff && <a class="button plain" href={mailto} onClick={(e) => { if (!isReady(false)) e.preventDefault(); }}><Icon name="external-link" /><span>{t("Open in mail program")}</span></a>}
              {isOff && <Button icon="check" onClick={() => { if (isReady(false)) logMail(latest.current); }}>{t("Log it as sent")}</Button>}
              <Button kind="primary" icon="mail" type="submit" keys="mod+Enter">{t("Send")}</Button>
            </div>
          </div>
        </div>
      </form>
    </Dialog>
  );
}

interface ToProps {
  id: string;
  info: MailForm | null;
  value: MailAddress | undefined;
  choose: (address: string) => void;
  error: string | undefined;
  shape: ObjectShape | undefined;
  record: string;
  fields: Fields;
}
function To({ id, info, value, choose, error, shape, record, fields }: ToProps) {
  const many = (info?.addresses.length ?? 0) > 1;
  return (
    <>
      {many ? <label for={id}>{t("To")}</label> : <span id={id}>{t("To")}</span>}
      {info === null ? <p class="mail-to">{"\u00a0"}</p> : many ? (
        <select id={id} value={value?.address} onChange={(e) => choose(e.currentTarget.value)} aria-invalid={Boolean(error) || undefined} aria-describedby={error ? `${id}-e` : undefined}>
          {info.addresses.map((a) => <option key={`${a.record} ${a.address}`} value={a.address}>{[sayAddress(a), objectOf(a.object)?.label].filter(Boolean).join(" · ")}</option>)}
        </select>
      ) : value ? <p class="mail-to lines">{sayAddress(value)}</p> : <NoAddress shape={shape} record={record} fields={fields} />}
      {value?.unwanted && !error && <p class="row"><Icon name="triangle-alert" class="warn" /><span>{t("They asked not to get mails.")}</span></p>}
      {error && <p id={`${id}-e`} class="field-error" role="alert">{error}</p>}
    </>
  );
}

// Nobody to write to yet: the field that is missing, to be filled in here, or the record it stands on.
function NoAddress({ shape, record, fields }: { shape: ObjectShape | undefined; record: string; fields: Fields }) {
  const isMail = (f: FieldShape): boolean => f.type === "email";
  const own = shape?.fields.find((f) => isMail(f) && isEditable(f));
  const refs = (shape?.fields ?? []).filter((f) => f.type === "reference" && f.to !== "user" && objectOf(f.to ?? "")?.fields.some(isMail));
  const named = refs.filter((f) => isRef(fields[f.name]));
  const first = refs.find((f) => f.name === "contact") ?? refs[0]; // a person before a company
  return (
    <div class="stack">
      <p class="row"><Icon name="triangle-alert" class="warn" /><span>{own ? t("No mail address is known yet. Fill it in, and the mail can go:") : named.length ? t("No mail address is known yet. It is filled in here:") : t("No mail address is known yet. Say whom it goes to:")}</span></p>
      {shape && own && <div class="facts boxed"><FieldRow object={shape.name} id={record} field={own} value={fields[own.name]} eager /></div>}
      {!own && named.map((f) => { const ref = fields[f.name]; const field = objectOf(f.to ?? "")?.fields.find(isMail); return isRef(ref) && <p key={f.name}><a href={recordHref(f.to ?? "", ref.id)}>{t("{field} of {name}", { field: field?.label ?? t("Email"), name: ref.name ?? f.label })}</a></p>; })}
      {shape && !own && !named.length && first && isEditable(first) && <div class="facts boxed"><FieldRow object={shape.name} id={record} field={fieldOf(shape, first.name) ?? first} value={fields[first.name]} eager /></div>}
    </div>
  );
}

// What sending means beside that it goes out.
function Then({ id, draft, put }: { id: string; draft: Draft; put: (patch: Partial<Draft>) => void }) {
  const { task, then } = draft;
  if (!task) return <p class="meta">{t("Then: it stands on the record as a mail.")}</p>;
  const outcomes = outcomesOf(task);
  const chosen = outcomes.find((o) => o.label === then);
  const when = task.why?.done_when ?? "";
  const says = then === null ? (when ? t("The task closes by itself once this holds: {condition}", { condition: when }) : t("The mail stands on the record, the task stays in your day."))
    : chosen ? chosen.then : when ? t("The task closes once this holds: {condition}", { condition: when }) : t("The task is done.");
  return (
    <div class="form-field">
      <label for={id}>{t("Then")}</label>
      <select id={id} value={then === null ? "open" : `=${then}`} aria-describedby={`${id}-says`} onChange={(e) => { const v = e.currentTarget.value; put({ then: v === "open" ? null : v.slice(1) }); }}>
        {outcomes.map((o) => <option key={o.label} value={`=${o.label}`}>{t("{task}: {how}", { task: task.title, how: o.label })}</option>)}
        {outcomes.length === 0 && <option value="=">{t("{task}: {how}", { task: task.title, how: t("done") })}</option>}
        <option value="open">{t("Leave the task open")}</option>
      </select>
      <p class="meta" id={`${id}-says`}>{says && <><span aria-hidden="true">→ </span>{says}</>}</p>
    </div>
  );
}
