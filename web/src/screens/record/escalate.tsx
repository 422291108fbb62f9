// Calling for help: which kind, who is called when and how, and the story of the record goes along. One click opens it, the
// second calls.
import { signal } from "@preact/signals";
import { useEffect, useId, useRef, useState } from "preact/hooks";
import { api, newKey, settle, type Problem } from "../../api/client";
import { dayOf, formatNear, formatTime, today } from "../../i18n/format";
import { t } from "../../i18n/t";
import { ticks } from "../../store/live";
import { loadManual, manualPages, type PageHead } from "../../store/manual";
import { personName } from "../../store/session";
import { Button } from "../../ui/button";
import { Dialog } from "../../ui/dialog";
import { Icon } from "../../ui/icon";
import { EmptyState, offlineProblem, ProblemNote, Skeleton } from "../../ui/states";
import { WhyLink } from "../../ui/status";
import { toast } from "../../ui/toast";
import { sentence } from "../day/task-card";

export interface Level {
  level: string;
  asked: string;
  at: string;
  who: string | null;
  name: string;
  phone: string;
  email: string;
  instead_of_name: string;
  how: string;
}
export interface Escalation {
  id: string;
  page: string;
  label: string;
  started: string;
  started_by: string | null;
  who: string | null;
  who_name: string;
  acknowledged: string | null;
  acknowledged_by: string | null;
  ended: string | null;
  note: string;
  answer: string;
  manual_version: number;
  calls: { level: string; at: string; who: string | null; who_name: string; how: string }[];
}
// What may be escalated here: the record itself, and what it belongs to.
export interface Subject {
  object: string;
  id: string;
  title: string;
}
export const escalating = signal(false);

export async function readEscalations(id: string): Promise<readonly Escalation[]> {
  const r = settle(await api.GET("/api/v1/escalations", { params: { query: { record: id } } }));
  return r.ok ? (r.data.data as unknown as Escalation[]) : [];
}

// Kinds of help for each subject, the record's own first.
export function pathsFor(pages: readonly PageHead[], subjects: readonly Subject[]): { page: PageHead; subject: Subject }[] {
  const paths = pages.filter((p) => p.kind === "escalation");
  return subjects.flatMap((subject, i) => paths.filter((p) => (p.object ? p.object === subject.object : i === 0)).map((page) => ({ page, subject })));
}

function when(at: string): string {
  return dayOf(at) === today() ? formatTime(at) : formatNear(at);
}

function LevelLine({ level, first }: { level: Level; first: boolean }) {
  const name = level.level === "end" ? t("At the end") : level.level;
  return (
    <li class="level">
      <span class="level-when num">{first ? t("at once") : when(level.at)}</span>
      <span class="grow">
        <span class="level-who">{level.name ? <b>{level.name}</b> : <span class="muted">{t("nobody to reach: {who}", { who: level.asked })}</span>}
          {level.phone && <a href={`tel:${level.phone}`} class="num"><Icon name="phone" />{level.phone}</a>}
          {!level.phone && level.email && <a href={`mailto:${level.email}`}><Icon name="mail" /><span>{level.email.split(/(?<=[@.])/).map((part, i) => <>{i > 0 && <wbr />}{part}</>)}</span></a>}</span>
        <span class="meta">{[name, level.how === "task" ? t("a task on their day") : t("a notice"), level.instead_of_name && t("instead of {name}, who is away", { name: level.instead_of_name })].filter(Boolean).join(" · ")}</span>
      </span>
    </li>
  );
}

interface PathProps {
  page: PageHead;
  subject: Subject;
  own: boolean;
  busy: boolean;
  start: () => void;
}
function Path({ page, subject, own, busy, start }: PathProps) {
  const [levels, setLevels] = useState<readonly Level[] | null>(null);
  const [problem, setProblem] = useState<Problem | null>(null);
  useEffect(() => {
    let alive = true;
    api.GET("/api/v1/escalation-levels", { params: { query: { escalation: page.name, record: subject.id } } }).then(settle).then((r) => {
      if (!alive) return;
      if (r.ok) setLevels((r.data as unknown as { levels: Level[] }).levels);
      else setProblem(r.problem);
    }, () => { if (alive) setProblem(offlineProblem()); });
    return () => { alive = false; };
  }, [page.name, subject.id]);
  return (
    <section class="path" aria-label={page.label}>
      <header class="row wrap">
        <div class="grow"><h3>{page.label}</h3>{!own && <p class="meta">{t("about {name}", { name: subject.title })}</p>}</div>
        <Button kind="primary" icon="megaphone" disabled={busy} onClick={start} focus={`escalate-${page.name}`}><span class="sr">{page.label}: </span>{t("Call for help")}</Button>
      </header>
      {page.why && <p class="meta">{sentence(page.why)} <WhyLink page={page.path} label={t("in the manual")} /></p>}
      {problem ? <p class="field-error">{problem.detail}</p> : levels ? (
        <ol class="levels">{levels.map((l, i) => <LevelLine key={i} level={l} first={i === 0} />)}</ol>
      ) : <div class="levels-wait"><Skeleton rows={3} height={40} /></div>}
    </section>
  );
}

