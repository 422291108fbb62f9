// Changing what is selected: first what, then what it would do, record by record, then the doing, with Undo.
import { useEffect, useId, useRef, useState } from "preact/hooks";
import type { FieldShape, ObjectShape, Problem } from "../../api/client";
import { formatNumber } from "../../i18n/format";
import { t, tn } from "../../i18n/t";
import { recordHref } from "../../nav/router";
import { wire } from "../../store/change";
import { fieldOf } from "../../store/session";
import { isEmpty, showValue } from "../../store/values";
import { Button, IconButton } from "../../ui/button";
import { Dialog } from "../../ui/dialog";
import { FieldInput, isEditable } from "../../ui/field-input";
import { Icon } from "../../ui/icon";
import { ProblemNote } from "../../ui/states";
import { WhyLink } from "../../ui/status";
import { toast } from "../../ui/toast";
import { idsOf, nothingYet, reasonsOf, runBulk, undoMany, type BulkAction, type BulkTotals, type BulkWhat, type Refused } from "./bulk";

export type BulkAsk = "edit" | "assign" | "archive" | "delete";

interface Props {
  ask: BulkAsk;
  shape: ObjectShape;
  ids: readonly string[] | null; // null: all that match the filter
  filter: string;
  names: ReadonlyMap<string, string>;
  onClose: () => void;
  done: () => void; // something was changed or taken back
}

interface Part { field: FieldShape; value: unknown }
type Stage = "what" | "checking" | "seen" | "running" | "result";

export function BulkDialog({ ask, shape, ids, filter, names, onClose, done }: Props) {
  const [stage, setStage] = useState<Stage>(ask === "archive" || ask === "delete" ? "checking" : "what");
  const [parts, setParts] = useState<readonly Part[]>(() => firstParts(ask, shape));
  const [sum, setSum] = useState<BulkTotals>(nothingYet(ids?.length ?? 0));
  const [seen, setSeen] = useState<BulkTotals | null>(null); // what the check said
  const [problem, setProblem] = useState<Problem | null>(null);
  const stop = useRef(false);
  const called = useRef(new Map(names));
  const chosen = useRef<readonly string[] | null>(ids);
  const what = (): BulkWhat => (ask === "archive" || ask === "delete" ? { action: ask satisfies BulkAction } : { set: Object.fromEntries(parts.map((p) => [p.field.name, isEmpty(p.value) ? null : wire(p.value)])) });

  const check = async (): Promise<void> => {
    stop.current = false;
    setProblem(null);
    setSeen(null);
    setStage("checking");
    setSum(nothingYet(chosen.current?.length ?? 0));
    if (!chosen.current) {
      const found = await idsOf(shape.name, shape.title, filter, called.current, () => stop.current);
      if (stop.current) return;
      if (!Array.isArray(found)) { setProblem(found); return setStage("what"); }
      chosen.current = found;
    }
    const r = await runBulk(shape.name, chosen.current, what(), { dry: true, stopped: () => stop.current, progress: setSum });
    if (stop.current) return;
    setSum(r.sum);
    if (r.problem) { setProblem(r.problem); return setStage("what"); }
    setSeen(r.sum);
    setStage("seen");
  };
  const run = async (from?: BulkTotals): Promise<void> => {
    const all = chosen.current;
    if (!all) return;
    stop.current = false;
    setProblem(null);
    setStage("running");
    setSum(from ?? nothingYet(all.length));
    const r = await runBulk(shape.name, all, what(), { dry: false, stopped: () => stop.current, progress: setSum }, from);
    setSum(r.sum);
    setProblem(r.problem);
    if (r.sum.changed) done();
    if (!r.problem && !stop.current && r.sum.refused.length <= (seen?.refused.length ?? 0)) {
      onClose();
      tell(r.sum);
      return;
    }
    setStage("result");
  };
  const tell = (s: BulkTotals): void => {
    toast(resultText(ask, s, shape), s.changes.length ? { undo: () => void undoMany(s.changes, done) } : {});
  };
  const leave = (): void => {
    stop.current = true;
    if (stage === "result" && sum.changed) tell(sum);
    if (stage !== "running") onClose();
  };
  useEffect(() => {
    if (ask === "archive" || ask === "delete") void check();
    return () => { stop.current = true; };
  }, []);

  const n = ids?.length ?? chosen.current?.length ?? 0;
  const title = n ? goText(ask, n, shape) : ({ edit: t("Change all {records}", { records: shape.plural.toLowerCase() }), assign: t("Assign all {records}", { records: shape.plural.toLowerCase() }), archive: t("Archive all {records}", { records: shape.plural.toLowerCase() }), delete: t("Move all {records} to the bin", { records: shape.plural.toLowerCase() }) })[ask];
  return (
    <Dialog title={title} onClose={leave}>
      {stage === "what" && <What ask={ask} shape={shape} parts={parts} setParts={setParts} problem={problem} check={() => void check()} onClose={onClose} />}
      {(stage === "checking" || stage === "running") && <Progress sum={sum} label={stage === "checking" ? t("Checking what would happen. Nothing is changed yet.") : t("Changing. What is done stays done if you stop.")} stop={() => { stop.current = true; if (stage === "checking") { if (ask === "edit" || ask === "assign") setStage("what"); else onClose(); } }} />}
      {stage === "seen" && seen && (
        <form class="form" onSubmit={(e) => { e.preventDefault(); if (seen.changed) void run(); }}>
          {(ask === "edit" || ask === "assign") && <dl class="bulk-set">{parts.map((p) => <div key={p.field.name}><dt>{p.field.label}</dt><dd>{showValue(p.field, p.value) || t("emptied")}</dd></div>)}</dl>}
          <Outcome sum={seen} shape={shape} names={called.current} dry />
          <div class="form-foot">
            {ask === "edit" || ask === "assign" ? <Button onClick={() => setStage("what")}>{t("Back")}</Button> : <Button onClick={onClose}>{t("Cancel")}</Button>}
            {seen.changed > 0 && <GoButton>{goText(ask, seen.changed, shape)}</GoButton>}
          </div>
        </form>
      )}
      {stage === "result" && (
        <div class="form">
          {problem && <ProblemNote problem={problem} />}
          {sum.done < sum.total && <p>{t("{done} of {total} were gone through; the others are as they were.", { done: sum.done, total: sum.total })}</p>}
          <Outcome sum={sum} shape={shape} names={called.current} />
          <div class="form-foot">
            {sum.done < sum.total && <Button onClick={() => void run(sum)}>{t("Go on with the rest")}</Button>}
            <Button kind="primary" onClick={leave}>{t("Close")}</Button>
          </div>
        </div>
      )}
    </Dialog>
  );
}

