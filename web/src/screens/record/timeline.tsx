// What happened, by day. What the program did by itself says which page of the manual made it.
import { useEffect, useRef, useState } from "preact/hooks";
import { api, settle, type ObjectShape, type Problem } from "../../api/client";
import { dayOf, daysBetween, formatDate, formatTime, today } from "../../i18n/format";
import { t } from "../../i18n/t";
import { fieldOf, objectOf, people, personName } from "../../store/session";
import { showValue } from "../../store/values";
import { Button } from "../../ui/button";
import { Icon, type IconName } from "../../ui/icon";
import { EmptyState, offlineProblem, ProblemNote, Skeleton } from "../../ui/states";
import { WhyLink } from "../../ui/status";
import { recordHref } from "../../nav/router";
import { MailChip, type Mails } from "./mails";

type Entry = Record<string, unknown>;
export interface Item { kind: string; id: string; at: string; entry: Entry }
const text = (v: unknown): string => (typeof v === "string" ? v : "");

export function dayTitle(day: string): string {
  const d = daysBetween(today(), day);
  return d === 0 ? t("Today") : d === -1 ? t("Yesterday") : formatDate(day, "long");
}

export function useTimeline(object: string, id: string, seen: number): { items: readonly Item[] | null; next: string | null; problem: Problem | null; more: () => void; again: () => void } {
  const [items, setItems] = useState<readonly Item[] | null>(null);
  const [next, setNext] = useState<string | null>(null);
  const [problem, setProblem] = useState<Problem | null>(null);
  const asked = useRef(0); // an answer that was overtaken is dropped
  const read = (cursor?: string): void => {
    const mine = ++asked.current;
    api.GET(`/api/v1/records/${object}/{id}/timeline` as "/api/v1/records/deal/{id}/timeline", { params: { path: { id }, query: { limit: 50, cursor } } }).then(settle).then((r) => {
      if (mine !== asked.current) return;
      if (!r.ok) return setProblem(r.problem);
      const data = r.data.data as Item[];
      setProblem(null);
      setNext(r.data.next);
      setItems((old) => (cursor && old ? [...old, ...data] : data));
    }, () => setProblem(offlineProblem()));
  };
  useEffect(() => read(), [object, id, seen]);
  return { items, next, problem, more: () => { if (next) read(next); }, again: () => read() };
}

function activityIcon(kind: string): IconName {
  return ({ call: "phone", email: "mail", meeting: "users", visit: "map-pin", message: "message-circle", note: "sticky-note", decision: "gavel" } as Record<string, IconName>)[kind] ?? "message-square";
}

interface Line { icon: IconName; head: string; body?: string; who: string; page?: string; step?: string; version?: number; href?: string }

function fieldLine(shape: ObjectShape, entry: Entry): string {
  const field = fieldOf(shape, text(entry["field"]));
  if (!field) return t("{field} changed", { field: text(entry["field"]) });
  const after = showValue(field, entry["new"]);
  const before = showValue(field, entry["old"]);
  if (!after) return t("{field} emptied (was {before})", { field: field.label, before: before || "–" });
  return before ? t("{field}: {before} → {after}", { field: field.label, before, after }) : t("{field}: {after}", { field: field.label, after });
}

