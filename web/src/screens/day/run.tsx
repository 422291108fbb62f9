// The queue one card at a time. Outcomes on the keys 1 to 9; the next card is there at once.
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { t, tn } from "../../i18n/t";
import { addKeys } from "../../keys/keys";
import { go, recordHref } from "../../nav/router";
import { composing, isMailTask, written } from "../../store/mails";
import { arrived, day, dayProblem, doneNow, finishTask, isDoneByRecord, loadDay, outcomesOf, queue, takeOrder } from "../../store/tasks";
import { Button } from "../../ui/button";
import { Icon } from "../../ui/icon";
import { ProblemNote, Skeleton } from "../../ui/states";
import { Screen } from "../../shell/screen";
import { useDay } from "./day";
import { TaskCard, mailLabel, writeMail } from "./task-card";

export function Run() {
  useDay("");
  const tasks = queue.value;
  const [passed, setPassed] = useState<ReadonlySet<string>>(new Set());
  const left = tasks.filter((x) => !passed.has(x.id));
  const task = left[0];
  const box = useRef<HTMLDivElement>(null);
  const first = useRef(true);
  useLayoutEffect(() => {
    if (!task || first.current) {
      if (task) first.current = false;
      return;
    }
    const card = box.current?.querySelector<HTMLElement>("article");
    card?.setAttribute("tabindex", "-1");
    if (!composing.peek()) card?.focus({ preventScroll: true }); // a mail that was taken back has it
    scrollTo(0, 0);
  }, [task?.id]);
  const pass = (): void => {
    if (!task) return;
    setPassed(new Set([...passed, task.id]));
    if (arrived.peek().length) takeOrder();
  };
  useEffect(() => { if (!task && arrived.value.length) takeOrder(); }, [task === undefined, arrived.value]);
  // In the layout effect: a key pressed at once must mean the card that stands there now.
  useLayoutEffect(() => {
    const outcomes = task ? outcomesOf(task) : [];
    const click = (i: number) => (): void => box.current?.querySelectorAll<HTMLButtonElement>(".task-actions > button.primary, .task-actions > button.plain")[i]?.click();
    return addKeys({
      title: t("Run the queue"),
      actions: [
        ...(task && !isDoneByRecord(task) && outcomes.length === 0 ? [{ keys: "1", label: t("Done"), run: () => finishTask(task, null, "") }] : []),
        ...outcomes.slice(0, 9).map((o, i) => ({ keys: String(i + 1), label: o.label, run: click(i) })),
        ...(task && isMailTask(task) ? [{ keys: "m", label: mailLabel(task), run: () => writeMail(task) }] : []),
        { keys: "n", label: t("Next card"), run: pass },
        { keys: "o", label: t("Open the record"), run: () => { if (task?.record) go(recordHref(task.record.object, task.record.id)); } },
        { keys: "mod+Enter", label: t("First outcome"), typing: true, run: click(0) },
        { keys: "Escape", label: t("Back to My Day"), run: () => go("/") },
      ],
    });
  }, [task?.id, passed, written.value]);
  const total = day.value?.summary?.open ?? tasks.length;
  return (
    <div class="run">
      <Screen title={t("Run the queue")} ready={task !== undefined}
        meta={task ? tn(Math.max(left.length, total - passed.size - doneNow.value.length), "{n} left", "{n} left") + (doneNow.value.length ? ` · ${t("{n} done now", { n: doneNow.value.length })}` : "") : "\u00a0"}
        actions={<><Button kind="quiet" icon="skip-forward" onClick={pass} disabled={!task} keys="n">{t("Next card")}</Button><a class="button plain" data-act="" href="/"><Icon name="x" /><span>{t("Leave")}</span></a></>}>
        {dayProblem.value && <ProblemNote problem={dayProblem.value} retry={() => void loadDay("")} />}
        {!day.value && !dayProblem.value && <Skeleton rows={1} height={420} />}
        <div ref={box}>
          {task ? <TaskCard key={task.id} task={task} big /> : day.value ? <Finished passed={passed.size} again={() => setPassed(new Set())} /> : null}
        </div>
      </Screen>
    </div>
  );
}

function Finished({ passed, again }: { passed: number; again: () => void }) {
  const done = doneNow.value;
  const coming = queue.value.slice(0, 3);
  const win = done[done.length - 1];
  return (
    <div class="finished">
      <Icon name="circle-check" size={20} />
      <h2>{done.length ? tn(done.length, "{n} task done", "{n} tasks done") : t("The queue is empty")}</h2>
      {done.length > 0 && <ul class="done-list">{done.map((d, i) => <li key={i}><Icon name="check" /><span class="grow cut">{d.title} <span class="muted">{d.record}</span></span><span class="meta">{d.how}</span></li>)}</ul>}
      {coming.length > 0 && <section><h3>{passed ? t("Passed over, still open") : t("First tomorrow")}</h3><ul class="done-list">{coming.map((x) => <li key={x.id}><Icon name="circle" /><span class="grow cut">{x.title} <span class="muted">{x.record?.title}</span></span><span class="meta">{x.because}</span></li>)}</ul></section>}
      {win && <p class="win"><Icon name="sparkles" /><span>{t("A win: {task}, {record}. One promise less to remember.", { task: win.title, record: win.record })}</span></p>}
      <p class="row wrap">{passed > 0 && <Button act onClick={again}>{t("Go through them again")}</Button>}<a class="button primary" data-act={t("Run the queue")} href="/"><span>{t("Back to My Day")}</span></a></p>
    </div>
  );
}