function firstParts(ask: BulkAsk, shape: ObjectShape): Part[] {
  if (ask === "assign") {
    const owner = fieldOf(shape, "owner");
    return owner ? [{ field: owner, value: null }] : [];
  }
  const first = shape.list.map((n) => fieldOf(shape, n)).find((f) => f !== undefined && isEditable(f) && f.name !== shape.title) ?? shape.fields.find(isEditable);
  return first && ask === "edit" ? [{ field: first, value: null }] : [];
}

// Takes the focus as it appears: the button the person was waiting for.
function GoButton({ children }: { children: string }) {
  return <Button kind="primary" type="submit" buttonRef={(el: HTMLButtonElement | null) => { if (el && !el.dataset["seen"]) { el.dataset["seen"] = "1"; el.focus(); } }}>{children}</Button>;
}

function What({ ask, shape, parts, setParts, problem, check, onClose }: { ask: BulkAsk; shape: ObjectShape; parts: readonly Part[]; setParts: (p: readonly Part[]) => void; problem: Problem | null; check: () => void; onClose: () => void }) {
  const base = useId();
  const [fresh, setFresh] = useState(0); // the part whose value takes the focus; choosing another field by arrow keys must not lose it
  const order = (f: FieldShape): number => shape.list.indexOf(f.name) >>> 0;
  const fields = shape.fields.filter((f) => isEditable(f) && f.name !== "deleted_at").sort((a, b) => Number(a.system) - Number(b.system) || order(a) - order(b));
  const rest = fields.filter((f) => !parts.some((p) => p.field === f));
  const errors = new Map((problem?.errors ?? []).map((e) => [(e.pointer ?? "").replace(/^\/(set\/)?/, ""), e]));
  const atFields = parts.some((p) => errors.has(p.field.name));
  const put = (i: number, part: Part): void => setParts(parts.map((p, j) => (j === i ? part : p)));
  const ready = parts.length > 0 && (ask !== "assign" || !isEmpty(parts[0]?.value));
  return (
    <form class="form" onSubmit={(e) => { e.preventDefault(); if (ready) check(); }}>
      {problem && !atFields && <ProblemNote problem={problem} />}
      {parts.map((p, i) => {
        const error = errors.get(p.field.name);
        const id = `${base}-${p.field.name}`;
        return (
          <div class="bulk-part" key={i}>
            {ask === "assign" ? <label class="fact-label" for={id}>{p.field.label}</label> : (
              <div class="form-field"><label for={`${id}-f`}>{t("Field")}</label>
                <select id={`${id}-f`} value={p.field.name} onChange={(e) => { const f = fieldOf(shape, e.currentTarget.value); setFresh(-1); if (f) put(i, { field: f, value: null }); }}>
                  {fields.filter((f) => f === p.field || rest.includes(f)).map((f) => <option key={f.name} value={f.name}>{f.label}</option>)}
                </select></div>
            )}
            <div class="form-field">
              {ask !== "assign" && <label for={id}>{t("New value")}</label>}
              <FieldInput key={p.field.name} id={id} field={p.field} value={p.value} autofocus={i === fresh} onValue={(v) => put(i, { ...p, value: v })} invalid={error !== undefined} describedBy={error ? `${id}-e` : undefined} />
              {error ? <p id={`${id}-e`} class="field-error" role="alert">{error.detail} {error.way_out}</p> : isEmpty(p.value) && ask !== "assign" ? <p class="meta">{t("Left empty, it empties the field.")}</p> : null}
            </div>
            {parts.length > 1 && <IconButton icon="x" label={t("Leave {field} as it is", { field: p.field.label })} onClick={() => setParts(parts.filter((x) => x !== p))} />}
          </div>
        );
      })}
      {ask === "edit" && rest.length > 0 && parts.length < 5 && <p><Button kind="quiet" icon="plus" onClick={() => { const f = rest[0]; setFresh(parts.length); if (f) setParts([...parts, { field: f, value: null }]); }}>{t("Another field")}</Button></p>}
      <div class="form-foot"><Button onClick={onClose}>{t("Cancel")}</Button><Button kind="primary" type="submit" disabled={!ready}>{t("See what it would do")}</Button></div>
    </form>
  );
}

