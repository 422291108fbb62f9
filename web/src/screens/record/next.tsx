// The one next action of a record, large; or, where there is none, loudly that there is none and a way to choose one.
import { useId, useRef, useState } from "preact/hooks";
import { api, newKey, settle, type ObjectShape, type Problem, type Schemas, type Task } from "../../api/client";
import { dayOf, formatInstant, formatNear, fromLocalInput, now } from "../../i18n/format";
import { t, tn } from "../../i18n/t";
import { ticks } from "../../store/live";
import { me, personName } from "../../store/session";
import { Button } from "../../ui/button";
import { Combobox } from "../../ui/combobox";
import { Icon } from "../../ui/icon";
import { offlineProblem, ProblemNote } from "../../ui/states";
import { WhyLink } from "../../ui/status";
import { toast } from "../../ui/toast";
import { useEscape } from "../../ui/escape";
import { type Ref } from "../../store/values";
import { TaskCard, TaskLine } from "../day/task-card";
import { lineOf, type Item } from "./timeline";
import { moveStage, stageField } from "./stage";

export interface Step { name: string; optional: boolean; done: boolean; open: boolean; channel: string; closed_as: string; closed: string | null; owed_by: string | null }
export interface Stage { name: string; current: boolean; steps: Step[] }
export interface Run { id: string; page: string; label: string; stage: string; ended: string | null; end: string; manual_version: number; stages: Stage[] }
export type Work = Schemas["RecordWork"];
interface Decide { kind: string; title: string; ends: string[]; page: string; stage: string; owed_by_name: string }

// Was it sent? From what was logged: the step closed as done, and the mail or message that closing it wrote down.
export function sentLines(runs: readonly Run[], items: readonly Item[], shape: ObjectShape): { step: string; page: string; sent: boolean; text: string }[] {
  const run = runs.find((r) => !r.ended) ?? runs[0];
  if (!run) return [];
  return run.stages.flatMap((s) => s.steps).filter((s) => s.optional && (s.channel === "email" || s.channel === "message")).map((s) => {
    if (s.closed_as !== "done" || !s.closed) return { step: s.name, page: run.page, sent: false, text: s.closed_as === "skipped" ? t("not sent: left out") : t("not sent") };
    const closed = Date.parse(s.closed);
    const said = items.find((x) => x.kind === "activity" && x.entry["subject"] === s.name && Math.abs(Date.parse(x.at) - closed) < 60_000);
    const by = (said ? lineOf(shape, said).who : "") || personName(s.owed_by);
    return { step: s.name, page: run.page, sent: true, text: by ? t("sent {when} by {name}", { when: formatInstant(s.closed), name: by }) : t("sent {when}", { when: formatInstant(s.closed) }) };
  });
}

export function SentLines({ runs, items, shape }: { runs: readonly Run[]; items: readonly Item[]; shape: ObjectShape }) {
  const lines = sentLines(runs, items, shape);
  if (!lines.length) return null;
  return (
    <ul class="sent-lines">
      {lines.map((l) => <li key={l.step} class="row wrap"><Icon name={l.sent ? "circle-check" : "circle"} class={l.sent ? "ok" : ""} /><span>{l.step}</span><WhyLink page={l.page} step={l.step} /><b class={l.sent ? "ok" : "muted"}>{l.text}</b></li>)}
    </ul>
  );
}

