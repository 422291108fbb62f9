// Moving a record to another stage from its own page. Where a rule stops it, the whole list of what is missing stands there at
// once, with the page, the reason written on it, the way out, whom to ask, and the fields to fill in.
import { signal } from "@preact/signals";
import { useEffect, useId, useLayoutEffect, useState } from "preact/hooks";
import type { FieldShape, ObjectShape, Problem } from "../../api/client";
import { t } from "../../i18n/t";
import { changeRecord, dropRefusal, refusals, wire } from "../../store/change";
import { send } from "../../store/outbox";
import { entryOf, putRecord, readRecord, setPending, type Fields } from "../../store/records";
import { fieldOf, me } from "../../store/session";
import { Button } from "../../ui/button";
import { FieldInput, isEditable } from "../../ui/field-input";
import { Icon } from "../../ui/icon";
import { Menu } from "../../ui/menu";
import { WhyLink } from "../../ui/status";
import { toast } from "../../ui/toast";
import { useEscape } from "../../ui/escape";
import { sentence } from "../day/task-card";
import { AskWhom } from "./ask";

export interface Stopped {
  object: string;
  id: string;
  typed: Fields; // what was to be set, the stage among it
  problem: Problem;
}
export const stopped = signal<Stopped | null>(null);
export type Finding = NonNullable<Problem["errors"]>[number];

export function stageField(shape: ObjectShape): FieldShape | undefined {
  return shape.fields.find((f) => f.type === "choice" && f.options?.some((o) => o.closed)) ?? shape.fields.find((f) => f.type === "choice" && (f.name === "status" || f.name === "stage"));
}

export function findingsOf(problem: Problem): readonly Finding[] {
  return problem.errors?.length ? problem.errors : [problem as Finding];
}
export function fieldNameOf(finding: Finding): string {
  return finding.pointer?.split("/")[1] ?? "";
}
// The head says everything in one sentence; the first finding's own words stand behind the colon.
export function wordsOf(problem: Problem, at: number): string {
  const findings = findingsOf(problem);
  const one = findings[at];
  if (!one) return "";
  if (at > 0 || findings.length < 2) return one.detail;
  const list = one.detail.slice(one.detail.indexOf(": ") + 2).replace(/\.$/, "");
  return `${list.split("; ")[0] ?? list}.`;
}

export async function moveStage(object: string, id: string, patch: Fields, what: string): Promise<boolean> {
  const entry = entryOf(object, id).peek();
  if (!entry) return false;
  const shown: Fields = { ...entry.fields, ...entry.pending };
  const before = Object.fromEntries(Object.keys(patch).map((k) => [k, shown[k] ?? null]));
  setPending(object, id, { ...entry.pending, ...patch });
  const clear = (): void => {
    const now = entryOf(object, id).peek();
    if (now) setPending(object, id, Object.fromEntries(Object.entries(now.pending).filter(([k]) => !(k in patch))));
  };
  const body = Object.fromEntries(Object.entries(patch).map(([k, v]) => [k, wire(v)]));
  for (let attempt = 0; ; attempt++) {
    const version = entryOf(object, id).peek()?.version ?? entry.version;
    const sent = await send({ user: me.peek()?.id ?? "", method: "PATCH", path: `/api/v1/records/${object}/${id}`, body, version, label: what });
    if (sent.ok === "waiting") return true;
    if (sent.ok) {
      putRecord(object, sent.data as Fields & { id: string }, true);
      clear();
      stopped.value = null;
      toast(what, { undo: () => void changeRecord(object, id, before, { silent: true }) });
      return true;
    }
    if (sent.problem.status === 412 && attempt < 3 && !(await readRecord(object, id))) continue;
    clear();
    stopped.value = { object, id, typed: patch, problem: sent.problem };
    return false;
  }
}

export function StageMenu({ shape, id, fields, title }: { shape: ObjectShape; id: string; fields: Fields; title: string }) {
  const field = stageField(shape);
  if (!field || !isEditable(field) || shape.may["update"] === "none") return null;
  const now = fields[field.name];
  const label = field.options?.find((o) => o.name === now)?.label ?? t("none");
  return <Menu act={field.label} label={t("{field}: {value}", { field: field.label, value: label })} focus="stage" items={(field.options ?? []).map((o) => ({
    label: o.label, checked: o.name === now, run: () => { if (o.name !== now) void moveStage(shape.name, id, { [field.name]: o.name }, t("{name}: {stage}", { name: title, stage: o.label })); },
  }))} />;
}

