// The house around the screens: rail or bottom bar, banners, toasts, palette, keyboard sheet, conflicts.
import { lazy, Suspense } from "./lazy";
import { computed, signal } from "@preact/signals";
import { useLayoutEffect } from "preact/hooks";
import { api, online, whenSignedOut, type Me } from "../api/client";
import { t, tn } from "../i18n/t";
import { addKeys, useActions } from "../keys/keys";
import { go, path, place } from "../nav/router";
import { waitingCount } from "../store/outbox";
import { forgetDrafts } from "../store/mails";
import { unread } from "../store/notices";
import { density, plainPages, railOpen, simpleMode, singleKeys, theme, type Theme } from "../store/settings";
import { failed, mainObjects, me, otherObjects } from "../store/session";
import { Day } from "../screens/day/day";
import { IconButton, Kbd } from "../ui/button";
import { Icon, objectIcon, type IconName } from "../ui/icon";
import { itemActions, Menu, MenuList, Popover, type MenuItem } from "../ui/menu";
import { EmptyState, ProblemNote, Skeleton } from "../ui/states";
import { Avatar } from "../ui/status";
import { canUndo, Toasts, undoLast } from "../ui/toast";
import { flushHeld } from "../store/hold";
import { pins } from "../store/views";
import { ComposeHere } from "./compose";
import { Conflicts } from "./conflicts";
import { creating, CreateDialog } from "./create";
import { KeySheet } from "./key-sheet";
import { Palette } from "./palette";
import { Screen } from "./screen";

const Run = lazy(() => import("../screens/day/run").then((m) => m.Run));
const List = lazy(() => import("../screens/list/list").then((m) => m.List));
const RecordScreen = lazy(() => import("../screens/record/record").then((m) => m.RecordScreen));
const Versions = lazy(() => import("../screens/manual/versions").then((m) => m.Versions));
const Manual = lazy(() => import("../screens/manual/manual").then((m) => m.Manual));

const Board = lazy(() => import("../screens/board/board").then((m) => m.Board));
const Policies = lazy(() => import("../screens/policies/policies").then((m) => m.Policies));
const Notifications = lazy(() => import("../screens/notifications/notifications").then((m) => m.Notifications));
const Settings = lazy(() => import("../screens/settings/settings").then((m) => m.Settings));
const Figures = lazy(() => import("../screens/figures/figures").then((m) => m.Figures));

export const paletteOpen = signal(false);
export const sheetOpen = signal(false);

interface RailItem {
  href: string;
  label: string;
  icon: IconName;
  keys?: string;
}
const LIST_KEYS: Record<string, string> = { lead: "g l", deal: "g e", account: "g a", contact: "g o" };

function railItems(): RailItem[][] {
  return [
    [{ href: "/", label: t("My Day"), icon: "sun", keys: "g d" }],
    [{ href: "/board", label: t("Board"), icon: "columns-3", keys: "g p" },
      ...mainObjects.value.filter((o) => o.name !== "activity").map((o) => ({ href: `/lists/${o.name}`, label: o.plural, icon: objectIcon(o.icon), keys: LIST_KEYS[o.name] }))],
    [{ href: "/manual", label: t("Manual"), icon: "book-open", keys: "g m" }, { href: "/policies", label: t("Policies"), icon: "gavel", keys: "g y" }, { href: "/figures", label: t("Figures"), icon: "chart-column", keys: "g r" }],
  ];
}

function sideItems(): RailItem[] {
  return [{ href: "/notifications", label: t("Notifications"), icon: "bell", keys: "g n" }, { href: "/settings", label: t("Settings"), icon: "settings", keys: "g s" }];
}
// What is needed every day; in simple mode nothing else stands in the navigation.
const DAILY = ["/", "/board", "/lists/lead", "/lists/deal", "/lists/account", "/lists/contact", "/manual"];
function shownItems(): RailItem[][] {
  return simpleMode.value ? railItems().map((g) => g.filter((x) => DAILY.includes(x.href))) : railItems();
}
function Count() {
  const n = unread.value;
  return n ? <span class="rail-count"><span aria-hidden="true">{n > 99 ? "99+" : n}</span><span class="sr">{tn(n, "{n} unread", "{n} unread")}</span></span> : null;
}

function isHere(href: string, path: string): boolean {
  if (href === "/") return path === "/" || path === "/run";
  const object = href.startsWith("/lists/") ? href.slice(7) : "";
  return path === href || path.startsWith(`${href}/`) || (object !== "" && path.startsWith(`/records/${object}/`));
}