function Progress({ sum, label, stop }: { sum: BulkTotals; label: string; stop: () => void }) {
  return (
    <div class="form">
      <p role="status">{label}</p>
      <progress class="bulk-progress" max={Math.max(1, sum.total)} value={sum.done} aria-label={t("Progress")} />
      <p class="muted num">{sum.total ? t("{done} of {total}", { done: sum.done, total: sum.total }) : t("Counting")}</p>
      <div class="form-foot"><Button buttonRef={(el: HTMLButtonElement | null) => { if (el && !el.dataset["seen"]) { el.dataset["seen"] = "1"; el.focus(); } }} onClick={stop}>{t("Stop")}</Button></div>
    </div>
  );
}

// "212 records, 3 refused by policy: see why"
function Outcome({ sum, shape, names, dry }: { sum: BulkTotals; shape: ObjectShape; names: ReadonlyMap<string, string>; dry?: boolean }) {
  return (
    <div class="stack">
      <p class="bulk-outcome" role="status">
        <b>{dry ? tn(sum.changed, "{n} record would change", "{n} records would change") : tn(sum.changed, "{n} record changed", "{n} records changed")}</b>
        {sum.unchanged > 0 && <span> · {tn(sum.unchanged, "{n} is so already", "{n} are so already")}</span>}
        {sum.refused.length > 0 && <span class="bad-text"> · {tn(sum.refused.length, "{n} refused", "{n} refused")}</span>}
      </p>
      {sum.refused.length > 0 && <RefusedList refused={sum.refused} shape={shape} names={names} />}
    </div>
  );
}

const NAMES_SHOWN = 20;
function RefusedList({ refused, shape, names }: { refused: readonly Refused[]; shape: ObjectShape; names: ReadonlyMap<string, string> }) {
  const reasons = reasonsOf(refused);
  return (
    <details class="bulk-refused">
      <summary><Icon name="triangle-alert" class="warn" /> {t("See why")}</summary>
      <ul class="stack">
        {reasons.slice(0, 50).map((r) => (
          <li key={`${r.page}${r.detail}`} class="bulk-reason">
            <p><b>{tn(r.ids.length, "{n} record:", "{n} records:")}</b> {r.detail} {r.way_out}</p>
            {r.reason && <p class="muted">{t("Why: {reason}", { reason: r.reason })}</p>}
            {r.page && <p><WhyLink page={r.page} label={t("The rule in the manual")} /></p>}
            <p class="bulk-names">
              {r.ids.slice(0, NAMES_SHOWN).map((id) => <a key={id} href={recordHref(shape.name, id)} target="_blank" rel="noopener">{names.get(id) || t("No name")}</a>)}
              {r.ids.length > NAMES_SHOWN && <span class="muted">{t("and {n} more", { n: r.ids.length - NAMES_SHOWN })}</span>}
            </p>
          </li>
        ))}
      </ul>
      {reasons.length > 50 && <p class="muted">{t("and {n} more reasons", { n: formatNumber(reasons.length - 50) })}</p>}
    </details>
  );
}

function goText(ask: BulkAsk, n: number, shape: ObjectShape): string {
  const records = (n === 1 ? shape.label : shape.plural).toLowerCase();
  return ({ edit: t("Change {n} {records}", { n, records }), assign: t("Assign {n} {records}", { n, records }), archive: t("Archive {n} {records}", { n, records }), delete: t("Move {n} {records} to the bin", { n, records }) })[ask];
}
function resultText(ask: BulkAsk, s: BulkTotals, shape: ObjectShape): string {
  const records = (s.changed === 1 ? shape.label : shape.plural).toLowerCase();
  const text = ({ edit: t("{n} {records} changed", { n: s.changed, records }), assign: t("{n} {records} assigned", { n: s.changed, records }), archive: t("{n} {records} archived", { n: s.changed, records }), delete: t("{n} {records} moved to the bin", { n: s.changed, records }) })[ask];
  return s.refused.length ? `${text}, ${t("{n} refused.", { n: s.refused.length })}` : `${text}.`;
}
