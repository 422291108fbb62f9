// The short form of a move that a gate has stopped: exactly what is missing, why, and one button to go on.
import { useEffect, useId, useLayoutEffect, useRef, useState } from "preact/hooks";
import type { Problem } from "../../api/client";
import { t } from "../../i18n/t";
import { addKeys } from "../../keys/keys";
import { recordHref } from "../../nav/router";
import type { Fields } from "../../store/records";
import { rolesWith } from "../../store/manual";
import { fieldOf, me } from "../../store/session";
import { Button } from "../../ui/button";
import { FieldInput, isEditable } from "../../ui/field-input";
import { Icon } from "../../ui/icon";
import { WhyLink } from "../../ui/status";
import { toast } from "../../ui/toast";
import type { BoardStore, Waiting } from "./store";

type Finding = NonNullable<Problem["errors"]>[number];

function findingsOf(p: Problem): Finding[] {
  return p.errors?.length ? p.errors : [p as Finding];
}
function nameOf(f: Finding): string {
  return f.pointer?.split("/")[1] ?? "";
}
// The first error's text is the summary of all; its own words are those after it.
function textOf(f: Finding, i: number): string {
  return i === 0 ? (f.way_out ?? f.detail) : f.detail;
}

export function GateForm({ store, waiting }: { store: BoardStore; waiting: Waiting }) {
  const id = useId();
  const findings = findingsOf(waiting.problem);
  const asked = [...new Set([...findings.map(nameOf), ...Object.keys(waiting.typed)])].filter((n) => n && n !== store.field.name);
  const fields = asked.map((n) => fieldOf(store.shape, n)).filter((f) => f !== undefined).filter(isEditable);
  const others = findings.filter((f) => !fields.some((x) => x.name === nameOf(f)));
  const [typed, setTyped] = useState<Fields>(waiting.typed);
  const [busy, setBusy] = useState(false);
  const mayPass = me.value?.rights.includes("bypass-gates") === true;
  const [passing, setPassing] = useState(false);
  const [reason, setReason] = useState("");
  const [noReason, setNoReason] = useState(false);
  const [who, setWho] = useState("");
  const typedReason = useRef(false);
  const latest = useRef(typed);
  latest.current = typed;
  const reasons = [...new Set(findings.flatMap((f) => (f.reason ? [f.reason] : [])))];
  const to = store.column(waiting.to)?.option.label ?? waiting.to;
  const page = waiting.problem.page ?? findings[0]?.page ?? "";
  const again = Object.keys(waiting.typed).length > 0;

  // However the form goes away, what was typed stays with the waiting move.
  useEffect(() => () => {
    const w = store.waiting.peek().get(waiting.id);
    if (w && w.to === waiting.to) store.setWaiting(waiting.id, { ...w, typed: latest.current });
  }, []);
  const close = (): void => {
    store.focusNext = waiting.id;
    store.open.value = "";
  };
  const send = async (): Promise<void> => {
    if (busy) return;
    setBusy(true);
    store.focusNext = waiting.id;
    await store.move(waiting.id, waiting.to, typed);
    setBusy(false);
  };
  const saveOnly = async (): Promise<void> => {
    if (busy) return;
    setBusy(true);
    const problem = await store.saveFields(waiting.id, typed);
    setBusy(false);
    if (problem) toast([problem.detail, problem.way_out].filter(Boolean).join(" "), { ms: 15_000 });
    else {
      setTyped({});
      toast(t("Saved."));
      await store.move(waiting.id, waiting.to);
    }
  };
  // Those with the right may pass a gate; the reason is kept and reported.
  const pass = async (): Promise<void> => {
    if (busy) return;
    if (!reason.trim()) return setNoReason(true);
    setBusy(true);
    store.focusNext = waiting.id;
    await store.move(waiting.id, waiting.to, typed, { reason: reason.trim() });
    setBusy(false);
  };
  useEffect(() => {
    if (!mayPass) void rolesWith("bypass-gates").then(setWho, () => undefined);
  }, [mayPass]);
  const form = useRef<HTMLFormElement>(null);
  useLayoutEffect(() => form.current?.scrollIntoView({ block: "nearest", inline: "nearest" }), []);
  useLayoutEffect(() => form.current?.querySelector<HTMLElement>("[aria-invalid=true]")?.focus(), [waiting.problem]);
  useLayoutEffect(() => addKeys({ title: t("Before it moves"), actions: [{ keys: "Escape", label: t("Later"), typing: true, hidden: true, run: close }] }), []);
  return (
    <form ref={form} class="gate form" noValidate aria-labelledby={`${id}-h`} onSubmit={(e) => { e.preventDefault(); void send(); }}>
      <div class="stack">
        <h3 id={`${id}-h`}>{t("{title} to {stage}", { title: waiting.title, stage: to })}</h3>
        {reasons.map((r) => <p key={r} class="muted">{t("Why: {reason}", { reason: r })}</p>)}
        {page && <p><WhyLink page={page} step={store.column(waiting.to)?.option.name} label={t("The rule in the manual")} /></p>}
      </div>
      {fields.map((f, i) => {
        const at = findings.findIndex((x) => nameOf(x) === f.name);
        const finding = findings[at];
        const show = finding && (again || finding.code !== "work.gate");
        return (
          <div class="form-field" key={f.name}>
            <label for={`${id}-${f.name}`}>{f.label}</label>
            <FieldInput id={`${id}-${f.name}`} field={f} value={typed[f.name]} autofocus={i === 0} invalid={show ? true : undefined} describedBy={show ? `${id}-${f.name}-e` : undefined}
              onValue={(v) => setTyped((x) => ({ ...x, [f.name]: v }))} />
            {show && <p class="field-error" id={`${id}-${f.name}-e`}>{textOf(finding, at)}</p>}
          </div>
        );
      })}
      {others.length > 0 && (
        <div class="stack">
          <p><strong>{fields.length ? t("Also needed") : t("Needed first")}</strong></p>
          <ul class="stack">
            {others.map((f, i) => (
              <li key={i} class="row gate-other"><Icon name="circle" /><span>{textOf(f, findings.indexOf(f))}{f.way_out && findings.indexOf(f) > 0 ? ` ${f.way_out}` : ""}</span></li>
            ))}
          </ul>
          <p><a href={recordHref(store.shape.name, waiting.id)}>{t("Open {title}", { title: waiting.title })}</a></p>
        </div>
      )}
      {passing && (
        <div class="form-field">
          <label for={`${id}-pass`}>{t("Why it may pass without this")}</label>
          <textarea id={`${id}-pass`} ref={(el) => { if (el && !typedReason.current) el.focus(); }} rows={2} maxLength={500} value={reason} aria-invalid={noReason || undefined} aria-describedby={`${id}-pass-h`}
            onInput={(e) => { typedReason.current = true; setReason(e.currentTarget.value); setNoReason(false); }} />
          <p id={`${id}-pass-h`} class={noReason ? "field-error" : "meta"}>{noReason ? t("Write one sentence. It stands in the history with your name.") : t("Stands in the history with your name.")}</p>
        </div>
      )}
      {!mayPass && others.length > 0 && who && <p class="meta">{t("{who} may let it pass with a reason.", { who })}</p>}
      <div class="form-foot gate-foot">
        <Button kind="quiet" onClick={() => { store.focusNext = waiting.id; store.setWaiting(waiting.id, null); }}>{t("Take the move back")}</Button>
        <Button onClick={close}>{t("Later")}</Button>
        {others.length > 0 && fields.length > 0 && <Button onClick={() => void saveOnly()}>{t("Save only")}</Button>}
        {mayPass && !passing && <Button onClick={() => setPassing(true)}>{t("Move anyway…")}</Button>}
        {passing && <Button onClick={() => void pass()}>{t("Move with this reason")}</Button>}
        <Button kind="primary" type="submit">{fields.length ? t("Save and move") : t("Try again")}</Button>
      </div>
    </form>
  );
}