function signOut(): void {
  flushHeld();
  forgetDrafts();
  whenSignedOut(() => undefined); // what is still being read meanwhile is refused, and would lead back here afterwards
  void api.POST("/api/v1/sign-out").then(() => location.assign("/sign-in"), () => location.assign("/sign-in"));
}

function otherItems(): MenuItem[] {
  const more = [...mainObjects.value.filter((o) => o.name === "activity"), ...otherObjects.value];
  return more.map((o) => ({ label: o.plural, icon: objectIcon(o.icon), href: `/lists/${o.name}` }));
}

const onOff = (label: string, on: boolean, run: () => void): MenuItem => ({ label, hint: on ? t("on") : t("off"), checked: on, run });

// What a panel, a menu or a page of settings holds, wherever one is.
function everywhere(): MenuItem[] {
  const able = [...mainObjects.value, ...otherObjects.value].filter((o) => o.may["create"] !== "none" && o.may["create"] !== undefined);
  return [
    ...able.map((o) => ({ label: t("New {object}", { object: o.label.toLowerCase() }), run: () => (creating.value = o.name) })),
    ...otherItems().map((x) => ({ ...x, label: t("Go to {where}", { where: x.label }) })),
    ...themes().map(([value, label]) => ({ label, hint: t("Colours"), checked: theme.value === value, run: () => (theme.value = value) })),
    onOff(t("Compact rows"), density.value === "compact", () => (density.value = density.value === "compact" ? "comfortable" : "compact")),
    onOff(t("Lists as plain pages"), plainPages.value, () => (plainPages.value = !plainPages.value)),
    onOff(t("Single keys as shortcuts"), singleKeys.value, () => (singleKeys.value = !singleKeys.value)),
    onOff(t("Simple mode"), simpleMode.value, () => (simpleMode.value = !simpleMode.value)),
    ...(simpleMode.value ? [{ label: t("Show everything"), run: () => (simpleMode.value = false) }] : []),
    { label: t("Sign out"), run: signOut },
  ];
}

function themes(): [Theme, string][] {
  return [["system", t("As the system")], ["light", t("Light")], ["dark", t("Dark")]];
}

function MePanel({ who, close }: { who: Me; close: () => void }) {
  return (
    <div class="me-panel">
      <p><b>{who.name}</b><br /><span class="meta">{[...who.roles.map((r) => r.label), who.team?.name].filter(Boolean).join(" · ")}</span></p>
      <fieldset class="segments">
        <legend class="meta">{t("Colours")}</legend>
        {themes().map(([value, label]) => (
          <label key={value}><input type="radio" name="theme" checked={theme.value === value} onChange={() => (theme.value = value)} /><span>{label}</span></label>
        ))}
      </fieldset>
      <label class="row"><input type="checkbox" checked={density.value === "compact"} onChange={(e) => (density.value = e.currentTarget.checked ? "compact" : "comfortable")} />{t("Compact rows")}</label>
      <label class="row"><input type="checkbox" checked={plainPages.value} onChange={(e) => (plainPages.value = e.currentTarget.checked)} />{t("Lists as plain pages")}</label>
      <label class="row"><input type="checkbox" checked={singleKeys.value} onChange={(e) => (singleKeys.value = e.currentTarget.checked)} />{t("Single keys as shortcuts")}</label>
      <label class="row"><input type="checkbox" checked={simpleMode.value} onChange={(e) => (simpleMode.value = e.currentTarget.checked)} />{t("Simple mode")}</label>
      <MenuList label={t("Me")} close={close} items={[
        { label: t("Settings"), icon: "settings", href: "/settings" },
        { label: t("Keyboard shortcuts"), icon: "keyboard", hint: "?", run: () => (sheetOpen.value = true) },
        { label: t("Sign out"), icon: "log-out", run: signOut },
      ]} />
    </div>
  );
}

function Brand() {
  return <a class="brand" href="/" aria-label={t("fairlead, my day")}><svg class="mark" viewBox="0 0 32 32" width="24" height="24" aria-hidden="true"><rect width="32" height="32" rx="8" /><path d="M7 21c4 0 5-10 9-10s5 10 9 10" /><circle cx="16" cy="11" r="2.5" /></svg><span class="rail-word">fairlead</span></a>;
}

// What stands before the first answer: the house is there at once, its rooms follow.
function Waiting() {
  const alone = runs.value;
  return (
    <div class="app">
      {!alone && <div class={railOpen.value ? "rail" : "rail narrow"}><div class="rail-top"><Brand /></div></div>}
      <main class="main"><div class="screen"><Skeleton rows={6} height={56} /></div></main>
      {!alone && <div class="bottom-bar" />}
    </div>
  );
}

