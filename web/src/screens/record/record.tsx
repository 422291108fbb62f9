// One record: what to do next, where it stands, what is known, what happened.
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { api, settle, type ObjectShape, type Problem, type Task } from "../../api/client";
import { t } from "../../i18n/t";
import { addKeys } from "../../keys/keys";
import { place, setQuery } from "../../nav/router";
import { onChange } from "../../store/live";
import { compose, isMailTask, writeLabel } from "../../store/mails";
import { entryOf, readRecord, shownFields, type Fields } from "../../store/records";
import { fieldOf, objectOf } from "../../store/session";
import { closing } from "../../store/tasks";
import { isRef, showValue } from "../../store/values";
import { Button } from "../../ui/button";
import { Icon, objectIcon } from "../../ui/icon";
import { Menu } from "../../ui/menu";
import { EmptyState, offlineProblem, ProblemNote, Skeleton } from "../../ui/states";
import { StatusChip } from "../../ui/status";
import { useComposer } from "../../shell/compose";
import { Screen } from "../../shell/screen";
import { readAddresses, TheirTime } from "./clock";
import { EscalateDialog, escalating, Escalations, readEscalations, type Escalation, type Subject } from "./escalate";
import { Facts } from "./facts";
import { handing, HandOverDialog } from "./handover";
import { History } from "./history";
import { logging, LogDialog } from "./log";
import { useMails } from "./mails";
import { Next, SentLines, type Run, type Work } from "./next";
import { Related } from "./related";
import { moveStage, stageBeside, stageField, StageMenu, stopped, StoppedForm, useStopped } from "./stage";
import { storyOf } from "./story";
import { Timeline, useTimeline } from "./timeline";
import { putAway } from "./archive";
import { Walk } from "./walk";

const NO_WORK: Work = { tasks: [], runs: [], mails: [] };
// What is asked for here: the work and the calls for help, in one, so that the page is laid out once.
interface Around { work: Work; escalations: readonly Escalation[] }

export function RecordScreen({ object, id }: { object: string; id: string }) {
  const shape = objectOf(object);
  const entry = entryOf(object, id).value;
  const [problem, setProblem] = useState<Problem | null>(null);
  const [around, setAround] = useState<Around | null>(null);
  const [seen, setSeen] = useState(0);
  const asked = useRef(0);

  const readAround = async (): Promise<void> => {
    const mine = ++asked.current;
    const work = api.GET(`/api/v1/records/${object}/{id}/work` as "/api/v1/records/deal/{id}/work", { params: { path: { id } } }).then(settle).then((r) => (r.ok ? r.data : null), () => null);
    const calls = readEscalations(id).catch(() => null);
    const first = entryOf(object, id).peek();
    const clock = shape && first ? readAddresses(shape, first.fields) : Promise.resolve();
    const [w, c] = await Promise.all([work, calls, clock]);
    if (mine === asked.current) setAround((old) => ({ work: w ?? old?.work ?? NO_WORK, escalations: c ?? old?.escalations ?? [] }));
  };
  const read = async (): Promise<void> => {
    setProblem(null);
    try {
      setProblem(await readRecord(object, id));
    } catch {
      if (!entryOf(object, id).peek()) setProblem(offlineProblem());
    }
    await readAround();
  };
  useEffect(() => {
    void read();
    let timer = 0;
    const stop = onChange((c) => {
      // An activity changes what stands on the timeline of the record it is about, without changing the record.
      if (c && c.id !== id && c.object !== "activity") return;
      clearTimeout(timer);
      timer = window.setTimeout(() => { void readAround(); setSeen((n) => n + 1); }, 120);
    });
    return () => {
      stop();
      clearTimeout(timer);
    };
  }, [object, id]);
  const version = entry?.version ?? 0;
  useEffect(() => {
    if (version) setSeen((n) => n + 1);
    if (version > 1 && around) void readAround();
  }, [version]);

  if (!shape) return <Screen title={t("Not found")}><EmptyState icon="search" title={t("The manual knows no such kind of record, or you may not see it.")}><a href="/">{t("Go to My Day")}</a></EmptyState></Screen>;
  if (entry?.gone) return <><Walk object={object} id={id} /><Screen title={t("Not here")}><EmptyState icon="search" title={t("This record is gone, or you may not see it.")}><p>{t("Somebody may have moved it to the bin or handed it to another team. The list shows what is there.")}</p><a href={`/lists/${object}`}>{t("All {records}", { records: shape.plural.toLowerCase() })}</a></EmptyState></Screen></>;
  if (problem && !entry) return <><Walk object={object} id={id} /><Screen title={shape.label}><ProblemNote problem={problem} retry={() => void read()} /></Screen></>;
  if (!entry) return <><Walk object={object} id={id} /><Screen title={shape.label} class="record" ready={false}><Skeleton rows={8} height={48} /></Screen></>;
  return <Loaded shape={shape} id={id} fields={shownFields(entry)} whole={entry.whole} around={around} seen={seen} again={() => void readAround()} />;
}

