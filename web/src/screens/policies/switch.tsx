// Switching a mode: first what it would do, then why, then it is published as a new version of the manual.
import { useEffect, useId, useRef, useState } from "preact/hooks";
import { api, newKey, Offline, settle, type Problem, type Schemas } from "../../api/client";
import { t, tn } from "../../i18n/t";
import { loadManual } from "../../store/manual";
import { Button } from "../../ui/button";
import { Dialog } from "../../ui/dialog";
import { PlanView } from "../../ui/plan-view";
import { offlineProblem, ProblemNote, Skeleton } from "../../ui/states";
import { StatusChip } from "../../ui/status";
import { toast } from "../../ui/toast";
import { PastOf } from "./past";
import { modeIcon, modeLabel, modeMeaning, modeTone, withMode, type Mode } from "./mode";

export interface Switch {
  page: string;
  label: string;
  from: Mode;
  to: Mode;
}
type Plan = Schemas["Plan"];
type Draft = { pages: { path: string; text: string }[] };

// Either the answer or a problem; a lost network is one too.
async function ask<T>(work: () => Promise<{ ok: true; data: T } | { ok: false; problem: Problem }>): Promise<T | { problem: Problem }> {
  try {
    const r = await work();
    return r.ok ? r.data : { problem: r.problem };
  } catch (e) {
    if (!(e instanceof Offline)) throw e;
    return { problem: offlineProblem() };
  }
}
function isProblem(x: object): x is { problem: Problem } {
  return "problem" in x;
}

async function draftOf(page: string, to: Mode): Promise<Draft | { problem: Problem }> {
  const [kind = "", name = ""] = page.split("/");
  const read = await ask(async () => settle(await api.GET("/api/v1/manual/pages/{kind}/{name}", { params: { path: { kind, name } } })));
  if (isProblem(read)) return read;
  const text = withMode(read.text, to);
  if (text === null) {
    return { problem: { ...offlineProblem(), code: "manual.syntax", status: 422, title: t("The page has no head."), detail: t("The page has no head in which the mode could stand. Change it in the manual.") } };
  }
  return { pages: [{ path: page, text }] };
}

function planDraft(draft: Draft): Promise<Plan | { problem: Problem }> {
  return ask(async () => settle(await api.POST("/api/v1/manual/plan", { body: draft })));
}

async function publish(draft: Draft, reason: string, version: number | null): Promise<Schemas["Published"] | { problem: Problem }> {
  const header = { "Idempotency-Key": newKey(), ...(version === null ? {} : { "If-Match": `"v${version}"` }) };
  return ask(async () => settle(await api.POST("/api/v1/manual/publish", { body: { ...draft, reason }, params: { header } })));
}

async function takeBack(s: Switch, done: () => void): Promise<void> {
  const draft = await draftOf(s.page, s.from);
  const r = isProblem(draft) ? draft : await publish(draft, t("Taken back: {label} is {mode} again.", { label: s.label, mode: modeLabel(s.from) }), null);
  if (isProblem(r)) toast(t("{label} stays on {mode}: {why}", { label: s.label, mode: modeLabel(s.to), why: r.problem.detail }), { ms: 15_000 });
  else toast(t("{label} is {mode} again.", { label: s.label, mode: modeLabel(s.from) }));
  await loadManual(true);
  done();
}

export function SwitchDialog({ change, onClose, onDone }: { change: Switch; onClose: () => void; onDone: () => void }) {
  const [draft, setDraft] = useState<Draft | null>(null);
  const [plan, setPlan] = useState<Plan | null>(null);
  const [problem, setProblem] = useState<Problem | null>(null);
  const [reason, setReason] = useState("");
  const [missing, setMissing] = useState(false);
  const [busy, setBusy] = useState(false);
  const [turn, setTurn] = useState(0);
  const id = useId();
  const input = useRef<HTMLTextAreaElement>(null);
  useEffect(() => {
    let old = false;
    void (async () => {
      const d = await draftOf(change.page, change.to);
      const p = isProblem(d) ? d : await planDraft(d);
      if (old) return;
      if (isProblem(p)) return setProblem(p.problem);
      if (isProblem(d)) return;
      setDraft(d);
      setPlan(p);
      setProblem(null);
    })();
    return () => {
      old = true;
    };
  }, [change, turn]);
  const errors = plan?.findings.filter((f) => f.severity === "error").length ?? 0;

  const send = async (): Promise<void> => {
    if (!draft || !plan || busy) return;
    if (!reason.trim()) {
      setMissing(true);
      input.current?.focus();
      return;
    }
    setBusy(true);
    const r = await publish(draft, reason.trim(), plan.from_version);
    setBusy(false);
    if (isProblem(r)) return setProblem(r.problem);
    await loadManual(true);
    toast(t("{label}: {mode}. Version {n} of the manual.", { label: change.label, mode: modeLabel(change.to), n: r.version }), { undo: () => void takeBack(change, onDone) });
    onDone();
    onClose();
  };

  return (
    <Dialog title={t("Switch to {mode}", { mode: modeLabel(change.to) })} onClose={onClose}>
      <form class="form" noValidate onSubmit={(e) => { e.preventDefault(); void send(); }}>
        <div class="stack">
          <p><strong>{change.label}</strong></p>
          <p class="row wrap">
            <StatusChip tone={modeTone(change.from)} icon={modeIcon(change.from)}>{modeLabel(change.from)}</StatusChip>
            <span aria-hidden="true">→</span><span class="sr">{t("becomes")}</span>
            <StatusChip tone={modeTone(change.to)} icon={modeIcon(change.to)}>{modeLabel(change.to)}</StatusChip>
            <span class="muted">{modeMeaning(change.to)}</span>
          </p>
        </div>
        {problem && <ProblemNote problem={problem} retry={() => { setProblem(null); setPlan(null); setTurn(turn + 1); }} />}
        {!plan && !problem && <Skeleton rows={4} />}
        {plan && <section aria-labelledby={`${id}-plan`}><h3 id={`${id}-plan`} class="sr">{t("What would happen")}</h3><PlanView plan={plan} /></section>}
        {change.to !== "off" && (
          <details class="past-box" open={change.from === "off"}>
            <summary>{t("Tried on the last 90 days")}</summary>
            <PastOf page={change.page} days={90} />
          </details>
        )}
        <div class="form-field">
          <label for={`${id}-why`}>{t("Why now")}</label>
          <textarea id={`${id}-why`} ref={input} rows={2} maxLength={2000} required value={reason} aria-invalid={missing || undefined} aria-describedby={missing ? `${id}-missing` : `${id}-hint`}
            onInput={(e) => { setReason(e.currentTarget.value); setMissing(false); }} />
          {missing
            ? <p class="field-error" id={`${id}-missing`}>{t("Write one sentence: everybody who reads the manual's history will ask.")}</p>
            : <p class="meta" id={`${id}-hint`}>{t("Stands in the history of the manual.")}</p>}
        </div>
        <div class="form-foot">
          <Button onClick={onClose}>{t("Cancel")}</Button>
          <Button kind="primary" type="submit" disabled={!plan || errors > 0 || busy}>
            {errors ? tn(errors, "{n} error to fix first", "{n} errors to fix first") : t("Publish: {mode}", { mode: modeLabel(change.to) })}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
