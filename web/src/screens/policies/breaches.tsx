// Where rules were not met, by what got in the way. The question is about the step and the tools before it is about anybody.
import { useState } from "preact/hooks";
import { api, newKey, Offline, settle, type Result, type Schemas } from "../../api/client";
import { formatNear } from "../../i18n/format";
import { t, tn } from "../../i18n/t";
import { place, recordHref } from "../../nav/router";
import { me } from "../../store/session";
import { Button } from "../../ui/button";
import { Popover } from "../../ui/menu";
import { EmptyState, offlineProblem, ProblemNote, Skeleton } from "../../ui/states";
import { StatusChip } from "../../ui/status";
import { toast } from "../../ui/toast";
import { useChanges, useLoad } from "../figures/load";
import type { Policy } from "./policies";

type Breach = Schemas["BreachPage"]["data"][number];
export const CAUSES = ["unclear", "no-tool", "overload", "customer", "other"] as const;
export type Cause = (typeof CAUSES)[number];
const READ_MAX = 2000;
const STEP = 50;

export function causeLabel(cause: string): string {
  return { unclear: t("The step was unclear"), "no-tool": t("A tool or a fact was missing"), overload: t("Too much at once"), customer: t("Waiting for the customer"), other: t("Something else") }[cause] ?? t("Not asked yet");
}

async function readBreaches(): Promise<Result<{ rows: Breach[]; more: boolean }>> {
  const rows: Breach[] = [];
  let cursor: string | undefined;
  do {
    const r = settle(await api.GET("/api/v1/breaches", { params: { query: { limit: 1000, cursor } } }));
    if (!r.ok) return r;
    rows.push(...r.data.data);
    cursor = r.data.next ?? undefined;
  } while (cursor && rows.length < READ_MAX);
  return { ok: true, etag: null, data: { rows, more: cursor !== undefined } };
}

// Largest first; those nobody was asked about come last, since there is nothing to learn from them yet.
export function byCause(rows: readonly Breach[]): [string, Breach[]][] {
  const map = new Map<string, Breach[]>();
  for (const b of rows) map.set(b.cause ?? "", [...(map.get(b.cause ?? "") ?? []), b]);
  return [...map].sort((a, b) => Number(a[0] === "") - Number(b[0] === "") || b[1].length - a[1].length);
}
function byPage(rows: readonly Breach[]): [string, Breach[]][] {
  const map = new Map<string, Breach[]>();
  for (const b of rows) map.set(b.page, [...(map.get(b.page) ?? []), b]);
  return [...map].sort((a, b) => b[1].length - a[1].length);
}

function CauseForm({ breach, close, onDone }: { breach: Breach; close: () => void; onDone: () => void }) {
  const [cause, setCause] = useState<string>(breach.cause ?? "");
  const [comment, setComment] = useState(breach.comment ?? "");
  const [trouble, setTrouble] = useState("");
  const save = async (): Promise<void> => {
    const chosen = CAUSES.find((c) => c === cause);
    if (!chosen) return setTrouble(t("Choose what comes nearest."));
    try {
      const r = settle(await api.POST("/api/v1/breaches/{id}/cause", { params: { path: { id: breach.id }, header: { "Idempotency-Key": newKey() } }, body: { cause: chosen, comment: comment.trim() || undefined } }));
      if (!r.ok) return setTrouble([r.problem.detail, r.problem.way_out].filter(Boolean).join(" "));
    } catch (e) {
      if (!(e instanceof Offline)) throw e;
      return setTrouble(offlineProblem().detail);
    }
    close();
    toast(t("Thank you. It counts for the next look at {rule}.", { rule: breach.page_label ?? breach.page }));
    onDone();
  };
  return (
    <form class="form cause-form" onSubmit={(e) => { e.preventDefault(); void save(); }}>
      <fieldset class="checks">
        <legend><strong>{t("What got in the way?")}</strong></legend>
        {CAUSES.map((c) => (
          <label key={c} class="row cause-choice"><input type="radio" name="cause" value={c} checked={cause === c} onChange={() => { setCause(c); setTrouble(""); }} />{causeLabel(c)}</label>
        ))}
      </fieldset>
      <div class="form-field">
        <label for={`c-${breach.id}`}>{t("In your own words, if you like")}</label>
        <textarea id={`c-${breach.id}`} rows={2} maxLength={2000} value={comment} onInput={(e) => setComment(e.currentTarget.value)} />
      </div>
      {trouble && <p class="field-error" role="alert">{trouble}</p>}
      <div class="form-foot"><Button onClick={close}>{t("Cancel")}</Button><Button kind="primary" type="submit">{t("Save")}</Button></div>
    </form>
  );
}