const TABS = [["timeline", "Timeline"], ["history", "Changes"]] as const;

interface LoadedProps {
  shape: ObjectShape;
  id: string;
  fields: Fields;
  whole: boolean;
  around: Around | null;
  seen: number;
  again: () => void;
}
function Loaded({ shape, id, fields, whole, around, seen, again }: LoadedProps) {
  const title = String(fields[shape.title] ?? "") || shape.label;
  const tab = place.value.query.get("tab") === "history" ? "history" : "timeline";
  const stage = stageField(shape);
  const stageOption = stage?.options?.find((o) => o.name === fields[stage.name]);
  const owner = fieldOf(shape, "owner");
  const archived = Boolean(fields["archived_at"]);
  const activity = objectOf("activity");
  const hasLog = activity !== undefined && activity.may["create"] !== "none" && shape.name !== "activity";
  const work = around?.work ?? null;
  const runs = (work?.runs ?? []) as unknown as readonly Run[];
  const tasks: Task[] = (work?.tasks ?? []).filter((x) => !closing.value.has(x.id));
  const nextId = (work?.next as { id?: string } | null)?.id;
  const [opened, setOpened] = useState<string | null>(null);
  const shownTask = tasks.find((x) => x.id === opened) ?? tasks.find((x) => x.id === nextId) ?? tasks[0];
  const timeline = useTimeline(shape.name, id, seen);
  const mails = useMails(work);
  const stop = stopped.value;
  useStopped(shape, id);
  const mailTask = isMailTask(shownTask) ? (shownTask ?? null) : null;
  const email = hasLog && canBeMailed(shape) ? { label: writeLabel({ object: shape.name, id, task: mailTask }, t("Email")), run: () => compose({ object: shape.name, id, title, task: mailTask }) } : null;
  useComposer(email !== null);
  const log = (kind: string): void => { logging.value = { object: shape.name, id, title, kind }; };
  const shift = (by: number): void => {
    const to = stage ? stageBeside(stage, fields[stage.name], by) : null;
    if (stage && to) void moveStage(shape.name, id, { [stage.name]: to }, t("{name}: {stage}", { name: title, stage: stage.options?.find((o) => o.name === to)?.label ?? to }));
  };
  useLayoutEffect(() => addKeys({
    title: shape.label,
    actions: [
      ...(hasLog ? [{ keys: "l", label: t("Log a call"), run: () => log("call") }, { keys: "d", label: t("Log a decision"), run: () => log("decision") }] : []),
      ...(email ? [{ keys: "m", ...email }] : []),
      ...(stage && shape.may["update"] !== "none" ? [
        { keys: "s", label: t("Choose the stage"), run: () => document.querySelector<HTMLElement>("[data-focus=stage]")?.click() },
        { keys: "]", label: t("Next stage"), run: () => shift(1), when: () => stageBeside(stage, fields[stage.name], 1) !== null },
        { keys: "[", label: t("Stage before"), run: () => shift(-1), when: () => stageBeside(stage, fields[stage.name], -1) !== null }] : []),
      { keys: "!", label: t("Escalate"), run: () => { escalating.value = true; } },
      { keys: "a", label: t("Hand over"), run: () => { handing.value = true; } },
      { keys: "e", label: t("Edit the first fact"), run: () => document.querySelector<HTMLElement>(".record-side .fact-edit")?.click() },
      { keys: "h", label: t("Changes"), run: () => setQuery({ tab: "history" }, { replace: true }) },
    ],
  }), [id, title, hasLog, email?.label, mailTask, fields[stage?.name ?? ""]]);
  useEffect(() => () => {
    logging.value = null;
    escalating.value = false;
    handing.value = false;
  }, [id]);
  return (
    <>
      <Walk object={shape.name} id={id} />
      <Screen title={title} class="record" ready={whole && work !== null}
        heading={<span class="record-title"><Icon name={objectIcon(shape.icon)} size={20} /><span>{title}</span></span>}
        meta={<span class="row wrap">{stageOption && <StatusChip tone={stageOption.closed === "won" ? "ok" : stageOption.closed === "lost" ? "plain" : "info"} icon={stageOption.closed === "won" ? "circle-check" : stageOption.closed === "lost" ? "x" : "circle-dot"}>{stageOption.label}</StatusChip>}
          {owner && <span>{showValue(owner, fields["owner"]) ? t("Owner: {name}", { name: showValue(owner, fields["owner"]) }) : t("Nobody owns this yet")}</span>}
          {archived && <StatusChip tone="plain">{t("archived")}</StatusChip>}</span>}
        actions={<Actions shape={shape} id={id} fields={fields} title={title} archived={archived} hasLog={hasLog} log={log} email={email} />}>
        <div class="record-grid">
          <div class="record-main">
            {work === null ? <div class="next next-wait"><Skeleton rows={1} height={200} /></div> : (
              <div class="record-top">
                <Escalations list={around?.escalations ?? []} again={again} />
                {stop && stop.id === id && <StoppedForm key={JSON.stringify(stop.typed)} shape={shape} id={id} title={title} stop={stop} />}
                <div class="record-known"><TheirTime shape={shape} fields={fields} /><SentLines runs={runs} items={timeline.items ?? []} shape={shape} /></div>
                <Next shape={shape} id={id} title={title} work={work} tasks={tasks} shown={shownTask} archived={archived} open={setOpened} again={again} />
              </div>
            )}
            {work && <><div class="tabs" role="tablist" aria-label={t("About this record")}>
              {TABS.map(([key, label]) => (
                <button key={key} type="button" role="tab" data-act="" id={`tab-${key}`} aria-selected={tab === key} aria-controls="tab-panel" tabIndex={tab === key ? 0 : -1}
                  onClick={() => setQuery({ tab: key === "timeline" ? null : key }, { replace: true })}
                  onKeyDown={(e) => { if (e.key === "ArrowRight" || e.key === "ArrowLeft") { const other = key === "timeline" ? "history" : "timeline"; setQuery({ tab: other === "timeline" ? null : other }, { replace: true }); document.getElementById(`tab-${other}`)?.focus(); } }}>{t(label)}</button>
              ))}
            </div>
            <div id="tab-panel" role="tabpanel" aria-labelledby={`tab-${tab}`}>
              {tab === "history" ? <History shape={shape} id={id} seen={seen} /> : <Timeline shape={shape} timeline={timeline} mails={mails} />}
            </div></>}
          </div>
          {work && <aside class="record-side" aria-label={t("Facts")}>
            <Facts shape={shape} id={id} fields={fields} whole={whole} />
            <Related shape={shape} id={id} />
          </aside>}
        </div>
      </Screen>
      {logging.value && <LogDialog about={logging.value} shape={shape} fields={fields} items={timeline.items} next={shownTask} />}
      {escalating.value && <EscalateDialog subjects={subjectsOf(shape, id, title, fields)} story={timeline.items ? storyOf(shape, fields, timeline.items, shownTask) : ""} done={again} />}
      {handing.value && <HandOverDialog shape={shape} id={id} fields={fields} title={title} tasks={tasks} done={again} />}
    </>
  );
}

