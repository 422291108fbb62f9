// What waits for an answer of mine, grouped by record. Nothing stands here that needs none.
import { useEffect, useLayoutEffect, useState } from "preact/hooks";
import { api, recordsPath, settle } from "../../api/client";
import { formatAgo, formatNear, now } from "../../i18n/format";
import { t, tn } from "../../i18n/t";
import { addKeys } from "../../keys/keys";
import { manualHref, recordHref } from "../../nav/router";
import { away, groupsOf, leaveNotices, loadNotices, noticeNext, noticeProblem, notices, putAway, waiting, type Notice } from "../../store/notices";
import { objectOf } from "../../store/session";
import { muted } from "../../store/settings";
import { Button } from "../../ui/button";
import { Icon, objectIcon, type IconName } from "../../ui/icon";
import { Later } from "../../ui/later";
import { EmptyState, ProblemNote, Skeleton } from "../../ui/states";
import { WhyLink } from "../../ui/status";
import { toast } from "../../ui/toast";
import { Screen } from "../../shell/screen";
import { kindLabel, MUTABLE } from "./kinds";

type Group = ReturnType<typeof groupsOf>[number];

function icon(kind: string): IconName {
  return ({ escalation: "megaphone", assign: "user", remind: "clock", breach: "triangle-alert", rule: "shield-check" } as Record<string, IconName>)[kind] ?? "info";
}

// Names of the records, read once for each object.
async function titlesOf(groups: readonly Group[], known: ReadonlyMap<string, string>): Promise<ReadonlyMap<string, string>> {
  const found = new Map(known);
  const byObject = new Map<string, string[]>();
  for (const g of groups) if (g.record && !known.has(g.key)) byObject.set(g.object, [...(byObject.get(g.object) ?? []), g.record]);
  await Promise.all([...byObject].map(async ([object, ids]) => {
    const title = objectOf(object)?.title;
    const some = ids.slice(0, 200);
    if (title) {
      const r = settle(await api.GET(recordsPath(object), { params: { query: { filter: `id in (${some.map((x) => `'${x}'`).join(", ")})`, fields: title, limit: 200, archived: true } } }));
      if (r.ok) for (const row of r.data.data) found.set(`${object}/${row.id}`, String((row as Record<string, unknown>)[title] ?? ""));
    }
    for (const id of ids) if (!found.has(`${object}/${id}`)) found.set(`${object}/${id}`, "");
  }));
  return found;
}

function doneButtons(): HTMLElement[] {
  return [...document.querySelectorAll<HTMLElement>(".notice button[data-focus^=done-]")];
}
function step(by: number): void {
  const buttons = doneButtons();
  const at = buttons.findIndex((b) => b.closest(".notice")?.contains(document.activeElement));
  buttons[at < 0 ? 0 : Math.max(0, Math.min(buttons.length - 1, at + by))]?.focus();
}
// The notice with the focus, or the first; the next one takes the focus.
function finishOne(): void {
  const buttons = doneButtons();
  const at = Math.max(0, buttons.findIndex((b) => b.closest(".notice")?.contains(document.activeElement)));
  (buttons[at + 1] ?? buttons[at - 1])?.focus();
  buttons[at]?.click();
}

