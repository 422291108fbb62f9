// One record: what to do next, where it stands, what is known, what happened.
import { useEffect, useState } from "preact/hooks";
import { api, settle, type ObjectShape, type Problem, type Schemas, type Task } from "../../api/client";
import { t } from "../../i18n/t";
import { addKeys } from "../../keys/keys";
import { go, place, recordHref, setQuery } from "../../nav/router";
import { onChange } from "../../store/live";
import { entryOf, readRecord, shownFields, type Fields } from "../../store/records";
import { objectOf } from "../../store/session";
import { closing } from "../../store/tasks";
import { walks } from "../../store/walk";
import { Button, IconButton } from "../../ui/button";
import { Icon, objectIcon } from "../../ui/icon";
import { EmptyState, offlineProblem, ProblemNote, Skeleton } from "../../ui/states";
import { StatusChip, WhyLink } from "../../ui/status";
import { showValue } from "../../store/values";
import { fieldOf } from "../../store/session";
import { Screen } from "../../shell/screen";
import { TaskCard, TaskLine } from "../day/task-card";
import { Facts } from "./facts";
import { History } from "./history";
import { logging, LogDialog } from "./log";
import { Related } from "./related";
import { Timeline } from "./timeline";

interface Step { name: string; optional: boolean; done: boolean; open: boolean }
interface Stage { name: string; current: boolean; steps: Step[] }
export interface Run { id: string; page: string; label: string; stage: string; ended: string | null; end: string; manual_version: number; stages: Stage[] }
type Work = Schemas["RecordWork"];
const NO_WORK: Work = { tasks: [], runs: [] };

export function RecordScreen({ object, id }: { object: string; id: string }) {
  const shape = objectOf(object);
  const entry = entryOf(object, id).value;
  const [problem, setProblem] = useState<Problem | null>(null);
  const [work, setWork] = useState<Work | null>(null);
  const [seen, setSeen] = useState(0);

  const readWork = (): void => {
    api.GET(`/api/v1/records/${object}/{id}/work` as "/api/v1/records/deal/{id}/work", { params: { path: { id } } }).then(settle)
      .then((r) => setWork(r.ok ? r.data : NO_WORK), () => setWork((old) => old ?? NO_WORK));
  };
  const read = (): void => {
    setProblem(null);
    readRecord(object, id).then((p) => setProblem(p), () => { if (!entryOf(object, id).peek()) setProblem(offlineProblem()); });
    readWork();
  };
  useEffect(() => {
    read();
    let timer = 0;
    const stop = onChange((c) => {
      // An activity changes what stands on the timeline of the record it is about, without changing the record.
      if (c && c.id !== id && c.object !== "activity") return;
      clearTimeout(timer);
      timer = window.setTimeout(() => { readWork(); setSeen((n) => n + 1); }, 120);
    });
    return () => {
      stop();
      clearTimeout(timer);
    };
  }, [object, id]);
  const version = entry?.version ?? 0;
  useEffect(() => {
    if (version) setSeen((n) => n + 1);
    if (version > 1) readWork();
  }, [version]);

  if (!shape) return <Screen title={t("Not found")}><EmptyState icon="search" title={t("The manual knows no such kind of record, or you may not see it.")}><a href="/">{t("Go to my day")}</a></EmptyState></Screen>;
  if (entry?.gone) return <><Walk object={object} id={id} /><Screen title={t("Not here")}><EmptyState icon="search" title={t("This record is gone, or you may not see it.")}><p>{t("Somebody may have moved it to the bin or handed it to another team. The list shows what is there.")}</p><a href={`/lists/${object}`}>{t("All {records}", { records: shape.plural.toLowerCase() })}</a></EmptyState></Screen></>;
  if (problem && !entry) return <><Walk object={object} id={id} /><Screen title={shape.label}><ProblemNote problem={problem} retry={read} /></Screen></>;
  if (!entry) return <><Walk object={object} id={id} /><Screen title={shape.label} class="record" ready={false}><Skeleton rows={8} height={48} /></Screen></>;
  return <Loaded shape={shape} id={id} fields={shownFields(entry)} whole={entry.whole} work={work} seen={seen} />;
}