// A kind word to whoever owes it, as a task of theirs: they answer it where they work, and nobody else reads it.
async function remind(b: Breach): Promise<boolean> {
  const label = b.page_label ?? b.page;
  const body = {
    record: b.record ?? "", owed_by: b.owed_by ?? undefined, title: t("Still open: {rule}", { rule: label }),
    note: t("This is still open, and that happens. Do it when you can. If something is in the way, say what: the step gets changed, not you."),
  };
  try {
    const r = settle(await api.POST("/api/v1/tasks", { params: { header: { "Idempotency-Key": newKey() } }, body }));
    if (r.ok) toast(t("{name} has it on their list, with a kind word.", { name: b.owed_by_name ?? "" }));
    else toast([r.problem.detail, r.problem.way_out].filter(Boolean).join(" "), { ms: 15_000 });
    return r.ok;
  } catch (e) {
    if (!(e instanceof Offline)) throw e;
    toast(offlineProblem().detail, { ms: 15_000 });
    return false;
  }
}

function BreachRow({ b, onDone }: { b: Breach; onDone: () => void }) {
  const [reminded, setReminded] = useState(false);
  const name = b.record_title || t("a record you may not see");
  return (
    <li class="breach">
      <div class="grow">
        <p>{b.object && b.record && b.record_title ? <a href={recordHref(b.object, b.record)}>{name}</a> : name}</p>
        <p class="meta">
          {b.due && t("was due {when}", { when: formatNear(b.due) })}{b.owed_by_name ? ` · ${t("owed by {name}", { name: b.owed_by_name })}` : ""}
        </p>
        {b.comment && <blockquote>{b.comment}</blockquote>}
      </div>
      {b.met ? <StatusChip tone="ok" icon="check">{t("done later")}</StatusChip> : <StatusChip tone="plain" icon="clock">{t("still open")}</StatusChip>}
      {!reminded && !b.met && b.record && b.owed_by && b.owed_by_name && b.owed_by !== me.value?.id && (
        <Button act kind="quiet" focus={`remind-${b.id}`} onClick={() => void remind(b).then(setReminded)}>{t("Remind kindly")}<span class="sr">: {b.owed_by_name}, {name}</span></Button>
      )}
      <Popover label={b.cause ? t("Change the cause: {name}", { name }) : t("Ask what got in the way: {name}", { name })} class="button plain" act focus={`cause-${b.id}`}
        face={<>{b.cause ? t("Change") : t("What got in the way?")}<span class="sr">: {name}</span></>}>
        {(close) => <CauseForm breach={b} close={close} onDone={onDone} />}
      </Popover>
    </li>
  );
}

function PageGroup({ page, rows, open, onDone }: { page: string; rows: Breach[]; open: boolean; onDone: () => void }) {
  const [shown, setShown] = useState(STEP);
  const [isOpen, setOpen] = useState(open);
  return (
    <details class="breach-page" open={isOpen} onToggle={(e) => setOpen(e.currentTarget.open)}>
      <summary>{rows[0]?.page_label ?? page} <span class="num">· {rows.length}</span></summary>
      {isOpen && (
        <>
          <p><a href={`/manual/${page}`}>{t("The rule in the manual")}</a></p>
          <ul>{rows.slice(0, shown).map((b) => <BreachRow key={b.id} b={b} onDone={onDone} />)}</ul>
          {shown < rows.length && <Button act={rows[0]?.page_label ?? page} onClick={() => setShown(shown + STEP)}>{tn(Math.min(STEP, rows.length - shown), "Show {n} more", "Show {n} more")}</Button>}
        </>
      )}
    </details>
  );
}

export function Breaches({ policies }: { policies: readonly Policy[] }) {
  const only = place.value.query.get("page") ?? "";
  const { data, problem, loading, reload } = useLoad("breaches", readBreaches);
  useChanges(["lead", "deal", "account", "contact", "activity"], 5000, reload);
  const rows = (data?.rows ?? []).filter((b) => !only || b.page === only);
  const groups = byCause(rows);
  const on = policies.some((p) => p.mode !== "off");
  return (
    <>
      {problem && <ProblemNote problem={problem} retry={reload} />}
      {loading && <Skeleton rows={6} height={56} />}
      {only && (
        <p class="row wrap only-page">
          <StatusChip tone="info">{policies.find((p) => p.page === only)?.label ?? only}</StatusChip>
          <a href="/policies?view=breaches" data-act="">{t("Show all rules")}</a>
        </p>
      )}
      {data && rows.length === 0 && (
        <EmptyState icon="circle-check" title={on ? t("Everything that was due was done.") : t("No rule is on, so nothing is counted.")}>
          <p class="muted">{on ? t("When something is missed it stands here, grouped by what got in the way.") : t("Switch one to Watch, and what is missed stands here, grouped by what got in the way.")}</p>
        </EmptyState>
      )}
      {groups.length > 0 && <p class="muted breach-lead">{t("What was missed asks about the step before it asks about anybody. Whoever owed it says what got in the way, and the page is changed by it.")}</p>}
      {groups.map(([cause, list]) => (
        <section key={cause} class="policy-group" aria-labelledby={`cause-${cause}`}>
          <h2 id={`cause-${cause}`}>{causeLabel(cause)} <span class="muted num">{list.length}</span></h2>
          {byPage(list).map(([page, some], i) => <PageGroup key={page} page={page} rows={some} open={i === 0} onDone={reload} />)}
        </section>
      ))}
      {data?.more && <p class="muted">{t("The newest {n} are shown.", { n: rows.length })}</p>}
    </>
  );
}
