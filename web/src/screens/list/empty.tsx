// A list without records: the first one by name alone, or many from a file.
import { useId, useState } from "preact/hooks";
import type { ObjectShape, Problem } from "../../api/client";
import { t } from "../../i18n/t";
import { go, recordHref } from "../../nav/router";
import { creating } from "../../shell/create";
import { send } from "../../store/outbox";
import { me } from "../../store/session";
import { Button } from "../../ui/button";
import { EmptyState, ProblemNote } from "../../ui/states";

export function EmptyList({ shape }: { shape: ObjectShape }) {
  const id = useId();
  const [name, setName] = useState("");
  const [problem, setProblem] = useState<Problem | null>(null);
  const [busy, setBusy] = useState(false);
  const records = shape.plural.toLowerCase();
  if (shape.may["create"] === "none") return <EmptyState icon="list" title={t("No {records} yet.", { records })}><p>{t("Your roles let you read them, not make them.")}</p></EmptyState>;
  const add = async (e: Event): Promise<void> => {
    e.preventDefault();
    if (busy || !name.trim()) return;
    setBusy(true);
    setProblem(null);
    const sent = await send({ user: me.peek()?.id ?? "", method: "POST", path: `/api/v1/records/${shape.name}`, body: { [shape.title]: name.trim() }, version: null, label: t("New {object}", { object: shape.label }) });
    setBusy(false);
    if (sent.ok === false) return setProblem(sent.problem);
    if (sent.ok === true) go(recordHref(shape.name, (sent.data as { id: string }).id));
  };
  const titled = shape.fields.some((f) => f.name === shape.title && f.write && f.type === "text");
  return (
    <EmptyState icon="list" title={t("No {records} yet.", { records })}>
      {problem && <ProblemNote problem={problem} />}
      {titled && (
        <form class="empty-add" onSubmit={(e) => void add(e)}>
          <label class="sr" for={id}>{t("Name of the first one")}</label>
          <input id={id} value={name} maxLength={200} autocomplete="off" placeholder={t("Name of the first one")} onInput={(e) => setName(e.currentTarget.value)} />
          <Button act kind="primary" type="submit" disabled={busy || !name.trim()}>{t("Add")}</Button>
        </form>
      )}
      <p><Button act icon="plus" onClick={() => (creating.value = shape.name)}>{titled ? t("Add one with all its fields") : t("Add the first one")}</Button></p>
      <p>{t("Many at once come from a file, on the server:")} <code>fairlead import {shape.name} {shape.name}.csv</code></p>
    </EmptyState>
  );
}