export function EscalateDialog({ subjects, story, done }: { subjects: readonly Subject[]; story: string; done: () => void }) {
  const id = useId();
  const [note, setNote] = useState(story);
  const touched = useRef(false);
  const [problem, setProblem] = useState<Problem | null>(null);
  const [busy, setBusy] = useState(false);
  useEffect(() => void loadManual(), []);
  useEffect(() => { if (!touched.current) setNote(story); }, [story]);
  const close = (): void => { escalating.value = false; };
  const paths = pathsFor(manualPages.value ?? [], subjects);

  const start = async (page: PageHead, subject: Subject): Promise<void> => {
    if (busy) return;
    setBusy(true);
    setProblem(null);
    try {
      const r = settle(await api.POST("/api/v1/escalations", { params: { header: { "Idempotency-Key": newKey() } }, body: { escalation: page.name, record: subject.id, note: note.trim() } }));
      if (!r.ok) return setProblem(r.problem);
      close();
      ticks.value++;
      toast(t("{kind}: help is called. What happens next stands on the record.", { kind: page.label }));
      done();
    } catch {
      setProblem({ ...offlineProblem(), detail: t("The server cannot be reached, so nobody was called. What you wrote stays here; the numbers below may help meanwhile.") });
    } finally {
      setBusy(false);
    }
  };
  return (
    <Dialog title={t("Escalate: {name}", { name: subjects[0]?.title ?? "" })} onClose={close} kind="wide">
      {problem && <ProblemNote problem={problem} />}
      {manualPages.value === null ? <Skeleton rows={4} height={48} /> : paths.length === 0 ? (
        <EmptyState icon="megaphone" title={t("The manual has no path of escalation for this.")}><p>{t("Hand the record over, or ask somebody with a task. Whoever publishes the manual can add a path.")}</p></EmptyState>
      ) : (
        <>
          <div class="paths">
            {paths.map(({ page, subject }) => <Path key={page.path + subject.id} page={page} subject={subject} own={subject === subjects[0]} busy={busy} start={() => void start(page, subject)} />)}
          </div>
          <div class="form-field">
            <label for={id}>{t("The story that goes along")}</label>
            <textarea id={id} rows={5} maxLength={9000} value={note} onInput={(e) => { touched.current = true; setNote(e.currentTarget.value); }} />
            <p class="meta">{t("Two lines of your own at the top help most: what happened, and what they want now.")}</p>
          </div>
        </>
      )}
    </Dialog>
  );
}

// Escalations that run here, and the one that was settled today.
export function Escalations({ list, again }: { list: readonly Escalation[]; again: () => void }) {
  const shown = list.filter((e) => !e.ended || dayOf(e.ended) === today());
  if (!shown.length) return null;
  return <ul class="escalations">{shown.map((e) => <li key={e.id}><Running e={e} again={again} /></li>)}</ul>;
}

function Running({ e, again }: { e: Escalation; again: () => void }) {
  const [problem, setProblem] = useState<Problem | null>(null);
  const [busy, setBusy] = useState(false);
  const take = async (): Promise<void> => {
    setBusy(true);
    try {
      const r = settle(await api.POST("/api/v1/escalations/{id}/acknowledge", { params: { path: { id: e.id }, header: { "Idempotency-Key": newKey() } }, body: {} }));
      if (!r.ok) return setProblem(r.problem);
      toast(t("You take care of it. Nobody else is called."));
      again();
    } catch {
      setProblem(offlineProblem());
    } finally {
      setBusy(false);
    }
  };
  const last = e.calls[e.calls.length - 1];
  const state = e.ended
    ? e.acknowledged ? t("{name} took care of it at {time}.", { name: personName(e.acknowledged_by) || t("Somebody"), time: when(e.acknowledged) }) : t("It ended at {time}.", { time: when(e.ended) })
    : e.who_name ? t("{name} is called ({level}, since {time}).", { name: e.who_name, level: last?.level === "end" ? t("At the end") : (last?.level ?? ""), time: when(last?.at ?? e.started) })
    : t("Nobody could be reached yet ({level}, since {time}).", { level: last?.level ?? "", time: when(last?.at ?? e.started) });
  return (
    <div class={e.ended ? "escalation over" : "escalation"} role={e.ended ? undefined : "status"}>
      <Icon name={e.ended ? "circle-check" : "megaphone"} />
      <div class="grow">
        <p><b>{e.label}</b> {t("since {time}", { time: when(e.started) })}{e.started_by ? `, ${t("called by {name}", { name: personName(e.started_by) })}` : ""}. {state} <WhyLink page={e.page} version={e.manual_version} label={t("how it goes on")} /></p>
        {e.answer && <p class="lines">{e.answer}</p>}
        {e.note && <details><summary>{t("The story")}</summary><p class="lines">{e.note}</p></details>}
        {problem && <ProblemNote problem={problem} />}
      </div>
      {!e.ended && <Button act={e.label} icon="check" disabled={busy} onClick={() => void take()}>{t("I take care of it")}</Button>}
    </div>
  );
}
