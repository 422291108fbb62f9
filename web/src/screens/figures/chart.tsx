// One measure by one grouping as bars, each a link to the records it stands for; the same numbers as a table.
import { useState } from "preact/hooks";
import type { ObjectShape } from "../../api/client";
import { formatNumber } from "../../i18n/format";
import { t, tn } from "../../i18n/t";
import { Button } from "../../ui/button";
import { barLength, byText, groupFilter, groupLabel, listHref, measureText, type Group, type Metric } from "./measure";

interface Props {
  metric: Metric;
  by: string;
  groups: readonly Group[];
  shape: ObjectShape | undefined;
  table: boolean;
  mark?: string; // key of the group that is me
}

const FIRST = 12;

function recordsText(n: number | undefined, shape: ObjectShape | undefined): string {
  if (n === undefined) return "";
  const one = shape?.label.toLowerCase() ?? t("record");
  return tn(n, "{n} {one}", "{n} {many}", { one, many: shape?.plural.toLowerCase() ?? t("records") });
}

function Bar({ metric, by, group, groups, shape, mark }: Omit<Props, "table"> & { group: Group }) {
  const filter = groupFilter(by, group.key);
  const href = filter === null ? null : listHref(metric, filter);
  const label = groupLabel(group, by);
  const inside = (
    <>
      <span class="bar-label cut" title={label}>{label}{group.key === mark && <span class="muted"> · {t("you")}</span>}</span>
      <svg class="bar-mark" height="16" aria-hidden="true">
        <rect class="bar-track" width="100%" height="16" rx="3" />
        <rect class="bar-fill" width={`${(barLength(metric, group.value, groups) * 100).toFixed(2)}%`} height="16" rx="3" />
      </svg>
      <span class="bar-value num">{measureText(metric, group.value)}</span>
      <span class="bar-count meta num">{metric.unit !== "records" && recordsText(group.n, shape)}</span>
    </>
  );
  return <li>{href ? <a class="bar" href={href} data-focus={`bar-${metric.name}-${group.key ?? ""}`}>{inside}</a> : <span class="bar">{inside}</span>}</li>;
}

export function ChartBars(p: Props) {
  const [all, setAll] = useState(false);
  const shown = all || p.groups.length <= FIRST + 2 ? p.groups : p.groups.slice(0, FIRST);
  if (p.table) return <ChartTable {...p} />;
  return (
    <>
      <ul class={p.metric.unit === "records" ? "bars" : "bars counted"}>
        {shown.map((g) => <Bar key={g.key ?? ""} {...p} group={g} />)}
      </ul>
      {shown.length < p.groups.length && (
        <p><Button act={p.metric.label} kind="quiet" onClick={() => setAll(true)}>{t("Show all {n}", { n: p.groups.length })}</Button></p>
      )}
    </>
  );
}

function ChartTable({ metric, by, groups, shape }: Props) {
  return (
    // A wide table scrolls in its own box; the keyboard must be able to get there.
    // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex
    <div class="table-box" tabIndex={0} role="group" aria-label={t("{label} as a table", { label: metric.label })}>
      <table class="figure-table">
        <caption class="sr">{metric.label}, {byText(shape, by)}</caption>
        <thead>
          <tr>
            <th scope="col">{byText(shape, by)}</th>
            <th scope="col" class="right">{metric.label}</th>
            {metric.unit !== "records" && <th scope="col" class="right">{shape?.plural ?? t("Records")}</th>}
          </tr>
        </thead>
        <tbody>
          {groups.map((g) => {
            const filter = groupFilter(by, g.key);
            const href = filter === null ? null : listHref(metric, filter);
            return (
              <tr key={g.key ?? ""}>
                <th scope="row">{href ? <a href={href}>{groupLabel(g, by)}</a> : groupLabel(g, by)}</th>
                <td class="right num">{measureText(metric, g.value)}</td>
                {metric.unit !== "records" && <td class="right num">{formatNumber(g.n ?? 0)}</td>}
              </tr>
            );
          })}
        </tbody>
        <tfoot>
          <tr>
            <th scope="row">{t("All")}</th>
            <td class="right num">{measureText(metric, metric.value)}</td>
            {metric.unit !== "records" && <td class="right num">{formatNumber(metric.n ?? 0)}</td>}
          </tr>
        </tfoot>
      </table>
    </div>
  );
}