interface Props {
  shape: ObjectShape;
  id: string;
  title: string;
  work: Work;
  tasks: readonly Task[];
  shown: Task | undefined;
  archived: boolean; // put away: nothing is owed about it
  open: (id: string) => void;
  again: () => void;
}
export function Next({ shape, id, title, work, tasks, shown, archived, open, again }: Props) {
  const latest = useRef(open);
  latest.current = open;
  const [openLine] = useState(() => (task: string): void => latest.current(task));
  const running = (work.runs as unknown as Run[]).filter((r) => !r.ended);
  const decide = work.next && "ends" in work.next ? (work.next as unknown as Decide) : null;
  return (
    <section class="next" aria-label={t("Next action")}>
      {running.map((r) => <Steps key={r.id} run={r} />)}
      {shown ? <TaskCard key={shown.id} task={shown} inRecord /> : archived ? <p class="meta">{t("It is archived: nothing is owed about it.")}</p> : <NoNext shape={shape} id={id} title={title} decide={decide} loud={running.length > 0} again={again} />}
      {tasks.length > 1 && (
        <details class="other-tasks">
          <summary>{tn(tasks.length - 1, "{n} more open here", "{n} more open here")}</summary>
          <ul>{tasks.filter((x) => x.id !== shown?.id).map((x) => <li key={x.id}><TaskLine task={x} open={openLine} /></li>)}</ul>
        </details>
      )}
    </section>
  );
}

function NoNext({ shape, id, title, decide, loud, again }: { shape: ObjectShape; id: string; title: string; decide: Decide | null; loud: boolean; again: () => void }) {
  const [choosing, setChoosing] = useState(false);
  const stage = stageField(shape);
  const ends = (decide?.ends ?? []).filter((e) => stage?.options?.some((o) => o.name === e));
  if (choosing) return <ChooseNext id={id} close={() => setChoosing(false)} done={() => { setChoosing(false); again(); }} />;
  if (!loud) return <p class="no-next-quiet"><Button act icon="plus" kind="quiet" onClick={() => setChoosing(true)} focus="choose-next">{t("Set a next step")}</Button></p>;
  return (
    <div class="no-next">
      <Icon name="triangle-alert" size={20} />
      <div class="grow stack">
        <p><b>{t("This has no next step.")}</b> {decide ? `${decide.title}.` : ""} {decide && <WhyLink page={decide.page} step={decide.stage} />}</p>
        <p class="row wrap">
          <Button act kind="primary" icon="plus" onClick={() => setChoosing(true)} focus="choose-next">{t("Choose a next step")}</Button>
          {decide?.kind === "decide" && stage && ends.map((e) => {
            const label = stage.options?.find((o) => o.name === e)?.label ?? e;
            return <Button key={e} act={t("Next step")} onClick={() => void moveStage(shape.name, id, { [stage.name]: e }, t("{name}: {stage}", { name: title, stage: label }))}>{label}</Button>;
          })}
        </p>
      </div>
    </div>
  );
}

// The next working morning at nine, in the viewer's zone.
export function nextMorning(at: number): string {
  for (let days = 1; ; days++) {
    const day = dayOf(at + days * 86_400_000);
    const weekday = new Date(`${day}T00:00:00Z`).getUTCDay();
    if (weekday !== 0 && weekday !== 6) return `${day}T09:00`;
  }
}

