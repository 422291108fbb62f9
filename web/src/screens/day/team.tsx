// The load of those who report to one: how much waits with whom, so that help goes where it is needed. No scores, no ranks.
import { useEffect, useState } from "preact/hooks";
import { api, settle, type Problem, type Task } from "../../api/client";
import { formatNear } from "../../i18n/format";
import { t, tn } from "../../i18n/t";
import { recordHref } from "../../nav/router";
import { onChange } from "../../store/live";
import { me } from "../../store/session";
import type { Summary } from "../../store/tasks";
import { Icon } from "../../ui/icon";
import { StatusChip } from "../../ui/status";
import { offlineProblem, ProblemNote, Skeleton, EmptyState } from "../../ui/states";

interface Load {
  id: string;
  name: string;
  summary: Summary | null;
  waiting: readonly Task[]; // escalations, which stand first in their day
}

async function readTeam(): Promise<Load[] | Problem> {
  const r = settle(await api.GET("/api/v1/records/user", { params: { query: { filter: `reports_to = me and active`, fields: "name", sort: "name", limit: 60 } } }));
  if (!r.ok) return r.problem;
  return Promise.all(r.data.data.filter((p) => p.id !== me.peek()?.id).map(async (p) => {
    const d = settle(await api.GET("/api/v1/my-day", { params: { query: { user: p.id, limit: 20 } } }));
    return { id: p.id, name: p.name ?? "", summary: d.ok ? (d.data.summary as unknown as Summary) : null, waiting: d.ok ? d.data.data.filter((x) => x.kind === "escalation") : [] };
  }));
}

// A team's load is many answers: changes are gathered before it is read anew.
const REREAD_MS = 3000;

export function Team() {
  const [team, setTeam] = useState<readonly Load[] | null>(null);
  const [problem, setProblem] = useState<Problem | null>(null);
  const load = (): void => {
    setProblem(null);
    readTeam().then((r) => ("detail" in r ? setProblem(r) : setTeam(r)), () => setProblem(offlineProblem()));
  };
  useEffect(() => {
    load();
    let timer = 0;
    const stop = onChange(() => {
      if (!timer) timer = window.setTimeout(() => { timer = 0; load(); }, REREAD_MS);
    });
    return () => { stop(); clearTimeout(timer); };
  }, []);
  if (problem) return <ProblemNote problem={problem} retry={load} />;
  if (!team) return <Skeleton rows={6} height={44} />;
  if (!team.length) return <EmptyState icon="users" title={t("Nobody reports to you.")} />;
  const most = Math.max(1, ...team.map((p) => p.summary?.open ?? 0));
  const waiting = team.flatMap((p) => p.waiting.map((task) => ({ task, who: p.name }))).sort((a, b) => (a.task.opened ?? "").localeCompare(b.task.opened ?? ""));
  return (
    <>
    {waiting.length > 0 && (
      <section class="team-waiting">
        <h2>{tn(waiting.length, "{n} escalation waits for an answer", "{n} escalations wait for an answer")}</h2>
        <ul>{waiting.map(({ task, who }) => (
          <li key={task.id}><Icon name="megaphone" class="warn" />
            <span class="grow">{task.record ? <a href={recordHref(task.record.object, task.record.id)}>{task.title}</a> : task.title} <span class="muted">{t("waits for {name} since {when}", { name: who, when: formatNear(task.opened ?? "") })}</span></span>
            {task.until && <StatusChip tone={task.overdue ? "warn" : "plain"} icon="clock">{t("goes on {when}", { when: formatNear(task.until) })}</StatusChip>}
          </li>))}</ul>
      </section>
    )}
    {/* eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- it scrolls sideways, which keys must be able to do */}
    <div class="table-box" role="region" aria-label={t("My team's day")} tabIndex={0}>
      <table class="team">
        <caption class="sr">{t("What waits with each of my team")}</caption>
        <thead><tr><th scope="col">{t("Person")}</th><th scope="col" class="end">{t("Escalations")}</th><th scope="col" class="end">{t("Overdue")}</th><th scope="col" class="end">{t("Today")}</th><th scope="col" class="end">{t("Open")}</th><th scope="col" class="load-head">{t("Load")}</th></tr></thead>
        <tbody>
          {team.map((p) => (
            <tr key={p.id}>
              <th scope="row"><a href={`/?user=${p.id}`}>{p.name}</a></th>
              <td class="end num">{p.summary?.escalations ? <b class="warn">{p.summary.escalations}</b> : "0"}</td>
              <td class="end num">{p.summary?.overdue ?? "–"}</td>
              <td class="end num">{p.summary?.today ?? "–"}</td>
              <td class="end num">{p.summary?.open ?? "–"}</td>
              <td><span class="load" aria-hidden="true"><span style={{ inlineSize: `${Math.round(((p.summary?.open ?? 0) / most) * 100)}%` }} /></span></td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
    </>
  );
}
