// Every change of every field: who, what, before and after, through what, by which rule of the manual; and the way back.
import { useEffect, useRef, useState } from "preact/hooks";
import { api, newKey, settle, type ObjectShape, type Problem, type Schemas } from "../../api/client";
import { formatInstant } from "../../i18n/format";
import { t } from "../../i18n/t";
import { place, setQuery } from "../../nav/router";
import { putRecord } from "../../store/records";
import { fieldOf, personName } from "../../store/session";
import { isEmpty, showValue } from "../../store/values";
import { Button } from "../../ui/button";
import { EmptyState, offlineProblem, ProblemNote, Skeleton } from "../../ui/states";
import { WhyLink } from "../../ui/status";
import { toast } from "../../ui/toast";

export type Change = Schemas["ChangePage"]["data"][number];

// Through what a change came in.
export function channelOf(via: string): string {
  return ({ web: t("In the browser"), api: t("API"), import: t("Import"), cli: t("Command line"), rule: t("A rule"), agent: t("An agent") } as Record<string, string>)[via] ?? via;
}
function kindWord(kind: string): string {
  return ({ created: t("Created"), archived: t("Archived"), unarchived: t("Taken out of the archive"), deleted: t("Moved to the bin"), restored: t("Taken out of the bin"), purged: t("Erased"), merged: t("Merged") } as Record<string, string>)[kind] ?? kind;
}

export function History({ shape, id, seen }: { shape: ObjectShape; id: string; seen: number }) {
  const [items, setItems] = useState<readonly Change[] | null>(null);
  const [next, setNext] = useState<string | null>(null);
  const [problem, setProblem] = useState<Problem | null>(null);
  const asked = useRef(0); // an answer that was overtaken is dropped
  const only = place.value.query.get("field") ?? "";
  const read = (cursor?: string): void => {
    const mine = ++asked.current;
    api.GET(`/api/v1/records/${shape.name}/{id}/changes` as "/api/v1/records/deal/{id}/changes", { params: { path: { id }, query: { limit: only ? 200 : 50, cursor } } }).then(settle).then((r) => {
      if (mine !== asked.current) return;
      if (!r.ok) return setProblem(r.problem);
      setProblem(null);
      setNext(r.data.next);
      setItems((old) => (cursor && old ? [...old, ...r.data.data] : r.data.data));
    }, () => setProblem(offlineProblem()));
  };
  useEffect(() => read(), [id, seen, only !== ""]);
  const undo = async (c: Change): Promise<void> => {
    try {
      const r = settle(await api.POST("/api/v1/changes/{id}/undo", { params: { path: { id: c.id }, header: { "Idempotency-Key": newKey() } } }));
      if (!r.ok) return setProblem(r.problem);
      putRecord(shape.name, r.data, true);
      toast(t("Taken back."));
      read();
    } catch {
      setProblem(offlineProblem());
    }
  };
  if (!items) return problem ? <ProblemNote problem={problem} retry={() => read()} /> : <Skeleton rows={5} />;
  if (!items.length) return <EmptyState icon="history" title={t("No changes are written down yet.")} />;
  const names = [...new Set([...items.map((c) => c.field), only])].filter(Boolean);
  const shown = only ? items.filter((c) => c.field === only) : items;
  return (
    <div class="history">
      {problem && <ProblemNote problem={problem} />}
      <p class="row wrap history-filter">
        <label for="history-field">{t("Field")}</label>
        <select id="history-field" data-act={t("Changes")} value={only} onChange={(e) => setQuery({ field: e.currentTarget.value || null }, { replace: true })}>
          <option value="">{t("All fields")}</option>
          {names.map((n) => <option key={n} value={n}>{fieldOf(shape, n)?.label ?? n}</option>)}
        </select>
      </p>
      {/* eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- it scrolls sideways, which keys must be able to do */}
      <div class="table-box" role="region" aria-label={t("History")} tabIndex={0}><table>
        <caption class="sr">{t("Changes, newest first")}</caption>
        <thead><tr><th scope="col">{t("When")}</th><th scope="col">{t("Who")}</th><th scope="col">{t("Field")}</th><th scope="col">{t("Before")}</th><th scope="col">{t("After")}</th><th scope="col">{t("Through")}</th><th scope="col"><span class="sr">{t("Undo")}</span></th></tr></thead>
        <tbody>{shown.map((c) => <Row key={`${c.id}-${c.field}`} shape={shape} c={c} undo={() => void undo(c)} />)}</tbody>
      </table></div>
      {shown.length === 0 && <EmptyState icon="history" title={t("No change of this field among those read so far.")} />}
      {next && <p class="queue-more"><Button act={t("Changes")} kind="quiet" onClick={() => read(next)}>{t("Earlier")}</Button></p>}
    </div>
  );
}

function Row({ shape, c, undo }: { shape: ObjectShape; c: Change; undo: () => void }) {
  const field = fieldOf(shape, c.field);
  const show = (v: unknown): string => (isEmpty(v) ? "" : field ? showValue(field, v) || String(v) : typeof v === "object" ? "" : String(v));
  const rule = c.page !== "";
  return (
    <tr>
      <td class="num nowrap">{formatInstant(c.at)}</td>
      <td>{personName(c.actor) || (c.via === "import" ? t("Import") : t("The manual"))}</td>
      <td>{field?.label ?? (c.field || kindWord(c.kind))}</td>
      <td class="muted before">{c.field ? show(c.old) || "–" : ""}</td>
      <td>{c.field ? show(c.new) || "–" : ""}</td>
      <td class="through">{channelOf(c.via)}{rule ? <> <WhyLink page={c.page} version={c.manual_version} label={c.page.split("/")[1]} /></> : <span class="meta"> · {t("manual version {n}", { n: c.manual_version })}</span>}</td>
      <td class="end">{c.field && field?.write ? <Button act={formatInstant(c.at)} kind="quiet" icon="undo-2" onClick={undo}>{t("Undo")}<span class="sr"> {field.label}</span></Button> : null}</td>
    </tr>
  );
}