export function Notifications() {
  const [names, setNames] = useState<ReadonlyMap<string, string>>(new Map());
  useEffect(() => {
    void loadNotices();
    return leaveNotices;
  }, []);
  const list = notices.value;
  const open = waiting(list ?? [], away.value, now.value);
  const groups = groupsOf(open);
  const keys = groups.map((g) => g.key).join();
  useEffect(() => {
    let alive = true;
    void titlesOf(groups, names).then((m) => { if (alive) setNames(m); }, () => undefined);
    return () => { alive = false; };
  }, [keys]);
  const ready = list !== null && groups.every((g) => !g.record || names.has(g.key));
  useLayoutEffect(() => addKeys({
    title: t("Notifications"),
    actions: [
      { keys: "j", label: t("Next notice"), run: () => step(1) },
      { keys: "k", label: t("Notice before"), run: () => step(-1) },
      { keys: "e", label: t("Done"), run: finishOne, when: () => doneButtons().length > 0 },
    ],
  }), []);
  const all = open.map((n) => n.id);
  return (
    <Screen title={t("Notifications")} meta={list ? (open.length ? tn(open.length, "{n} waits", "{n} wait") : t("Nothing waits")) : "\u00a0"} ready={ready}
      actions={open.length > 1 ? <Button act icon="check" onClick={() => putAway(all, tn(all.length, "{n} notice done.", "{n} notices done."))}>{t("All done")}</Button> : undefined}>
      {noticeProblem.value && <ProblemNote problem={noticeProblem.value} retry={() => void loadNotices()} />}
      {!ready && !noticeProblem.value && <Skeleton rows={6} height={56} />}
      {ready && open.length === 0 && !noticeProblem.value && (
        <EmptyState icon="circle-check" title={t("Nothing waits for an answer of yours.")}>
          <p>{t("Calls for help, tasks handed to you, and rules that come due stand here. What needs no answer never does.")}</p>
          <p><a class="button plain" data-act="" href="/"><span>{t("Go to My Day")}</span></a></p>
        </EmptyState>
      )}
      {ready && open.length > 0 && <div class="notice-list">{groups.map((g) => <GroupBox key={g.key} group={g} title={names.get(g.key) ?? ""} />)}</div>}
      {ready && noticeNext.value && <p class="queue-more"><Button act kind="quiet" onClick={() => void loadNotices({ more: true })}>{t("Earlier")}</Button></p>}
    </Screen>
  );
}

function GroupBox({ group, title }: { group: Group; title: string }) {
  const shape = objectOf(group.object);
  return (
    <section class="notice-group">
      {group.record && shape && <h2><Icon name={objectIcon(shape.icon)} />{title ? <a href={recordHref(group.object, group.record)} class="cut">{title}</a> : <span class="muted">{t("A record you may no longer see")}</span>}<span class="meta">{shape.label}</span></h2>}
      <ul>{group.notices.map((n) => <Line key={n.id} n={n} alone={!group.record} />)}</ul>
    </section>
  );
}

function Line({ n, alone }: { n: Notice; alone: boolean }) {
  const mute = (): void => {
    const before = muted.peek();
    muted.value = [...before, n.kind];
    toast(t("“{kind}” makes no notices from now on. The settings say so too.", { kind: kindLabel(n.kind) }), { undo: () => { muted.value = before; } });
  };
  const canMute = MUTABLE.includes(n.kind) && !muted.value.includes(n.kind);
  return (
    <li class={`notice ${n.kind}`}>
      <Icon name={icon(n.kind)} />
      <div class="grow notice-text">
        <p>{alone && n.page ? <a href={manualHref(n.page)}>{n.title}</a> : n.title}{n.count > 1 && <span class="muted"> {t("and {n} more like it", { n: n.count - 1 })}</span>}</p>
        <p class="meta row wrap"><span>{kindLabel(n.kind)}</span><time dateTime={n.at}>{formatAgo(n.at)}</time>{n.page && <WhyLink page={n.page} />}</p>
      </div>
      <div class="notice-acts">
        <Button act={n.title} icon="check" focus={`done-${n.id}`} onClick={() => putAway([n.id], t("Done: {title}", { title: n.title }))}>{t("Done")}</Button>
        <Later act={n.title} label={t("Later")} put={(until) => putAway([n.id], t("Back {when}: {title}", { when: formatNear(until), title: n.title }), until)} />
        {canMute && <Button act={n.title} kind="quiet" onClick={mute}>{t("Mute this kind")}<span class="sr">: {kindLabel(n.kind)}</span></Button>}
      </div>
    </li>
  );
}
