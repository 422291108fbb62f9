// A new record: one field is enough, the others are folded away.
import { signal } from "@preact/signals";
import { useId, useState } from "preact/hooks";
import type { ObjectShape, Problem } from "../api/client";
import { t } from "../i18n/t";
import { go, recordHref } from "../nav/router";
import { wire } from "../store/change";
import { send } from "../store/outbox";
import { fieldOf, mainObjects, me, objects } from "../store/session";
import { putRecord, type Fields } from "../store/records";
import { Button } from "../ui/button";
import { Dialog } from "../ui/dialog";
import { FieldInput, isEditable } from "../ui/field-input";
import { Icon, objectIcon } from "../ui/icon";
import { ProblemNote } from "../ui/states";
import { toast } from "../ui/toast";

export const creating = signal<string | null>(null); // object; "": to be chosen

function close(): void {
  creating.value = null;
}

export function CreateDialog({ object }: { object: string }) {
  const shape = objects.value.get(object);
  if (shape) return <CreateForm shape={shape} />;
  const able = mainObjects.value.filter((o) => o.may["create"] !== "none");
  return (
    <Dialog title={t("Create")} onClose={close}>
      <div class="choices">
        {able.map((o, i) => (
          <button key={o.name} type="button" class="choice row" ref={i === 0 ? (el) => el?.setAttribute("autofocus", "") : undefined} onClick={() => (creating.value = o.name)}><Icon name={objectIcon(o.icon)} size={20} /><b>{o.label}</b></button>
        ))}
        {able.length === 0 && <p>{t("Your roles do not let you create records. Whoever administers fairlead can change that on the pages of the roles.")}</p>}
      </div>
    </Dialog>
  );
}

function CreateForm({ shape }: { shape: ObjectShape }) {
  const base = useId();
  const [typed, setTyped] = useState<Fields>({});
  const [problem, setProblem] = useState<Problem | null>(null);
  const [busy, setBusy] = useState(false);
  const names = shape.form.length ? shape.form : shape.list;
  const fields = names.map((n) => fieldOf(shape, n)).filter((f) => f !== undefined).filter(isEditable);
  const first = fields.filter((f) => f.required && !f.options?.length);
  const front = first.length ? first : fields.slice(0, shape.name === "lead" ? 2 : 1);
  const rest = fields.filter((f) => !front.includes(f));
  const errors = new Map((problem?.errors ?? []).map((e) => [(e.pointer ?? "").replace(/^\//, ""), e]));
  const atFields = [...errors.keys()].some((k) => fields.some((f) => f.name === k));

  const save = async (e: Event): Promise<void> => {
    e.preventDefault();
    if (busy) return;
    setBusy(true);
    setProblem(null);
    const body = Object.fromEntries(Object.entries(typed).map(([k, v]) => [k, wire(v)]));
    const sent = await send({ user: me.peek()?.id ?? "", method: "POST", path: `/api/v1/records/${shape.name}`, body, version: null, label: t("New {object}", { object: shape.label }) });
    setBusy(false);
    if (sent.ok === false) return setProblem(sent.problem);
    close();
    if (sent.ok === "waiting") {
      toast(t("Kept on this device; it is created when the connection is back."));
      return;
    }
    const row = sent.data as { id: string } & Fields;
    putRecord(shape.name, row, true);
    go(recordHref(shape.name, row.id));
  };
  const input = (f: (typeof fields)[number], autofocus: boolean) => {
    const error = errors.get(f.name);
    return (
      <div class="form-field" key={f.name}>
        <label for={`${base}-${f.name}`}>{f.label}</label>
        <FieldInput id={`${base}-${f.name}`} field={f} value={typed[f.name] ?? null} autofocus={autofocus} invalid={error !== undefined} describedBy={error ? `${base}-${f.name}-e` : undefined}
          onValue={(v) => setTyped((old) => ({ ...old, [f.name]: v }))} />
        {error ? <p id={`${base}-${f.name}-e`} class="field-error">{error.detail} {error.way_out}</p> : f.help ? <p class="meta">{f.help}</p> : null}
      </div>
    );
  };
  return (
    <Dialog title={t("New {object}", { object: shape.label })} onClose={close}>
      <form class="form" onSubmit={(e) => void save(e)}>
        {problem && !atFields && <ProblemNote problem={problem} />}
        {front.map((f, i) => input(f, i === 0))}
        {rest.length > 0 && (
          <details open={rest.some((f) => errors.has(f.name))}>
            <summary>{t("More fields")}</summary>
            <div class="form">{rest.map((f) => input(f, false))}</div>
          </details>
        )}
        <div class="form-foot"><Button onClick={close}>{t("Cancel")}</Button><Button kind="primary" type="submit" disabled={busy}>{t("Create")}</Button></div>
      </form>
    </Dialog>
  );
}
