// One card: who, how much, what comes next and when. The way to another stage is a drag, a menu or a key.
import { useLayoutEffect, useRef } from "preact/hooks";
import { daysBetween, dayOf, formatDate, today } from "../../i18n/format";
import { t, tn } from "../../i18n/t";
import { manualHref, recordHref } from "../../nav/router";
import { Icon } from "../../ui/icon";
import { Menu } from "../../ui/menu";
import { StatusChip } from "../../ui/status";
import { carry } from "./drag";
import type { Row } from "./model";
import type { BoardStore, NextTask, PolicyDue, Waiting } from "./store";

function missing(w: Waiting): number {
  return Math.max(1, w.problem.errors?.length ?? 1);
}

function Next({ row, task }: { row: Row; task: NextTask | null | undefined }) {
  if (row.segment === "closed") return <p class="card-next meta">{row.closedOn ? t("closed on {day}", { day: formatDate(row.closedOn) }) : t("closed")}</p>;
  const words = row.nextStep || task?.title;
  const day = row.nextOn || (task?.until ? dayOf(task.until) : "");
  const days = day ? daysBetween(today(), day) : null;
  if (!words) {
    if (task === undefined && row.segment !== "none") return <p class="card-next">{" "}</p>;
    return <p class="card-next"><span class="card-flag warn"><Icon name="triangle-alert" />{t("No next step")}</span></p>;
  }
  const late = days !== null && days < 0;
  return (
    <p class="card-next">
      {late ? <span class="card-flag bad"><Icon name="circle-alert" />{t("overdue")}</span> : days === 0 ? <span class="card-flag warn"><Icon name="clock" />{t("today")}</span> : <Icon name="chevron-right" />}
      <span class="cut grow" title={words}>{words}</span>
      {day && days !== 0 && <span class="num">{formatDate(day)}</span>}
    </p>
  );
}

function PolicyChip({ due }: { due: PolicyDue }) {
  const day = due.until ? dayOf(due.until) : "";
  const words = due.overdue ? t("rule late") : day === today() ? t("rule due today") : day ? t("rule due {day}", { day: formatDate(day) }) : t("rule open");
  return (
    <a class="card-policy" href={manualHref(due.page, due.step)} title={due.label} draggable={false}>
      <StatusChip tone={due.overdue ? "bad" : day === today() ? "warn" : "plain"} icon={due.overdue ? "circle-alert" : "gavel"}>{words}<span class="sr">: {due.label}</span></StatusChip>
    </a>
  );
}

interface Props {
  store: BoardStore;
  row: Row;
  index: number;
  total: number;
  top: number;
  board: () => HTMLElement | null;
  over: (stage: string | null) => void;
}

export function Card({ store, row, index, total, top, board, over }: Props) {
  const link = useRef<HTMLAnchorElement>(null);
  const task = store.tasks.value.get(row.id);
  const waiting = store.waiting.value.get(row.id);
  const busy = store.busy.value.has(row.id);
  useLayoutEffect(() => {
    if (store.focusNext !== row.id) return;
    store.focusNext = "";
    link.current?.focus({ preventScroll: true });
    link.current?.scrollIntoView({ block: "nearest", inline: "nearest" });
  });
  const since = store.since.value.get(row.id);
  const days = since && row.segment !== "closed" ? Math.max(0, daysBetween(dayOf(since), today())) : null;
  const label = (stage: string): string => store.column(stage)?.option.label ?? stage;
  return (
    <li class={`card${busy ? " busy" : ""}${waiting ? " waits" : ""}`} aria-posinset={index + 1} aria-setsize={total} data-card={row.id}
      style={{ transform: `translateY(${top}px)` }}
      onPointerDown={(e) => {
        const el = board();
        if (el) carry(e, e.currentTarget, el, { over, drop: (stage) => void store.move(row.id, stage) });
      }}>
      <div class="card-head">
        <a ref={link} class="cut grow" href={recordHref(store.shape.name, row.id)} draggable={false} data-focus={`card-${row.id}`} title={row.title}>{row.title}</a>
        <Menu label={t("Move {title} to…", { title: row.title })} icon="ellipsis" iconOnly class="card-move"
          items={store.columns.filter((c) => c.option.name !== row.stage).map((c) => ({ label: t("Move to {stage}", { stage: c.option.label }), run: () => { store.focusNext = row.id; void store.move(row.id, c.option.name); } }))} />
      </div>
      <p class="card-who"><span class="cut grow">{row.company || <span class="muted">{t("no company yet")}</span>}</span><span class="num">{row.value}</span></p>
      <Next row={row} task={task} />
      {waiting ? (
        <p class="card-foot">
          <button type="button" class="card-waits" data-focus={`waits-${row.id}`} onClick={() => (store.open.value = row.id)}>
            <StatusChip tone="warn" icon="clock">{tn(missing(waiting), "{stage} waits for {n} field", "{stage} waits for {n} fields", { stage: label(waiting.to) })}</StatusChip>
          </button>
        </p>
      ) : (
        <p class="card-foot meta"><span class="cut grow">{row.owner || t("nobody's")}</span>{task?.policy && <PolicyChip due={task.policy} />}{days !== null && <span class="num" title={since ? t("in this stage since {day}", { day: formatDate(dayOf(since)) }) : undefined}>{days < 1 ? t("new here") : tn(days, "{n} day here", "{n} days here")}</span>}</p>
      )}
    </li>
  );
}