// Somebody with an address stands on it, or on what it names.
function canBeMailed(shape: ObjectShape): boolean {
  const has = (o: ObjectShape | undefined): boolean => o?.fields.some((f) => f.type === "email") === true;
  return has(shape) || shape.fields.some((f) => f.type === "reference" && f.to !== undefined && f.to !== "user" && has(objectOf(f.to)));
}

// The record, and the account it belongs to: a customer's trouble is rarely one deal's.
function subjectsOf(shape: ObjectShape, id: string, title: string, fields: Fields): Subject[] {
  const own: Subject = { object: shape.name, id, title };
  const account = fields["account"];
  const to = fieldOf(shape, "account")?.to;
  return isRef(account) && to ? [own, { object: to, id: account.id, title: account.name ?? "" }] : [own];
}

interface ActionsProps {
  shape: ObjectShape;
  id: string;
  fields: Fields;
  title: string;
  archived: boolean;
  hasLog: boolean;
  log: (kind: string) => void;
  email: { label: string; run: () => void } | null;
}
function Actions({ shape, id, fields, title, archived, hasLog, log, email }: ActionsProps) {
  if (shape.name === "activity" || shape.name === "user" || shape.name === "team") return null;
  return (
    <>
      {hasLog && <Button icon="phone" kind="primary" keys="l" focus="log" onClick={() => log("call")}>{t("Log a call")}</Button>}
      {email && <Button icon="mail" keys="m" focus="email" onClick={email.run}>{email.label}</Button>}
      <StageMenu shape={shape} id={id} fields={fields} title={title} />
      <Button icon="megaphone" focus="escalate" onClick={() => { escalating.value = true; }}>{t("Escalate")}</Button>
      <Menu act label={t("More")} icon="ellipsis" iconOnly items={[
        ...(hasLog ? [{ label: t("Log a decision"), icon: "gavel" as const, hint: "D", run: () => log("decision") }, { label: t("Write a note"), icon: "sticky-note" as const, run: () => log("note") }] : []),
        { label: t("Hand over"), icon: "user-plus", hint: "A", run: () => { handing.value = true; } },
        ...(shape.may["archive"] === "none" ? [] : [{ label: archived ? t("Take out of the archive") : t("Archive"), icon: "archive" as const, run: () => void putAway(shape.name, id, title, !archived) }]),
      ]} />
    </>
  );
}
