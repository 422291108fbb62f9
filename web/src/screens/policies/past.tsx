// A rule tried on the past: what it would have found if it had been on already. Read before it is switched, or at any time.
import { useId, useState } from "preact/hooks";
import { api, settle, type Schemas } from "../../api/client";
import { dayOf, formatDate, formatNumber } from "../../i18n/format";
import { t, tn } from "../../i18n/t";
import { recordHref } from "../../nav/router";
import { objectOf } from "../../store/session";
import { Button } from "../../ui/button";
import { Dialog } from "../../ui/dialog";
import { ProblemNote, Skeleton } from "../../ui/states";
import { StatusChip } from "../../ui/status";
import { useLoad } from "../figures/load";

export type Past = Schemas["PolicyPast"];
const SPANS = [30, 90, 180, 366] as const;
const EXAMPLES_FIRST = 5;
const CHART_HEIGHT = 56;

export function usePast(page: string, days: number) {
  const name = page.split("/")[1] ?? "";
  return useLoad(`past-${page}-${days}`, async () => settle(await api.POST("/api/v1/policies/{name}/past", { params: { path: { name } }, body: { days } })));
}

// One column a week, broken on top of kept: heights are parts of the fullest week.
export function columns(weeks: Past["by_week"], height: number): { week: string; kept: number; broken: number }[] {
  const most = Math.max(1, ...weeks.map((w) => w.kept + w.breached));
  const of = (n: number): number => (n ? Math.max(1, (n / most) * height) : 0);
  return weeks.map((w) => ({ week: w.week, kept: of(w.kept), broken: of(w.breached) }));
}

function Chart({ past }: { past: Past }) {
  const cols = columns(past.by_week, CHART_HEIGHT);
  const first = past.by_week[0]?.week, last = past.by_week.at(-1)?.week;
  return (
    <div class="past-chart">
      <svg viewBox={`0 0 ${cols.length * 8} ${CHART_HEIGHT}`} preserveAspectRatio="none" width="100%" height={CHART_HEIGHT} aria-hidden="true">
        <line class="past-base" x1="0" x2={cols.length * 8} y1={CHART_HEIGHT} y2={CHART_HEIGHT} />
        {cols.map((c, i) => (
          <g key={c.week}>
            <rect class="past-kept" x={i * 8 + 1} width="6" y={CHART_HEIGHT - c.kept} height={c.kept} />
            <rect class="past-broken" x={i * 8 + 1} width="6" y={CHART_HEIGHT - c.kept - c.broken} height={c.broken} />
          </g>
        ))}
      </svg>
      <p class="row meta past-axis"><span>{first && formatDate(first)}</span><span>{last && t("week of {day}", { day: formatDate(last) })}</span></p>
      <p class="row wrap meta past-legend" aria-hidden="true">
        <span class="row"><svg width="10" height="10"><rect class="past-kept" width="10" height="10" rx="2" /></svg>{t("kept")}</span>
        <span class="row"><svg width="10" height="10"><rect class="past-broken" width="10" height="10" rx="2" /></svg>{t("not met")}</span>
      </p>
    </div>
  );
}

function WeekTable({ past }: { past: Past }) {
  return (
    // A long table scrolls in its own box; the keyboard must be able to get there.
    // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex
    <div class="table-box past-table" tabIndex={0} role="group" aria-label={t("By week")}>
      <table class="figure-table">
        <caption class="sr">{t("By week")}</caption>
        <thead><tr><th scope="col">{t("Week of")}</th><th scope="col" class="right">{t("Kept")}</th><th scope="col" class="right">{t("Not met")}</th></tr></thead>
        <tbody>
          {past.by_week.map((w) => (
            <tr key={w.week}><th scope="row">{formatDate(w.week)}</th><td class="right num">{formatNumber(w.kept)}</td><td class="right num">{formatNumber(w.breached)}</td></tr>
          ))}
        </tbody>
        <tfoot><tr><th scope="row">{t("All")}</th><td class="right num">{formatNumber(past.kept)}</td><td class="right num">{formatNumber(past.breached)}</td></tr></tfoot>
      </table>
    </div>
  );
}