function ChooseNext({ id, close, done }: { id: string; close: () => void; done: () => void }) {
  const base = useId();
  const mine = me.value;
  const [what, setWhat] = useState("");
  const [due, setDue] = useState(nextMorning(now.value));
  const [who, setWho] = useState<Ref | null>(mine ? { id: mine.id, name: mine.name } : null);
  const [problem, setProblem] = useState<Problem | null>(null);
  const [busy, setBusy] = useState(false);
  const form = useEscape(close);
  const errors = new Map((problem?.errors ?? (problem?.pointer ? [problem] : [])).map((e) => [(e.pointer ?? "").slice(1), e.detail]));
  const save = async (): Promise<void> => {
    if (busy) return;
    if (!what.trim()) return setProblem({ ...offlineProblem(), status: 422, code: "record.field_invalid", detail: t("Say in a few words what is to be done."), pointer: "/title" });
    setBusy(true);
    setProblem(null);
    const until = fromLocalInput(due);
    try {
      const r = settle(await api.POST("/api/v1/tasks", { params: { header: { "Idempotency-Key": newKey() } }, body: { record: id, title: what.trim(), owed_by: who?.id ?? mine?.id, due: until || undefined } }));
      if (!r.ok) return setProblem(r.problem);
      ticks.value++;
      toast(until ? t("{task}, due {when}", { task: what.trim(), when: formatNear(until) }) : what.trim(), {
        undo: () => void api.POST("/api/v1/tasks/{id}/skip", { params: { path: { id: r.data.id }, header: { "Idempotency-Key": newKey() } }, body: { note: t("Taken back right away.") } }).then(() => { ticks.value++; done(); }, () => toast(t("The server cannot be reached, so it was not taken back."))),
      });
      done();
    } catch {
      setProblem({ ...offlineProblem(), detail: t("The server cannot be reached. What you wrote stays here.") });
    } finally {
      setBusy(false);
    }
  };
  return (
    <form ref={form} class="choose-next form" noValidate onSubmit={(e) => { e.preventDefault(); void save(); }}>
      {problem && !problem.pointer && <ProblemNote problem={problem} />}
      <div class="form-field">
        <label for={`${base}-what`}>{t("What happens next?")}</label>
        <input id={`${base}-what`} maxLength={200} value={what} ref={(el) => { if (el && document.activeElement === document.body) el.focus(); }} aria-invalid={errors.has("title") || undefined} aria-describedby={errors.has("title") ? `${base}-what-e` : undefined}
          onInput={(e) => setWhat(e.currentTarget.value)} placeholder={t("Call Ms Okafor about the rack depth")} />
        {errors.has("title") && <p class="field-error" id={`${base}-what-e`} role="alert">{errors.get("title")}</p>}
      </div>
      <div class="form-two">
        <div class="form-field"><label for={`${base}-due`}>{t("By when")}</label><input id={`${base}-due`} type="datetime-local" value={due} onInput={(e) => setDue(e.currentTarget.value)} aria-invalid={errors.has("due") || undefined} aria-describedby={errors.has("due") ? `${base}-due-e` : undefined} />
          {errors.has("due") && <p class="field-error" id={`${base}-due-e`} role="alert">{errors.get("due")}</p>}</div>
        <div class="form-field"><label for={`${base}-who`}>{t("By whom")}</label><Combobox id={`${base}-who`} object="user" value={who} label={t("By whom")} onChoose={setWho} /></div>
      </div>
      <div class="form-foot"><Button act={t("Next step")} onClick={close}>{t("Cancel")}</Button><Button act kind="primary" type="submit" disabled={busy}>{t("Set the next step")}</Button></div>
    </form>
  );
}

function StepList({ stage }: { stage: Stage }) {
  return (
    <ol class="step-dots">
      {stage.steps.map((x) => (
        <li key={x.name} class={x.done ? "done" : x.open ? "open" : "later"} title={x.closed && x.done ? t("{step}, {when}", { step: x.name, when: formatInstant(x.closed) }) : x.name}>
          <Icon name={x.done ? "circle-check" : x.open ? "circle-dot" : "circle"} />
          <span>{x.name}</span><span class="sr">{x.done ? t("done") : x.open ? t("open") : stage.current ? t("later") : t("not done")}</span>
        </li>
      ))}
    </ol>
  );
}

// The stage one is in says its steps; the others say how many, and name them when asked.
export function Steps({ run }: { run: Run }) {
  return (
    <div class="steps">
      <p class="row wrap"><b>{run.label}</b><WhyLink page={run.page} version={run.manual_version} label={t("in the manual")} /></p>
      <ol class="stages">
        {run.stages.map((s) => (
          <li key={s.name} aria-current={s.current ? "step" : undefined} class={s.current ? "stage current" : "stage"}>
            <span class="stage-name">{s.name}{s.current && <span class="sr"> {t("(now)")}</span>}</span>
            {s.current ? <StepList stage={s} /> : s.steps.length > 0 && (
              <details class="step-fold"><summary>{s.steps.some((x) => x.done) ? t("{n} of {m} steps done", { n: s.steps.filter((x) => x.done).length, m: s.steps.length }) : tn(s.steps.length, "{n} step", "{n} steps")}</summary><StepList stage={s} /></details>
            )}
          </li>
        ))}
      </ol>
    </div>
  );
}
