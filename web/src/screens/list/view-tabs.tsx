// The ways of looking at a list: those every list has, saved ones, and what can be done with the one that is open.
import type { ComponentChildren } from "preact";
import { useId, useState } from "preact/hooks";
import type { ObjectShape, Problem } from "../../api/client";
import { formatAgo } from "../../i18n/format";
import { t, tn } from "../../i18n/t";
import { go } from "../../nav/router";
import { changesKept, changeView, createView, deleteView, forgetChanges, isPinned, pin, viewUsers, type View, type ViewUser } from "../../store/views";
import { Button } from "../../ui/button";
import { Dialog } from "../../ui/dialog";
import { Icon } from "../../ui/icon";
import { Menu, type MenuItem } from "../../ui/menu";
import { ProblemNote, Skeleton } from "../../ui/states";
import { toast } from "../../ui/toast";
import { changesOf, listHref, presets, viewOfLook, type Look } from "./look";

interface Props {
  shape: ObjectShape;
  list: readonly View[];
  view: View | null;
  look: Look;
  changed: boolean;
  query: URLSearchParams;
}

function presetLabel(key: string): string {
  return ({ all: t("All"), mine: t("Mine"), open: t("Open"), "mine-open": t("Mine, open"), nobody: t("Nobody's") } as Record<string, string>)[key] ?? key;
}

export function viewHref(view: { id: string; object: string; layout: string }): string {
  const kept = changesKept(view.id);
  if (view.layout === "board") return `/board/${view.object}?view=${view.id}`;
  return `/lists/${view.object}?view=${view.id}${kept ? `&${kept}` : ""}`;
}

type Asking = "save" | "rename" | "users" | "everyone" | "delete" | null;

export function ViewTabs({ shape, list, view, look, changed, query }: Props) {
  const [asking, setAsking] = useState<Asking>(null);
  const close = (): void => setAsking(null);
  const saveMine = (): void => {
    if (!view?.mine || view.shared) return setAsking("save");
    void changeView(view, viewOfLook(look, shape)).then((r) => {
      if (!r.ok) return toast(r.problem.detail, { ms: 20_000 });
      forgetChanges(view.id);
      go(`/lists/${shape.name}?view=${view.id}`, { replace: true, quiet: true });
      return toast(t("“{name}” is saved.", { name: view.name }));
    });
  };
  const putBack = (): void => {
    if (!view) return;
    forgetChanges(view.id);
    const kept = changesOf(query);
    go(`/lists/${shape.name}?view=${view.id}`, { quiet: true });
    toast(t("“{name}” is as it was saved.", { name: view.name }), { undo: () => go(`/lists/${shape.name}?view=${view.id}&${kept}`, { quiet: true }) });
  };
  const items: MenuItem[] = view ? [
    ...(changed ? [
      { label: view.mine && !view.shared ? t("Save the changes") : t("Save for me"), icon: "check" as const, run: saveMine },
      ...(view.shared && view.may_change ? [{ label: t("Save for everyone"), icon: "users" as const, run: () => setAsking("everyone") }] : []),
      { label: t("Put back as saved"), icon: "undo-2" as const, run: putBack },
    ] : []),
    { label: isPinned(view.id) ? t("Take out of the navigation") : t("Pin to the navigation"), icon: "pin", run: () => pin(view, !isPinned(view.id)) },
    { label: t("Save as another view"), icon: "copy", run: () => setAsking("save") },
    ...(view.may_change ? [
      { label: t("Rename or share"), icon: "pencil" as const, run: () => setAsking("rename") },
      ...(view.shared ? [{ label: t("Who uses it"), icon: "users" as const, hint: String(view.used_by), run: () => setAsking("users") }] : []),
      { label: t("Delete the view"), icon: "trash-2" as const, run: () => setAsking("delete") },
    ] : []),
  ] : [{ label: t("Save this view"), icon: "bookmark", run: () => setAsking("save") }];
  return (
    <div class="view-bar">
      <nav class="view-tabs" aria-label={t("Views")}>
        {presets(shape).map((x) => <a key={x.key} data-act={t("View")} href={listHref(shape.name, new URLSearchParams(x.filter ? { filter: x.filter } : {}))} aria-current={!view && look.filter === x.filter ? "true" : undefined}>{presetLabel(x.key)}</a>)}
        {list.map((v) => (
          <a key={v.id} data-act={t("View")} href={v.id === view?.id ? listHref(shape.name, query) : viewHref(v)} aria-current={v.id === view?.id ? "true" : undefined} class="saved" title={v.shared ? t("Shared by {name}", { name: v.mine ? t("you") : (v.owner.name ?? "") }) : t("Only yours")}>
            <Icon name={v.shared ? "users" : "bookmark"} /><span class="cut">{v.name}</span><span class="sr">{v.shared ? t("shared") : t("private")}</span>
            {v.id === view?.id && changed && <span class="chip info">{t("changed by you")}</span>}
          </a>
        ))}
      </nav>
      <Menu act={view ? t("View: {name}", { name: view.name }) : true} label={view ? t("View: {name}", { name: view.name }) : t("Save view")} icon={view ? "ellipsis" : "bookmark"} iconOnly={view !== null} kind="quiet" class="view-menu" focus="view-menu" items={items} />
      {asking === "save" && <SaveDialog shape={shape} look={look} from={view} onClose={close} />}
      {asking === "rename" && view && <RenameDialog view={view} onClose={close} />}
      {asking === "users" && view && <UsersDialog view={view} onClose={close} />}
      {asking === "everyone" && view && <EveryoneDialog view={view} look={look} shape={shape} onClose={close} />}
      {asking === "delete" && view && <DeleteDialog view={view} onClose={close} />}
    </div>
  );
}