function Examples({ past }: { past: Past }) {
  const [all, setAll] = useState(false);
  const shown = all ? past.examples : past.examples.slice(0, EXAMPLES_FIRST);
  if (!past.breached) return null;
  if (!past.examples.length) return <p class="muted">{t("The records that did not meet it are not yours to open.")}</p>;
  return (
    <div>
      <h4>{t("For example")}</h4>
      <ul class="past-examples">
        {shown.map((e) => (
          <li key={`${e.record}-${e.due_at}`}>
            <a href={recordHref(e.object, e.record)}>{e.title || t("without a name")}</a>
            <span class="meta">{t("was due {day}", { day: formatDate(dayOf(e.due_at)) })}</span>
            {e.met_at
              ? <StatusChip tone="ok" icon="check">{t("done {day}", { day: formatDate(dayOf(e.met_at)) })}</StatusChip>
              : <StatusChip tone="plain" icon="clock">{t("never done")}</StatusChip>}
          </li>
        ))}
      </ul>
      {shown.length < past.examples.length && <Button kind="quiet" onClick={() => setAll(true)}>{tn(past.examples.length - shown.length, "Show {n} more", "Show {n} more")}</Button>}
    </div>
  );
}

function words(past: Past): string {
  const object = objectOf(past.examples[0]?.object ?? "");
  const many = object?.plural.toLowerCase() ?? t("records"), one = object?.label.toLowerCase() ?? t("record");
  if (!past.in_scope) return t("In these {n} days the rule would have been about no record at all.", { n: daysOf(past) });
  const about = tn(past.in_scope, "It would have been about {n} {one}", "It would have been about {n} {many}", { one, many });
  if (!past.breached) return t("{about}, and not once would it have been broken.", { about });
  return tn(past.breached, "{about}, and not met once.", "{about}, and not met {n} times.", { about });
}

function daysOf(past: Past): number {
  return Math.round((Date.parse(past.to) - Date.parse(past.from)) / 86_400_000);
}

export function PastView({ past }: { past: Past }) {
  const [table, setTable] = useState(false);
  const some = past.kept + past.breached > 0;
  const all = past.kept + past.breached;
  return (
    <div class="stack past">
      <p><strong>{words(past)}</strong></p>
      {past.in_scope > 0 && (
        <p class="muted">
          {[
            all ? t("kept {n} %", { n: formatNumber((past.kept / all) * 100, 1) }) : "",
            past.running ? tn(past.running, "{n} clock still runs", "{n} clocks still run") : "",
            tn(past.reminders, "{n} reminder would have gone out", "{n} reminders would have gone out"),
          ].filter(Boolean).join(" · ")}
        </p>
      )}
      {some && (table ? <WeekTable past={past} /> : <Chart past={past} />)}
      {some && <p><Button kind="quiet" onClick={() => setTable(!table)}>{table ? t("Show as a chart") : t("Show as a table")}</Button></p>}
      {past.by_step.length > 1 && (
        <div>
          <h4>{t("Where they stood")}</h4>
          <ul class="past-steps">{past.by_step.map((s) => <li key={s.step}><span>{s.step}</span> <span class="num">{formatNumber(s.breached)}</span></li>)}</ul>
        </div>
      )}
      <Examples past={past} />
      {past.assumed.length > 0 && (
        <details>
          <summary>{t("What the past does not tell")}</summary>
          <ul class="bullets">{past.assumed.map((a) => <li key={a}>{a}</li>)}</ul>
        </details>
      )}
    </div>
  );
}

// The part of another dialog: never in the way of what the dialog is for.
export function PastOf({ page, days }: { page: string; days: number }) {
  const { data, problem, loading, reload } = usePast(page, days);
  return (
    // Of one height from the start, so that nothing moves when the answer comes; what is longer scrolls, also by keyboard.
    // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex
    <div class="past-slot" tabIndex={0} role="group" aria-label={t("Tried on the past")}>
      {problem && <ProblemNote problem={problem} retry={reload} />}
      {loading && <Skeleton rows={4} />}
      {data && <PastView past={data} />}
    </div>
  );
}

export function PastDialog({ page, label, sentence, onClose }: { page: string; label: string; sentence: string; onClose: () => void }) {
  const [days, setDays] = useState<number>(90);
  const id = useId();
  return (
    <Dialog title={t("Tried on the past")} onClose={onClose}>
      <div class="form">
        <div class="stack">
          <p><strong>{label}</strong></p>
          <p class="muted">{sentence}</p>
        </div>
        <div class="row wrap">
          <label for={`${id}-days`}>{t("As if it had been on for")}</label>
          <select id={`${id}-days`} value={String(days)} onChange={(e) => setDays(Number(e.currentTarget.value))}>
            {SPANS.map((n) => <option key={n} value={String(n)}>{tn(n, "{n} day", "{n} days")}</option>)}
          </select>
        </div>
        <div aria-live="polite"><PastOf page={page} days={days} /></div>
        <div class="form-foot"><Button onClick={onClose}>{t("Close")}</Button></div>
      </div>
    </Dialog>
  );
}