function Walk({ object, id }: { object: string; id: string }) {
  const from = place.value.query.get("from");
  const walk = from ? walks.get(from) : undefined;
  const at = walk ? walk.ids.indexOf(id) : -1;
  const to = (by: number): void => {
    const next = walk?.ids[at + by];
    if (next && from) go(recordHref(object, next, from), { replace: true });
  };
  useEffect(() => (at < 0 ? undefined : addKeys({
    title: t("Records of the list"),
    actions: [{ keys: "n", label: t("Next record"), run: () => to(1) }, { keys: "p", label: t("Record before"), run: () => to(-1) }],
  })), [at, from]);
  const label = objectOf(object)?.plural ?? object;
  return (
    <nav class="walk" aria-label={t("Way back")}>
      <a href={from ?? `/lists/${object}`}><Icon name="chevron-left" class="flip" /><span>{label}</span></a>
      {walk && at >= 0 && (
        <span class="row"><span class="meta num">{t("{n} of {total}", { n: at + 1, total: walk.total })}</span>
          <IconButton icon="chevron-up" label={t("Record before")} onClick={() => to(-1)} disabled={at === 0} />
          <IconButton icon="chevron-down" label={t("Next record")} onClick={() => to(1)} disabled={at >= walk.ids.length - 1} /></span>
      )}
    </nav>
  );
}

function stageField(shape: ObjectShape) {
  return shape.fields.find((f) => f.type === "choice" && f.options?.some((o) => o.closed));
}

function Loaded({ shape, id, fields, whole, work, seen }: { shape: ObjectShape; id: string; fields: Fields; whole: boolean; work: Work | null; seen: number }) {
  const title = String(fields[shape.title] ?? "") || shape.label;
  const tab = place.value.query.get("tab") ?? "timeline";
  const stage = stageField(shape);
  const stageOption = stage?.options?.find((o) => o.name === fields[stage.name]);
  const owner = fieldOf(shape, "owner");
  const hasLog = objectOf("activity")?.may["create"] !== "none" && objectOf("activity") !== undefined && shape.name !== "activity";
  const tasks = (work?.tasks ?? []).filter((x) => !closing.value.has(x.id));
  const nextId = (work?.next as { id?: string } | null)?.id;
  const [opened, setOpened] = useState<string | null>(null);
  const shownTask = tasks.find((x) => x.id === opened) ?? tasks.find((x) => x.id === nextId) ?? tasks[0];
  useEffect(() => addKeys({
    title: shape.label,
    actions: [
      ...(hasLog ? [{ keys: "l", label: t("Log an activity"), run: () => (logging.value = { object: shape.name, id, title, kind: "call" }) }] : []),
      { keys: "e", label: t("Edit the first fact"), run: () => document.querySelector<HTMLElement>(".record-side .fact-edit")?.click() },
      { keys: "h", label: t("History"), run: () => setQuery({ tab: "history" }, { replace: true }) },
    ],
  }), [id, title, hasLog]);
  return (
    <>
      <Walk object={shape.name} id={id} />
      <Screen title={title} class="record" ready={whole}
        heading={<span class="record-title"><Icon name={objectIcon(shape.icon)} size={20} /><span>{title}</span></span>}
        meta={<span class="row wrap">{stageOption && <StatusChip tone={stageOption.closed === "won" ? "ok" : stageOption.closed === "lost" ? "plain" : "info"} icon={stageOption.closed === "won" ? "circle-check" : "circle-dot"}>{stageOption.label}</StatusChip>}
          {owner && <span>{fields["owner"] ? t("Owner: {name}", { name: showValue(owner, fields["owner"]) }) : t("Nobody owns this yet")}</span>}
          {Boolean(fields["archived_at"]) && <StatusChip tone="plain">{t("archived")}</StatusChip>}</span>}
        actions={hasLog ? <><Button icon="phone" kind="primary" keys="l" focus="log" onClick={() => (logging.value = { object: shape.name, id, title, kind: "call" })}>{t("Log a call")}</Button>
          <Button icon="sticky-note" onClick={() => (logging.value = { object: shape.name, id, title, kind: "note" })}>{t("Note")}</Button></> : undefined}>
        <div class="record-grid">
          <div class="record-main">
            <Next tasks={tasks} shown={shownTask} loaded={work !== null} open={setOpened} runs={(work?.runs ?? []) as unknown as Run[]} shape={shape} />
            {work && <><div class="tabs" role="tablist" aria-label={t("About this record")}>
              {([["timeline", t("Timeline")], ["history", t("History")]] as const).map(([key, label]) => (
                <button key={key} type="button" role="tab" id={`tab-${key}`} aria-selected={tab === key} aria-controls="tab-panel" tabIndex={tab === key ? 0 : -1}
                  onClick={() => setQuery({ tab: key === "timeline" ? null : key }, { replace: true })}
                  onKeyDown={(e) => { if (e.key === "ArrowRight" || e.key === "ArrowLeft") { const other = key === "timeline" ? "history" : "timeline"; setQuery({ tab: other === "timeline" ? null : other }, { replace: true }); document.getElementById(`tab-${other}`)?.focus(); } }}>{label}</button>
              ))}
            </div>
            <div id="tab-panel" role="tabpanel" aria-labelledby={`tab-${tab === "history" ? "history" : "timeline"}`}>
              {tab === "history" ? <History shape={shape} id={id} seen={seen} /> : <Timeline shape={shape} id={id} seen={seen} />}
            </div></>}
          </div>
          {work && <aside class="record-side" aria-label={t("Facts")}>
            <Facts shape={shape} id={id} fields={fields} whole={whole} />
            <Related shape={shape} id={id} />
          </aside>}
        </div>
      </Screen>
      {logging.value && <LogDialog about={logging.value} />}
    </>
  );
}