function Pins() {
  const { path: at, query } = place.value;
  return (
    <>
      {pins.value.map((x) => (
        <li key={x.id}><a href={`/lists/${x.object}?view=${x.id}`} aria-current={at === `/lists/${x.object}` && query.get("view") === x.id ? "page" : undefined} title={x.name} class="rail-item" data-act={t("Pinned view")}><Icon name="bookmark" /><span class="rail-word cut">{x.name}</span></a></li>
      ))}
    </>
  );
}

function Rail({ who }: { who: Me }) {
  const here = path.value;
  const open = railOpen.value;
  return (
    <nav class={open ? "rail" : "rail narrow"} aria-label={t("Main")}>
      <div class="rail-top">
        <Brand />
        <IconButton icon="panel-left" label={open ? t("Make the navigation narrow") : t("Make the navigation wide")} onClick={() => (railOpen.value = !open)} class="rail-fold" act />
      </div>
      <button type="button" class="rail-search" onClick={() => (paletteOpen.value = true)} title={t("Search and commands")}>
        <Icon name="search" /><span class="rail-word grow">{t("Search")}</span><span class="rail-word" aria-hidden="true"><Kbd keys="mod+k" /></span>
      </button>
      {shownItems().map((group, i) => (
        <ul key={i} class="rail-group">
          {group.map((x) => (
            <li key={x.href}><a href={x.href} aria-current={isHere(x.href, here) ? "page" : undefined} title={open ? undefined : x.label} class="rail-item"><Icon name={x.icon} /><span class="rail-word">{x.label}</span></a></li>
          ))}
          {i === 1 && <Pins />}
          {i === 1 && !simpleMode.value && <li><Menu label={t("More lists")} items={otherItems()} class="rail-item" face={<><Icon name="ellipsis" /><span class="rail-word">{t("More lists")}</span></>} /></li>}
        </ul>
      ))}
      {simpleMode.value && <ul class="rail-group"><li><button type="button" class="rail-item" title={open ? undefined : t("Show everything")} onClick={() => (simpleMode.value = false)}><Icon name="layers" /><span class="rail-word">{t("Show everything")}</span></button></li></ul>}
      <div class="grow" />
      <ul class="rail-group">
        {sideItems().map((x) => (
          <li key={x.href}><a href={x.href} aria-current={isHere(x.href, here) ? "page" : undefined} title={open ? undefined : x.label} class="rail-item"><Icon name={x.icon} /><span class="rail-word grow">{x.label}</span>{x.href === "/notifications" && <Count />}</a></li>
        ))}
      </ul>
      <Popover label={t("Me: {name}", { name: who.name })} class="rail-item rail-me" face={<><Avatar name={who.name} /><span class="rail-word cut">{who.name}</span><span class="sr">{t("Settings and sign out")}</span></>}>
        {(close) => <MePanel who={who} close={close} />}
      </Popover>
    </nav>
  );
}

function BottomBar({ who }: { who: Me }) {
  const here = path.value;
  const lists: MenuItem[] = mainObjects.value.map((o) => ({ label: o.plural, icon: objectIcon(o.icon), href: `/lists/${o.name}` }));
  return (
    <nav class="bottom-bar" aria-label={t("Main")}>
      <a href="/" class="bottom-item" aria-current={isHere("/", here) ? "page" : undefined}><Icon name="sun" size={20} /><span>{t("My Day")}</span></a>
      <Menu label={t("Lists")} items={lists} class={here.startsWith("/lists/") ? "bottom-item here" : "bottom-item"} face={<><Icon name="list" size={20} /><span>{t("Lists")}</span></>} />
      <button type="button" class="bottom-item" onClick={() => (creating.value = "")} aria-label={t("Create a record")}><span class="bottom-plus"><Icon name="plus" size={20} /></span></button>
      <a href="/manual" class="bottom-item" aria-current={isHere("/manual", here) ? "page" : undefined}><Icon name="book-open" size={20} /><span>{t("Manual")}</span></a>
      <Popover label={t("More")} class="bottom-item" face={<><span class="bottom-icon"><Icon name="menu" size={20} /><Count /></span><span>{t("More")}</span></>}>
        {(close) => (
          <>
            <MenuList label={t("More")} close={close} items={[{ label: t("Search"), icon: "search", run: () => (paletteOpen.value = true) },
              ...sideItems().map(({ label, icon, href }) => ({ label, icon, href, hint: href === "/notifications" && unread.value ? String(unread.value) : undefined })),
              ...shownItems().flat().filter((x) => ["/board", "/policies", "/figures"].includes(x.href)).map(({ label, icon, href }) => ({ label, icon, href })),
              ...(simpleMode.value ? [{ label: t("Show everything"), icon: "layers" as const, run: () => (simpleMode.value = false) }] : otherItems().filter((x) => !lists.some((y) => y.label === x.label)))]} />
            <MePanel who={who} close={close} />
          </>
        )}
      </Popover>
    </nav>
  );
}