function Form({ title, onClose, problem, submit, busy, save, children }: { title: string; onClose: () => void; problem: Problem | null; submit: string; busy: boolean; save: () => void; children: ComponentChildren }) {
  return (
    <Dialog title={title} onClose={onClose}>
      <form class="form" onSubmit={(e) => { e.preventDefault(); if (!busy) save(); }}>
        {problem && <ProblemNote problem={problem} />}
        {children}
        <div class="form-foot"><Button onClick={onClose}>{t("Cancel")}</Button><Button kind="primary" type="submit" disabled={busy}>{submit}</Button></div>
      </form>
    </Dialog>
  );
}

function NameAndWho({ name, setName, shared, setShared }: { name: string; setName: (x: string) => void; shared: boolean; setShared: (x: boolean) => void }) {
  const id = useId();
  return (
    <>
      { }
      <div class="form-field"><label for={id}>{t("Name")}</label><input id={id} autofocus required maxLength={100} value={name} onInput={(e) => setName(e.currentTarget.value)} autocomplete="off" /></div>
      <fieldset class="segments">
        <legend class="fact-label">{t("Who sees it")}</legend>
        <label><input type="radio" name={`${id}-who`} checked={!shared} onChange={() => setShared(false)} /><span>{t("Only me")}</span></label>
        <label><input type="radio" name={`${id}-who`} checked={shared} onChange={() => setShared(true)} /><span>{t("Everyone")}</span></label>
      </fieldset>
      <p class="meta">{t("A view holds filter, order, columns and groups. Whoever opens it sees the records they may see.")}</p>
    </>
  );
}

function SaveDialog({ shape, look, from, onClose }: { shape: ObjectShape; look: Look; from: View | null; onClose: () => void }) {
  const [name, setName] = useState(from ? t("My {name}", { name: from.name }) : "");
  const [shared, setShared] = useState(false);
  const [problem, setProblem] = useState<Problem | null>(null);
  const [busy, setBusy] = useState(false);
  const save = async (): Promise<void> => {
    setBusy(true);
    const r = await createView(shape.name, { name: name.trim(), shared, ...viewOfLook(look, shape) });
    setBusy(false);
    if (!r.ok) return setProblem(r.problem);
    if (from) forgetChanges(from.id);
    onClose();
    go(`/lists/${shape.name}?view=${r.data.id}`, { quiet: true });
    toast(shared ? t("“{name}” is saved for everyone.", { name: r.data.name }) : t("“{name}” is saved for you.", { name: r.data.name }), { undo: () => void deleteView(r.data).then(() => go(listHref(shape.name, new URLSearchParams(look.filter ? { filter: look.filter } : {})), { quiet: true })) });
  };
  return <Form title={t("Save view")} onClose={onClose} problem={problem} submit={t("Save")} busy={busy} save={() => void save()}><NameAndWho name={name} setName={setName} shared={shared} setShared={setShared} /></Form>;
}