export function lineOf(shape: ObjectShape, item: Item): Line {
  const e = item.entry;
  const page = text(e["page"]);
  const version = typeof e["manual_version"] === "number" ? e["manual_version"] : undefined;
  const via = text(e["via"]);
  const actor = personName(text(e["actor"])) || (via === "import" ? t("Import") : page ? t("The manual") : via === "rule" ? t("The manual") : "");
  switch (item.kind) {
    case "activity": {
      const activity = objectOf("activity");
      const kind = text(e["kind"]);
      const kindLabel = activity ? showValue(fieldOf(activity, "kind") ?? { name: "", label: "", help: "", type: "text", system: false, required: false, write: false, sort: false }, kind) : kind;
      const outcome = text(e["outcome"]);
      const subject = text(e["subject"]);
      return { icon: activityIcon(kind), head: [kindLabel, subject !== kindLabel ? subject : ""].filter(Boolean).join(": ") + (outcome ? ` · ${outcome}` : ""), body: text(e["body"]) !== subject ? text(e["body"]) : undefined,
        who: personName(ownerId(e)), page, version, href: recordHref("activity", item.id) };
    }
    case "change": {
      const kind = text(e["kind"]);
      const head = kind === "created" ? (via === "import" ? t("Came in with an import") : t("Created")) : kind === "updated" || e["field"] ? fieldLine(shape, e) : t("{object} {what}", { object: shape.label, what: kind });
      return { icon: kind === "created" ? "plus" : "pencil", head, who: actor, page, version };
    }
    case "task": {
      const closed = text(e["closed_as"]);
      const owner = personName(text(e["owed_by"]));
      const outcome = text(e["outcome"]);
      return { icon: closed === "done" ? "circle-check" : closed ? "x" : "circle-dot",
        head: closed ? t("{task}: {how}", { task: text(e["title"]), how: outcome || closedWord(closed) }) : t("To do: {task}", { task: text(e["title"]) }), body: text(e["note"]) || undefined, who: owner, page, step: text(e["step"]), version };
    }
    case "breach":
      return { icon: "triangle-alert", head: t("Not kept: {rule}", { rule: text(e["rule"]) || text(e["title"]) || page }), who: personName(text(e["owed_by"])), page, version };
    case "run": {
      const wf = text(e["workflow"]);
      return { icon: "git-branch", head: e["ended_at"] ? t("Workflow ended: {end}", { end: text(e["end"]) || wf }) : t("Workflow started at {stage}", { stage: text(e["stage"]) }), who: "", page: wf, version };
    }
    default:
      return { icon: "circle", head: item.kind, who: actor, page, version };
  }
}
function closedWord(word: string): string {
  return ({ done: t("done"), skipped: t("left out"), cancelled: t("no longer needed"), breached: t("not done in time") } as Record<string, string>)[word] ?? word;
}
function ownerId(e: Entry): string {
  const o = e["owner"] ?? e["actor"] ?? e["created_by"];
  return typeof o === "object" && o !== null && "id" in o ? String(o.id) : text(o);
}

const FILTERS: [string, string, (k: string) => boolean][] = [
  ["all", "All", () => true],
  ["activities", "Activities", (k) => k === "activity"],
  ["changes", "Changes", (k) => k === "change"],
  ["tasks", "Steps", (k) => k === "task" || k === "run" || k === "breach"],
];

export function Timeline({ shape, timeline: tl, mails }: { shape: ObjectShape; timeline: ReturnType<typeof useTimeline>; mails: Mails }) {
  const [only, setOnly] = useState("all");
  if (!people.value.size && !tl.items) return <Skeleton rows={5} height={48} />;
  if (tl.problem && !tl.items) return <ProblemNote problem={tl.problem} retry={tl.again} />;
  if (!tl.items) return <Skeleton rows={5} height={48} />;
  const test = FILTERS.find((f) => f[0] === only)?.[2] ?? (() => true);
  const days = new Map<string, Item[]>();
  for (const item of tl.items) if (test(item.kind)) days.set(dayOf(item.at), [...(days.get(dayOf(item.at)) ?? []), item]);
  return (
    <div class="timeline">
      <div class="segments" role="group" aria-label={t("Show")}>
        {FILTERS.map(([key, label]) => <button key={key} type="button" data-act={t("Timeline")} aria-pressed={only === key} onClick={() => setOnly(key)}>{t(label)}</button>)}
      </div>
      {days.size === 0 && <EmptyState icon="history" title={only === "activities" ? t("Nothing was said or written yet.") : t("Nothing here yet.")}>{only === "activities" && <p>{t("Log the first call with the key L.")}</p>}</EmptyState>}
      {[...days].map(([day, list]) => (
        <section key={day}>
          <h2 class="day-title">{dayTitle(day)}</h2>
          <ol>
            {list.map((item) => {
              const line = lineOf(shape, item);
              const mail = mails.get(item.id);
              return (
                <li key={item.id} class={`event ${item.kind}`}>
                  <span class="event-icon"><Icon name={line.icon} /></span>
                  <div class="grow">
                    <p class="event-head">{line.href ? <a href={line.href}>{line.head}</a> : line.head}</p>
                    {line.body && <p class="lines muted">{line.body}</p>}
                    <p class="meta row wrap"><time dateTime={item.at}>{formatTime(item.at)}</time>{line.who && <span>{line.who}</span>}{mail && <MailChip mail={mail} />}{line.page && <WhyLink page={line.page} step={line.step} version={line.version} />}</p>
                  </div>
                </li>
              );
            })}
          </ol>
        </section>
      ))}
      {tl.next && <p class="queue-more"><Button act={t("Timeline")} kind="quiet" onClick={tl.more}>{t("Earlier")}</Button></p>}
    </div>
  );
}