function Banners() {
  const n = waitingCount.value;
  return (
    <div role="status" class="banners">
      {!online.value ? (
        <p class="banner warn"><Icon name="wifi-off" /><span>{n ? tn(n, "No connection. {n} change waits and is sent when it is back.", "No connection. {n} changes wait and are sent when it is back.") : t("No connection. You can go on; changes are kept and sent when it is back.")}</span></p>
      ) : n > 0 ? (
        <p class="banner info"><Icon name="refresh-cw" /><span>{tn(n, "{n} change is being sent.", "{n} changes are being sent.")}</span></p>
      ) : null}
    </div>
  );
}

function Route() {
  const here = path.value;
  const parts = here.split("/").map(decodeURIComponent);
  if (here === "/") return <Day />;
  if (here === "/run") return <Run />;
  if (parts[1] === "lists" && parts[2]) return <List key={parts[2]} object={parts[2]} />;
  if (parts[1] === "records" && parts[2] && parts[3]) return <RecordScreen key={`${parts[2]}/${parts[3]}`} object={parts[2]} id={parts[3]} />;
  if (parts[1] === "board") return <Board object={parts[2]} />;
  if (here === "/policies") return <Policies />;
  if (here === "/notifications") return <Notifications />;
  if (parts[1] === "settings") return <Settings part={parts[2] ?? ""} />;
  if (here === "/figures") return <Figures />;
  if (here === "/manual/versions") return <Versions />;
  if (parts[1] === "manual") return <Manual page={parts[2] && parts[3] ? `${parts[2]}/${parts[3]}` : ""} />;
  return <Screen title={t("Not found")}><EmptyState icon="search" title={t("There is nothing at this address.")}><a href="/">{t("Go to My Day")}</a></EmptyState></Screen>;
}

// Each by itself: opening one does not draw what lies below it.
function PaletteHere() {
  return paletteOpen.value ? <Palette onClose={() => (paletteOpen.value = false)} /> : null;
}
function SheetHere() {
  return sheetOpen.value ? <KeySheet onClose={() => (sheetOpen.value = false)} /> : null;
}
function CreateHere() {
  return creating.value !== null ? <CreateDialog object={creating.value} /> : null;
}

const runs = computed(() => path.value === "/run"); // full screen, without the house around it

export function App() {
  const who = me.value;
  const alone = runs.value;
  useLayoutEffect(() => addKeys({
    title: t("Everywhere"),
    actions: [
      { keys: "mod+k", label: t("Search and commands"), run: () => (paletteOpen.value = true), typing: true },
      { keys: "/", label: t("Search"), run: () => (paletteOpen.value = true) },
      { keys: "?", label: t("Keyboard shortcuts"), run: () => (sheetOpen.value = true) },
      { keys: "c", label: t("Create a record"), run: () => (creating.value = "") },
      { keys: "mod+z", label: t("Undo"), run: () => void undoLast(), when: canUndo },
      ...[...railItems().flat(), ...sideItems()].flatMap((x) => (x.keys ? [{ keys: x.keys, label: t("Go to {where}", { where: x.label }), run: () => go(x.href) }] : [])),
    ],
  }), [who !== null, mainObjects.value.length]);
  useActions("", () => itemActions(everywhere()));
  if (failed.value) return <main class="screen"><ProblemNote problem={failed.value} retry={() => location.reload()} /></main>;
  if (!who) return <Waiting />;
  return (
    <div class="app">
      <a class="skip" href="#main" data-plain>{t("Skip to the content")}</a>
      {!alone && <Rail who={who} />}
      <main class="main" id="main" tabIndex={-1}>
        <Suspense fallback={<div class="screen"><Skeleton rows={8} /></div>}><Route /></Suspense>
      </main>
      {!alone && <BottomBar who={who} />}
      <div class="notices"><Toasts /><Banners /></div>
      <PaletteHere />
      <SheetHere />
      <CreateHere />
      <ComposeHere />
      <Conflicts />
    </div>
  );
}