function Next({ tasks, shown, loaded, open, runs, shape }: { tasks: Task[]; shown: Task | undefined; loaded: boolean; open: (id: string) => void; runs: Run[]; shape: ObjectShape }) {
  const running = runs.filter((r) => !r.ended);
  if (!loaded) return <div class="next-wait"><Skeleton rows={1} height={200} /></div>;
  return (
    <section class="next" aria-label={t("Next action")}>
      {running.map((r) => <Steps key={r.id} run={r} />)}
      {shown ? <TaskCard key={shown.id} task={shown} inRecord /> : shape.open_when && running.length > 0 ? (
        <p class="no-next"><Icon name="triangle-alert" />{t("No next step is open here. The manual opens one when something changes.")}</p>
      ) : null}
      {tasks.length > 1 && (
        <details class="other-tasks">
          <summary>{t("{n} more open here", { n: tasks.length - 1 })}</summary>
          <ul>{tasks.filter((x) => x.id !== shown?.id).map((x) => <li key={x.id}><TaskLine task={x} open={() => open(x.id)} /></li>)}</ul>
        </details>
      )}
    </section>
  );
}

function Steps({ run }: { run: Run }) {
  return (
    <div class="steps">
      <p class="row wrap"><b>{run.label}</b><WhyLink page={run.page} version={run.manual_version} label={t("in the manual")} /></p>
      <ol class="stages">
        {run.stages.map((s) => (
          <li key={s.name} aria-current={s.current ? "step" : undefined} class={s.current ? "stage current" : "stage"}>
            <span class="stage-name">{s.name}{s.current && <span class="sr"> {t("(now)")}</span>}</span>
            <ol class="step-dots">
              {s.steps.map((x) => (
                <li key={x.name} class={x.done ? "done" : x.open ? "open" : "later"} title={x.name}>
                  <Icon name={x.done ? "circle-check" : x.open ? "circle-dot" : "circle"} />
                  <span class={s.current ? "" : "sr"}>{x.name}</span><span class="sr">{x.done ? t("done") : x.open ? t("open") : s.current ? t("later") : t("not done")}</span>
                </li>
              ))}
            </ol>
          </li>
        ))}
      </ol>
    </div>
  );
}
