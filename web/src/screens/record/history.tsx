// Every change of every field, and the way back.
import { useEffect, useRef, useState } from "preact/hooks";
import { api, newKey, settle, type ObjectShape, type Problem, type Schemas } from "../../api/client";
import { formatInstant } from "../../i18n/format";
import { t } from "../../i18n/t";
import { putRecord } from "../../store/records";
import { fieldOf, personName } from "../../store/session";
import { showValue } from "../../store/values";
import { Button } from "../../ui/button";
import { EmptyState, offlineProblem, ProblemNote, Skeleton } from "../../ui/states";
import { WhyLink } from "../../ui/status";
import { toast } from "../../ui/toast";

type Change = Schemas["ChangePage"]["data"][number];

export function History({ shape, id, seen }: { shape: ObjectShape; id: string; seen: number }) {
  const [items, setItems] = useState<readonly Change[] | null>(null);
  const [next, setNext] = useState<string | null>(null);
  const [problem, setProblem] = useState<Problem | null>(null);
  const asked = useRef(0); // an answer that was overtaken is dropped
  const read = (cursor?: string): void => {
    const mine = ++asked.current;
    api.GET(`/api/v1/records/${shape.name}/{id}/changes` as "/api/v1/records/deal/{id}/changes", { params: { path: { id }, query: { limit: 50, cursor } } }).then(settle).then((r) => {
      if (mine !== asked.current) return;
      if (!r.ok) return setProblem(r.problem);
      setProblem(null);
      setNext(r.data.next);
      setItems((old) => (cursor && old ? [...old, ...r.data.data] : r.data.data));
    }, () => setProblem(offlineProblem()));
  };
  useEffect(() => read(), [id, seen]);
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
  return (
    <div class="history">
      {problem && <ProblemNote problem={problem} />}
      {/* eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- it scrolls sideways, which keys must be able to do */}
      <div class="table-box" role="region" aria-label={t("History")} tabIndex={0}><table>
        <caption class="sr">{t("Changes, newest first")}</caption>
        <thead><tr><th scope="col">{t("When")}</th><th scope="col">{t("Who")}</th><th scope="col">{t("Field")}</th><th scope="col">{t("Before")}</th><th scope="col">{t("After")}</th><th scope="col"><span class="sr">{t("Undo")}</span></th></tr></thead>
        <tbody>
          {items.map((c) => {
            const field = fieldOf(shape, c.field);
            const show = (v: unknown): string => (field ? showValue(field, v) : typeof v === "object" ? "" : String(v ?? ""));
            return (
              <tr key={`${c.id}-${c.field}`}>
                <td class="num nowrap">{formatInstant(c.at)}</td>
                <td>{personName(c.actor) || (c.via === "import" ? t("Import") : t("The manual"))} {c.page && <WhyLink page={c.page} version={c.manual_version} />}</td>
                <td>{field?.label ?? (c.field || (c.kind === "created" ? t("Created") : c.kind))}</td>
                <td class="muted">{show(c.old) || "–"}</td>
                <td>{c.field ? show(c.new) || "–" : ""}</td>
                <td class="end">{c.field && field?.write ? <Button kind="quiet" icon="undo-2" onClick={() => void undo(c)}>{t("Undo")}</Button> : null}</td>
              </tr>
            );
          })}
        </tbody>
      </table></div>
      {next && <p class="queue-more"><Button kind="quiet" onClick={() => read(next)}>{t("Earlier")}</Button></p>}
    </div>
  );
}