function RenameDialog({ view, onClose }: { view: View; onClose: () => void }) {
  const [name, setName] = useState(view.name);
  const [shared, setShared] = useState(view.shared);
  const [problem, setProblem] = useState<Problem | null>(null);
  const [busy, setBusy] = useState(false);
  const save = async (): Promise<void> => {
    setBusy(true);
    const r = await changeView(view, { name: name.trim(), shared });
    setBusy(false);
    if (!r.ok) return setProblem(r.problem);
    onClose();
    toast(t("Saved."), { undo: () => void changeView(r.data, { name: view.name, shared: view.shared }) });
  };
  return <Form title={t("Rename or share")} onClose={onClose} problem={problem} submit={t("Save")} busy={busy} save={() => void save()}><NameAndWho name={name} setName={setName} shared={shared} setShared={setShared} />{view.shared && !shared && <Users view={view} lead={t("They lose it:")} />}</Form>;
}

function EveryoneDialog({ view, look, shape, onClose }: { view: View; look: Look; shape: ObjectShape; onClose: () => void }) {
  const [problem, setProblem] = useState<Problem | null>(null);
  const [busy, setBusy] = useState(false);
  const save = async (): Promise<void> => {
    setBusy(true);
    const r = await changeView(view, viewOfLook(look, shape));
    setBusy(false);
    if (!r.ok) return setProblem(r.problem);
    const before = { filter: view.filter, sort: view.sort, group: view.group, columns: view.columns.map((c) => ({ field: c.field, width: c.width ?? 0 })) };
    forgetChanges(view.id);
    onClose();
    go(`/lists/${shape.name}?view=${view.id}`, { replace: true, quiet: true });
    toast(t("“{name}” is changed for everyone.", { name: view.name }), { undo: () => void changeView(r.data, before) });
  };
  return (
    <Form title={t("Change “{name}” for everyone?", { name: view.name })} onClose={onClose} problem={problem} submit={t("Save for everyone")} busy={busy} save={() => void save()}>
      <Users view={view} lead={t("They will see it as you see it now:")} />
    </Form>
  );
}

function DeleteDialog({ view, onClose }: { view: View; onClose: () => void }) {
  const [problem, setProblem] = useState<Problem | null>(null);
  const [busy, setBusy] = useState(false);
  const remove = async (): Promise<void> => {
    setBusy(true);
    const r = await deleteView(view);
    setBusy(false);
    if (!r.ok && r.problem.status !== 404) return setProblem(r.problem);
    onClose();
    go(`/lists/${view.object}`, { quiet: true });
    const { name, shared, filter, sort, group } = view;
    toast(t("“{name}” is deleted.", { name }), { undo: () => void createView(view.object, { name, shared, filter, sort, group, columns: view.columns.map((c) => ({ field: c.field, width: c.width ?? 0 })) }).then((again) => { if (again.ok) go(`/lists/${view.object}?view=${again.data.id}`, { quiet: true }); }) });
  };
  return (
    <Form title={t("Delete “{name}”?", { name: view.name })} onClose={onClose} problem={problem} submit={t("Delete the view")} busy={busy} save={() => void remove()}>
      <p>{t("The records stay as they are; only this way of looking at them goes.")}</p>
      {view.shared && <Users view={view} lead={t("They lose it:")} />}
    </Form>
  );
}

function UsersDialog({ view, onClose }: { view: View; onClose: () => void }) {
  return <Dialog title={t("Who uses “{name}”", { name: view.name })} onClose={onClose}><Users view={view} lead="" /></Dialog>;
}

// Colleagues who opened it in the last ninety days.
function Users({ view, lead }: { view: View; lead: string }) {
  const [state, setState] = useState<readonly ViewUser[] | Problem | null>(null);
  const [asked, setAsked] = useState(false);
  if (!asked) {
    setAsked(true);
    void viewUsers(view).then((r) => setState(r.ok ? r.data : r.problem));
  }
  if (!state) return <Skeleton rows={Math.max(1, Math.min(4, view.used_by))} height={28} />;
  if ("detail" in state) return <ProblemNote problem={state} />;
  if (!state.length) return <p>{t("Nobody but you opened it in the last 90 days.")}</p>;
  return (
    <div class="stack">
      <p>{lead || tn(state.length, "{n} colleague opened it in the last 90 days:", "{n} colleagues opened it in the last 90 days:")}</p>
      <ul class="view-users">{state.map((u) => <li key={u.id}><span class="grow cut">{u.name}</span><span class="meta">{formatAgo(u.at)}</span></li>)}</ul>
    </div>
  );
}
