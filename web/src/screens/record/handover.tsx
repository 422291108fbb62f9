// Handing a record over: the new owner, everything that is still to do here, and a note, in one go. It can be taken back.
import { signal } from "@preact/signals";
import { useId, useState } from "preact/hooks";
import { api, newKey, settle, type ObjectShape, type Problem, type Task } from "../../api/client";
import { t, tn } from "../../i18n/t";
import { ticks } from "../../store/live";
import { entryOf, putRecord, readRecord, type Fields } from "../../store/records";
import { me, people, personName } from "../../store/session";
import { isRef, type Ref } from "../../store/values";
import { Button } from "../../ui/button";
import { Combobox } from "../../ui/combobox";
import { Dialog } from "../../ui/dialog";
import { offlineProblem, ProblemNote } from "../../ui/states";
import { toast } from "../../ui/toast";
import { AskWhom } from "./ask";

export const handing = signal(false);

const key = (): { "Idempotency-Key": string } => ({ "Idempotency-Key": newKey() });

async function setOwner(object: string, id: string, owner: string | null): Promise<Problem | null> {
  for (let attempt = 0; ; attempt++) {
    const version = entryOf(object, id).peek()?.version ?? 0;
    const r = settle(await api.PATCH(`/api/v1/records/${object}/{id}` as "/api/v1/records/deal/{id}", { params: { path: { id }, header: { ...key(), "If-Match": `"v${version}"` } }, body: { owner } }));
    if (r.ok) {
      putRecord(object, r.data, true);
      return null;
    }
    if (r.problem.status !== 412 || attempt > 2 || (await readRecord(object, id))) return r.problem;
  }
}

// What people were asked for in person does not follow the owner by itself. Answers the tasks that moved.
async function moveTasks(record: string, object: string, from: string, to: string): Promise<{ moved: string[]; stayed: number }> {
  const r = settle(await api.GET(`/api/v1/records/${object}/{id}/work` as "/api/v1/records/deal/{id}/work", { params: { path: { id: record } } }));
  const moved: string[] = [];
  let stayed = 0;
  for (const task of r.ok ? r.data.tasks : []) {
    if (task.owed_by !== from || task.kind === "escalation") continue;
    const m = settle(await api.POST("/api/v1/tasks/{id}/assign", { params: { path: { id: task.id }, header: key() }, body: { user: to } }));
    if (m.ok) moved.push(task.id);
    else stayed++;
  }
  return { moved, stayed };
}

async function takeBack(shape: ObjectShape, id: string, from: string | null, moved: readonly string[], note: string | null): Promise<void> {
  try {
    const problem = await setOwner(shape.name, id, from);
    if (problem) {
      toast(t("It could not be taken back: {why}", { why: [problem.detail, problem.way_out].filter(Boolean).join(" ") }), { ms: 15_000 });
      return;
    }
    for (const task of from ? moved : []) await api.POST("/api/v1/tasks/{id}/assign", { params: { path: { id: task }, header: key() }, body: { user: from ?? "" } });
    if (note) await api.POST("/api/v1/records/activity/{id}/archive", { params: { path: { id: note }, header: key() } });
    ticks.value++;
    toast(t("Taken back."));
  } catch {
    toast(t("The server cannot be reached, so it was not taken back."));
  }
}

