// The end of the queue: what was done today, what comes back first, and somewhere to go.
import { useEffect, useState } from "preact/hooks";
import { api, settle, type Task } from "../../api/client";
import { formatNear, formatTime } from "../../i18n/format";
import { t, tn } from "../../i18n/t";
import { recordHref } from "../../nav/router";
import { isManager, me } from "../../store/session";
import { day } from "../../store/tasks";
import { Icon } from "../../ui/icon";
import { EmptyState, Skeleton } from "../../ui/states";
import { FirstSteps, useFresh } from "./first-steps";

// The ones that come back soonest, of those that were put off.
export function firstBack(tasks: readonly Task[], n: number): readonly Task[] {
  return tasks.filter((x) => x.not_before).sort((a, b) => (a.not_before ?? "").localeCompare(b.not_before ?? "")).slice(0, n);
}

async function tasksOf(filter: string): Promise<readonly Task[]> {
  const r = settle(await api.GET("/api/v1/tasks", { params: { query: { filter, limit: 200 } } }));
  return r.ok ? r.data.data : [];
}

export function Nothing({ user }: { user: string }) {
  const s = day.value?.summary;
  const [past, setPast] = useState<{ done: readonly Task[]; back: readonly Task[] } | null>(null);
  const fresh = useFresh();
  useEffect(() => {
    let alive = true;
    const who = `owed_by = '${user || (me.peek()?.id ?? "0")}'`;
    void Promise.all([tasksOf(`${who} and closed_as = 'done' and closed_at = today`), tasksOf(`${who} and closed_at is empty and not_before > now`)])
      .then(([done, back]) => { if (alive) setPast({ done, back: firstBack(back, 3) }); }, () => { if (alive) setPast({ done: [], back: [] }); });
    return () => { alive = false; };
  }, [user, s?.done_today, s?.put_off]);
  if (fresh === null) return <Skeleton rows={4} height={64} />;
  if (fresh && !user) return <FirstSteps />;
  const line = (task: Task, icon: "check" | "circle", side: string) => (
    <li key={task.id}><Icon name={icon} /><span class="grow cut">{task.record ? <a href={recordHref(task.record.object, task.record.id)}>{task.title}</a> : task.title} <span class="muted">{task.record?.title}</span></span><span class="meta nowrap">{side}</span></li>
  );
  return (
    <>
      <EmptyState icon="circle-check" title={user ? t("Nothing is owed right now.") : t("Nothing is owed right now. Well done.")}>
        <p>{s?.done_today ? tn(s.done_today, "{n} task done today.", "{n} tasks done today.") : t("Tasks come from the manual: when a record reaches a step that you answer for, it stands here with its reason.")}</p>
        <p class="row wrap">{isManager.value && !user && <a class="button plain" data-act={t("My Day")} href="/?team=1"><Icon name="users" /><span>{t("My team's day")}</span></a>}<a class="button plain" data-act="" href="/lists/deal"><span>{t("Look through the deals")}</span></a></p>
      </EmptyState>
      {past && (past.done.length > 0 || past.back.length > 0) && (
        <div class="day-end">
          {past.done.length > 0 && <section><h2>{t("Done today")}</h2><ul class="done-list">{past.done.slice(0, 12).map((x) => line(x, "check", x.closed ? formatTime(x.closed) : ""))}</ul></section>}
          {past.back.length > 0 && <section><h2>{t("Comes back first")}</h2><ul class="done-list">{past.back.map((x) => line(x, "circle", formatNear(x.not_before ?? "")))}</ul></section>}
        </div>
      )}
    </>
  );
}