// The stage before or after; the ends are chosen by name only.
export function stageBeside(field: FieldShape, now: unknown, by: number): string | null {
  const open = (field.options ?? []).filter((o) => !o.closed);
  const at = open.findIndex((o) => o.name === now);
  return at < 0 ? null : (open[at + by]?.name ?? null);
}

// A stage changed at the facts and stopped there is answered in the same place as any other.
export function useStopped(shape: ObjectShape, id: string): void {
  const all = refusals.value;
  useEffect(() => {
    const mine = all.find((r) => r.object === shape.name && r.id === id && r.problem.code === "work.gate");
    if (!mine) return;
    dropRefusal(mine);
    stopped.value = { object: shape.name, id, typed: mine.typed, problem: mine.problem };
  }, [all, id]);
  useEffect(() => () => { stopped.value = null; }, [shape.name, id]);
}

export function StoppedForm({ shape, id, title, stop }: { shape: ObjectShape; id: string; title: string; stop: Stopped }) {
  const base = useId();
  const close = (): void => { stopped.value = null; };
  const form = useEscape(close);
  const [typed, setTyped] = useState<Fields>(stop.typed);
  const [busy, setBusy] = useState(false);
  const stage = stageField(shape);
  const { problem } = stop;
  const findings = findingsOf(problem);
  const wanted = stage ? (stage.options?.find((o) => o.name === stop.typed[stage.name])?.label ?? "") : "";
  const names = [...new Set([...findings.map(fieldNameOf), ...Object.keys(stop.typed)])].filter((n) => n && n !== stage?.name);
  const fields = names.map((n) => fieldOf(shape, n)).filter((f) => f !== undefined).filter(isEditable);
  const others = findings.map((f, i) => ({ f, i })).filter(({ f }) => !fields.some((x) => x.name === fieldNameOf(f)));
  const reasons = [...new Set(findings.flatMap((f) => (f.reason ? [f.reason] : [])))];
  const page = problem.page ?? findings[0]?.page ?? "";
  const head = wanted ? t("{name} cannot become {stage} yet", { name: title, stage: wanted }) : t("{name} cannot be changed like this", { name: title });
  useLayoutEffect(() => {
    form.current?.scrollIntoView({ block: "nearest" });
    form.current?.querySelector<HTMLElement>("input, select, textarea, button")?.focus({ preventScroll: true });
  }, [problem]);
  const save = async (): Promise<void> => {
    if (busy) return;
    setBusy(true);
    await moveStage(shape.name, id, typed, wanted ? t("{name}: {stage}", { name: title, stage: wanted }) : t("Saved."));
    setBusy(false);
  };
  return (
    <form ref={form} class="stopped form" noValidate aria-labelledby={`${base}-h`} onSubmit={(e) => { e.preventDefault(); void save(); }}>
      <div class="row stopped-head"><Icon name="circle-alert" /><h2 id={`${base}-h`} class="grow">{head}</h2></div>
      <div role="alert" class="stack">
        <p>{t("Missing:")}</p>
        <ul class="bullets">{findings.map((_, i) => <li key={i}>{sentence(wordsOf(problem, i))}</li>)}</ul>
      </div>
      {reasons.length > 0 && <div class="stack">{reasons.map((r) => <p key={r} class="muted">{t("Why: {reason}", { reason: sentence(r) })}</p>)}</div>}
      {page && <p><WhyLink page={page} step={wanted} label={t("The rule in the manual")} /></p>}
      {fields.length > 0 && (
        <div class="stopped-fields">
          {fields.map((f) => (
            <div class="form-field" key={f.name}>
              <label for={`${base}-${f.name}`}>{f.label}</label>
              <FieldInput id={`${base}-${f.name}`} field={f} value={typed[f.name]} describedBy={f.help ? `${base}-${f.name}-h` : undefined} onValue={(v) => setTyped((x) => ({ ...x, [f.name]: v }))} />
              {f.help && <p class="meta" id={`${base}-${f.name}-h`}>{f.help}</p>}
            </div>
          ))}
        </div>
      )}
      {others.some(({ f }) => f.way_out) && <div class="stack"><p>{t("The way out:")}</p><ul class="bullets">{others.map(({ f, i }) => (f.way_out ? <li key={i}>{f.way_out}</li> : null))}</ul></div>}
      <AskWhom page={page} record={id} what={t("Help with {name}: it should become {stage}", { name: title, stage: wanted })} note={problem.detail} />
      <div class="form-foot"><Button act onClick={close}>{t("Leave it as it is")}</Button><Button act kind="primary" type="submit" disabled={busy}>{fields.length ? t("Save and move") : t("Try again")}</Button></div>
    </form>
  );
}
