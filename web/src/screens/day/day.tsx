// My Day: one ordered queue. The first card is open, the rest are one line each with the reason why it is there.
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { formatDay } from "../../i18n/format";
import { t, tn } from "../../i18n/t";
import { addKeys } from "../../keys/keys";
import { go, place, recordHref, setQuery } from "../../nav/router";
import { onChange } from "../../store/live";
import { isManager, peopleKnown, personName } from "../../store/session";
import { isMailTask, written } from "../../store/mails";
import { arrived, day, dayProblem, heldStill, loadDay, queue, takeOrder } from "../../store/tasks";
import { Button } from "../../ui/button";
import { ProblemNote, Skeleton } from "../../ui/states";
import { Screen } from "../../shell/screen";
import { TaskCard, TaskLine, mailLabel, writeMail } from "./task-card";
import { Nothing } from "./nothing";
import { Team } from "./team";

// Told about changes, the queue is read anew; never more often than this, and never while a key is down in an input.
const REREAD_MS = 700;

export function useDay(user: string): void {
  useEffect(() => {
    if (day.peek()?.user !== user) day.value = null;
    void loadDay(user);
    let timer = 0;
    const stop = onChange((change) => {
      if (timer) return;
      timer = window.setTimeout(() => { timer = 0; void loadDay(user, { keep: heldStill }); }, change ? REREAD_MS : 0);
    });
    return () => {
      stop();
      clearTimeout(timer);
    };
  }, [user]);
}

function summaryText(user: string): string {
  const s = day.value?.summary;
  if (!s) return formatDay();
  const parts = [user ? personName(user) : formatDay(), tn(s.open, "{n} to do", "{n} to do")];
  if (s.escalations) parts.push(tn(s.escalations, "{n} escalation", "{n} escalations"));
  if (s.promises) parts.push(tn(s.promises, "{n} promise", "{n} promises"));
  if (s.overdue) parts.push(t("{n} overdue", { n: s.overdue }));
  if (s.today) parts.push(t("{n} due today", { n: s.today }));
  if (s.done_today) parts.push(t("{n} done today", { n: s.done_today }));
  return parts.join(" · ");
}

// Who comes back to the day finds it in order; what comes while they look at it waits to be asked for.
function Arrived() {
  const held = arrived.value;
  if (!held.length) return null;
  return <> · <button type="button" class="link-button" data-act="" onClick={takeOrder}>{tn(held.length, "{n} new task – refresh order", "{n} new tasks – refresh order")}</button></>;
}

export function Day() {
  const { query } = place.value;
  const team = query.get("team") === "1" && isManager.value;
  const user = query.get("user") ?? "";
  return team ? <TeamDay /> : <OneDay key={user} user={user} />;
}

function Switch({ team }: { team: boolean }) {
  if (!isManager.value) return null;
  return (
    <div class="segments" role="group" aria-label={t("Whose day")}>
      <a href="/" data-act={t("Whose day")} aria-current={team ? undefined : "true"}><span>{t("My day")}</span></a>
      <a href="/?team=1" data-act={t("Whose day")} aria-current={team ? "true" : undefined}><span>{t("My team's day")}</span></a>
    </div>
  );
}

function TeamDay() {
  return <Screen title={t("My team's day")} meta={formatDay()} actions={<Switch team />}><Team /></Screen>;
}

function OneDay({ user }: { user: string }) {
  useDay(user);
  const tasks = queue.value;
  const asked = place.value.query.get("task");
  const openId = asked && tasks.some((x) => x.id === asked) ? asked : tasks[0]?.id;
  const [shown, setShown] = useState(60);
  const opened = useRef<HTMLDivElement>(null);
  const moved = useRef(false);
  // Head and queue come together, or the switch of somebody who leads would push what stands already.
  const loading = (day.value === null && !dayProblem.value) || !peopleKnown.value;

  const open = (id: string): void => {
    moved.current = true;
    setQuery({ task: id === tasks[0]?.id ? null : id }, { replace: true });
  };
  const latest = useRef(open);
  latest.current = open;
  const [openLine] = useState(() => (id: string): void => latest.current(id));
  const step = (by: number): void => {
    const at = tasks.findIndex((x) => x.id === openId);
    const to = tasks[Math.max(0, Math.min(tasks.length - 1, at + by))];
    if (to) open(to.id);
  };
  useLayoutEffect(() => {
    if (!moved.current) return;
    moved.current = false;
    const card = opened.current?.querySelector("article");
    card?.setAttribute("tabindex", "-1");
    (card as HTMLElement | null)?.focus({ preventScroll: true });
    opened.current?.scrollIntoView({ block: "nearest" });
  }, [openId]);
  // A closed card hands the focus to the next one, if it had it.
  const before = useRef(openId);
  useLayoutEffect(() => {
    if (before.current && before.current !== openId && document.activeElement === document.body) opened.current?.querySelector<HTMLElement>(".task-actions button, .task-actions a")?.focus({ preventScroll: true });
    before.current = openId;
  }, [openId]);
  const opensMail = tasks.find((x) => x.id === openId);
  const mail = isMailTask(opensMail) ? opensMail : undefined;
  useLayoutEffect(() => addKeys({
    title: t("My Day"),
    actions: [
      { keys: "j", label: t("Next task"), run: () => step(1) },
      { keys: "k", label: t("Task before"), run: () => step(-1) },
      { keys: "Enter", label: t("Open the record"), run: () => { const x = tasks.find((y) => y.id === openId); if (x?.record) go(recordHref(x.record.object, x.record.id)); } },
      ...(mail ? [{ keys: "m", label: mailLabel(mail), run: () => writeMail(mail) }] : []),
      { keys: "r", label: t("Run the queue"), run: () => go("/run") },
      { keys: "mod+Enter", label: t("First outcome"), typing: true, run: () => opened.current?.querySelector<HTMLButtonElement>(".task-actions .primary")?.click() },
    ],
  }), [tasks, openId, written.value]);

  return (
    <Screen title={user ? t("Day of {name}", { name: personName(user) }) : t("My Day")} meta={<span aria-live="polite">{summaryText(user)}<Arrived /></span>} ready={!loading} class="day"
      actions={!loading && <><Switch team={false} />{!user && <Button kind="primary" icon="play" onClick={() => go("/run")} disabled={tasks.length === 0} focus="run">{t("Run the queue")}</Button>}</>}>
      {dayProblem.value && <ProblemNote problem={dayProblem.value} retry={() => void loadDay(user)} />}
      {loading && <div class="queue"><Skeleton rows={1} height={320} /><Skeleton rows={8} height={44} /></div>}
      {!loading && !dayProblem.value && tasks.length === 0 && <Nothing user={user} />}
      {!loading && <ol class="queue">
        {tasks.slice(0, shown).map((task) => (
          <li key={task.id} class={task.id === openId ? undefined : "closed-line"}>
            {task.id === openId ? <div ref={opened}><TaskCard key={task.id} task={task} /></div> : <TaskLine task={task} open={openLine} />}
          </li>
        ))}
      </ol>}
      {!loading && (shown < tasks.length || day.value?.next) && (
        <p class="queue-more">
          <Button act kind="quiet" onClick={() => { setShown(shown + 100); if (shown + 100 >= tasks.length && day.value?.next) void loadDay(user, { more: true }); }}>
            {t("Show more: {n} wait behind these", { n: Math.max(0, (day.value?.summary?.open ?? tasks.length) - Math.min(shown, tasks.length)) })}
          </Button>
        </p>
      )}
    </Screen>
  );
}