export function HandOverDialog({ shape, id, fields, title, tasks, done }: { shape: ObjectShape; id: string; fields: Fields; title: string; tasks: readonly Task[]; done: () => void }) {
  const base = useId();
  const owner = isRef(fields["owner"]) ? fields["owner"].id : null;
  const [to, setTo] = useState<Ref | null>(null);
  const [note, setNote] = useState("");
  const [problem, setProblem] = useState<Problem | null>(null);
  const [missing, setMissing] = useState(false);
  const [busy, setBusy] = useState(false);
  const close = (): void => { handing.value = false; };
  const may = shape.may["assign"] !== "none";
  const along = tasks.filter((x) => owner && x.owed_by === owner && x.kind !== "escalation");

  const hand = async (): Promise<void> => {
    if (busy) return;
    if (!to) return setMissing(true);
    setBusy(true);
    setProblem(null);
    try {
      const refused = await setOwner(shape.name, id, to.id);
      if (refused) return setProblem(refused);
      const { moved, stayed } = owner ? await moveTasks(id, shape.name, owner, to.id) : { moved: [], stayed: 0 };
      let noteId: string | null = null;
      if (note.trim()) {
        const n = settle(await api.POST("/api/v1/records/activity", { params: { header: key() }, body: { kind: "note", direction: "internal", subject: t("Handed over to {name}", { name: to.name ?? "" }), body: note.trim(), links: [id] } }));
        if (n.ok) noteId = n.data.id;
        else toast(t("It is handed over, but the note could not be kept: {why}", { why: n.problem.detail }), { ms: 15_000 });
      }
      close();
      ticks.value++;
      toast(stayed ? tn(stayed, "{name} has it now. {n} task stays where it was; move it by hand.", "{name} has it now. {n} tasks stay where they were; move them by hand.", { name: to.name ?? "" }) : t("{name} has it now.", { name: to.name ?? personName(to.id) }),
        { undo: () => void takeBack(shape, id, owner, moved, noteId) });
      done();
    } catch {
      setProblem(offlineProblem());
    } finally {
      setBusy(false);
    }
  };
  return (
    <Dialog title={t("Hand over: {name}", { name: title })} onClose={close}>
      {!may ? (
        <div class="stack">
          <ProblemNote problem={{ type: "about:blank", title: "", status: 403, code: "access.denied", request_id: "", detail: t("Your roles do not hand over {records}.", { records: shape.plural.toLowerCase() }), way_out: t("Somebody whose role may assign them can do it for you. Write down whom it should go to.") }} />
          <div class="form-field"><label for={`${base}-why`}>{t("To whom, and why")}</label><textarea id={`${base}-why`} rows={3} maxLength={2000} value={note} onInput={(e) => setNote(e.currentTarget.value)} /></div>
          <AskWhom page={shape.page} record={id} what={t("Hand over {name}", { name: title })} note={note.trim() || undefined} />
          <div class="form-foot"><Button onClick={close}>{t("Close")}</Button></div>
        </div>
      ) : (
        <form class="form" noValidate onSubmit={(e) => { e.preventDefault(); void hand(); }}>
          {problem && <ProblemNote problem={problem} />}
          <div class="form-field">
            <label for={`${base}-to`}>{t("To whom")}</label>
            <Combobox id={`${base}-to`} object="user" value={to} label={t("To whom")} autofocus invalid={missing && !to} describedBy={missing && !to ? `${base}-e` : undefined} onChoose={(v) => { setTo(v); setMissing(false); }} />
            {missing && !to && <p id={`${base}-e`} class="field-error" role="alert">{t("Choose somebody first.")}</p>}
            {owner && people.value.has(owner) && <p class="meta">{owner === me.value?.id ? t("You own it now.") : t("{name} owns it now.", { name: personName(owner) })}</p>}
          </div>
          <div class="form-field">
            <label for={`${base}-note`}>{t("A note for them")}</label>
            <textarea id={`${base}-note`} rows={4} maxLength={4000} value={note} onInput={(e) => setNote(e.currentTarget.value)} placeholder={t("What was promised, what they should know first")} />
          </div>
          {along.length > 0 && <div class="stack"><p>{tn(along.length, "{n} open task goes along:", "{n} open tasks go along:")}</p><ul class="bullets">{along.slice(0, 8).map((x) => <li key={x.id}>{x.title}</li>)}</ul></div>}
          <div class="form-foot"><Button onClick={close}>{t("Cancel")}</Button><Button kind="primary" type="submit" disabled={busy}>{t("Hand over")}</Button></div>
        </form>
      )}
    </Dialog>
  );
}
