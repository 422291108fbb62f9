// A record beside the list: what is next on it and what is known, editable in place.
import { useEffect, useState } from "preact/hooks";
import { api, settle, type ObjectShape, type Problem, type Schemas } from "../../api/client";
import { formatNear } from "../../i18n/format";
import { t } from "../../i18n/t";
import { recordHref } from "../../nav/router";
import { onChange } from "../../store/live";
import { entryOf, readRecord, shownFields } from "../../store/records";
import { fieldOf } from "../../store/session";
import { showValue } from "../../store/values";
import { Icon } from "../../ui/icon";
import { PeekPanel } from "../../ui/peek-panel";
import { offlineProblem, ProblemNote, Skeleton } from "../../ui/states";
import { StatusChip, WhyLink } from "../../ui/status";
import { Facts } from "../record/facts";

type Work = Schemas["RecordWork"];

export function Peek({ shape, id, listHref, onClose }: { shape: ObjectShape; id: string; listHref: string; onClose: () => void }) {
  const entry = entryOf(shape.name, id).value;
  const [problem, setProblem] = useState<Problem | null>(null);
  const [work, setWork] = useState<{ id: string; work: Work } | null>(null);
  const read = (): void => {
    setProblem(null);
    readRecord(shape.name, id).then(setProblem, () => { if (!entryOf(shape.name, id).peek()?.whole) setProblem(offlineProblem()); });
  };
  useEffect(() => {
    let alive = true;
    let timer = 0;
    const readWork = (): void => {
      api.GET(`/api/v1/records/${shape.name}/{id}/work` as "/api/v1/records/deal/{id}/work", { params: { path: { id } } }).then(settle)
        .then((r) => { if (alive && r.ok) setWork({ id, work: r.data }); }, () => undefined);
    };
    // Somebody who holds j down passes by many records: only the one they stop at is read.
    const first = setTimeout(() => { read(); readWork(); }, 60);
    const stop = onChange((c) => {
      if (c && c.id !== id) return;
      clearTimeout(timer);
      timer = window.setTimeout(readWork, 120);
    });
    return () => {
      alive = false;
      clearTimeout(first);
      clearTimeout(timer);
      stop();
    };
  }, [shape.name, id]);
  const fields = entry ? shownFields(entry) : {};
  const title = String(fields[shape.title] ?? "") || shape.label;
  const stage = shape.fields.find((f) => f.type === "choice" && f.options?.some((o) => o.closed));
  const owner = fieldOf(shape, "owner");
  const tasks = work?.id === id ? work.work.tasks : null;
  const next = tasks?.find((x) => x.id === (work?.work.next as { id?: string } | null)?.id) ?? tasks?.[0];
  return (
    <PeekPanel title={title} onClose={onClose}>
      <p class="row peek-line">
        {entry?.whole && stage && fields[stage.name] ? <StatusChip tone="plain">{showValue(stage, fields[stage.name])}</StatusChip> : null}
        {entry?.whole && owner && <span class="muted cut">{showValue(owner, fields["owner"]) || t("Nobody's")}</span>}
        <span class="grow" />
        <a class="row peek-open" href={recordHref(shape.name, id, listHref)}><Icon name="external-link" />{t("Open the record")}</a>
      </p>
      {entry?.gone ? <p class="note bad" role="alert">{t("This record is gone, or you may not see it.")}</p> : problem ? <ProblemNote problem={problem} retry={read} /> : null}
      {!entry?.gone && (
        <>
          <section class="peek-next" aria-label={t("Next")}>
            {tasks === null ? null : next ? (
              <>
                <p class="cut"><b>{next.title}</b></p>
                <p class="muted row"><span class="cut">{[next.until ? t("due {when}", { when: formatNear(next.until) }) : "", next.owed_by_name].filter(Boolean).join(" · ")}</span>
                  {next.overdue && <StatusChip tone="bad" icon="triangle-alert">{t("late")}</StatusChip>}
                  <WhyLink page={String((next.why as { page?: string } | undefined)?.page ?? "")} step={String((next.why as { step?: string } | undefined)?.step ?? "")} /></p>
              </>
            ) : <p class="muted">{t("Nothing is to be done on it.")}</p>}
          </section>
          {entry?.whole ? <Facts key={id} shape={shape} id={id} fields={fields} whole /> : <Skeleton rows={8} />}
        </>
      )}
    </PeekPanel>
  );
}
