// What one likes, follows one to every browser; and the doors that stand open in one's name: password, sessions, tokens.
import { useEffect, useId, useState } from "preact/hooks";
import { api, newKey, settle, type Problem, type Schemas } from "../../api/client";
import { formatAgo, formatInstant, zone } from "../../i18n/format";
import { t } from "../../i18n/t";
import { me } from "../../store/session";
import { density, muted, ownZone, settingProblem, simpleMode, singleKeys, theme, type Theme } from "../../store/settings";
import { Button } from "../../ui/button";
import { EmptyState, offlineProblem, ProblemNote, Skeleton } from "../../ui/states";
import { StatusChip } from "../../ui/status";
import { toast } from "../../ui/toast";
import { kindLabel, MUTABLE } from "../notifications/kinds";

export function MeSettings() {
  return (
    <div class="setting-parts">
      <Likes />
      <Muted />
      <Password />
      <Sessions />
      <Tokens />
    </div>
  );
}

function zones(): string[] {
  return typeof Intl.supportedValuesOf === "function" ? Intl.supportedValuesOf("timeZone") : [];
}

function Likes() {
  const id = useId();
  const themes: [Theme, string][] = [["system", t("As the system")], ["light", t("Light")], ["dark", t("Dark")]];
  const [typed, setTyped] = useState<string | null>(null);
  const problem = settingProblem.value;
  const save = (): void => {
    if (typed !== null && typed.trim() !== ownZone.peek()) ownZone.value = typed.trim();
    setTyped(null);
  };
  return (
    <section class="setting-part" aria-labelledby={`${id}-h`}>
      <h2 id={`${id}-h`}>{t("What you like")}</h2>
      {problem && <ProblemNote problem={problem} />}
      <div class="setting-row"><span class="setting-name" id={`${id}-theme`}>{t("Colours")}</span>
        <fieldset class="segments" aria-labelledby={`${id}-theme`}>{themes.map(([value, label]) => <label key={value}><input type="radio" name={`${id}-theme`} checked={theme.value === value} onChange={() => { theme.value = value; }} /><span>{label}</span></label>)}</fieldset></div>
      <div class="setting-row"><span class="setting-name" id={`${id}-density`}>{t("Rows")}</span>
        <fieldset class="segments" aria-labelledby={`${id}-density`}>{([["comfortable", t("Comfortable")], ["compact", t("Compact")]] as const).map(([value, label]) => <label key={value}><input type="radio" data-act={t("Rows")} name={`${id}-density`} checked={density.value === value} onChange={() => { density.value = value; }} /><span>{label}</span></label>)}</fieldset></div>
      <div class="setting-row"><span class="setting-name">{t("Simple mode")}</span>
        <div><label class="row"><input type="checkbox" data-act={t("Simple mode")} checked={simpleMode.value} onChange={(e) => { simpleMode.value = e.currentTarget.checked; }} />{t("Show what is needed every day only")}</label>
          <p class="meta">{t("The navigation keeps My Day, the board, the lists and the manual. Everything else is one switch away.")}</p></div></div>
      <div class="setting-row"><span class="setting-name">{t("Keyboard")}</span>
        <label class="row"><input type="checkbox" checked={singleKeys.value} onChange={(e) => { singleKeys.value = e.currentTarget.checked; }} />{t("Single keys as shortcuts")}</label></div>
      <div class="setting-row"><label class="setting-name" for={`${id}-zone`}>{t("Time zone")}</label>
        <div><input id={`${id}-zone`} data-act={t("Settings")} list={`${id}-zones`} maxLength={64} autocomplete="off" placeholder={t("The company's")} value={typed ?? ownZone.value} onInput={(e) => setTyped(e.currentTarget.value)} onChange={save} onBlur={save} />
          <datalist id={`${id}-zones`}>{zones().map((z) => <option key={z} value={z} />)}</datalist>
          <p class="meta">{t("Times are shown in {zone}. Empty: the zone of the company's calendar.", { zone: zone.value })}</p></div></div>
    </section>
  );
}

function Muted() {
  return (
    <section class="setting-part">
      <h2>{t("Notifications")}</h2>
      <p class="muted">{t("What is not ticked makes no notice. Calls for help always do.")}</p>
      <div class="checks">
        {MUTABLE.map((kind) => <label key={kind} class="row"><input type="checkbox" data-act={t("Notifications")} checked={!muted.value.includes(kind)} onChange={(e) => { muted.value = e.currentTarget.checked ? muted.peek().filter((k) => k !== kind) : [...muted.peek(), kind]; }} />{kindLabel(kind)}</label>)}
      </div>
    </section>
  );
}

function Password() {
  const id = useId();
  const [old, setOld] = useState("");
  const [fresh, setFresh] = useState("");
  const [problem, setProblem] = useState<Problem | null>(null);
  const [busy, setBusy] = useState(false);
  const at = (name: string): string => {
    const e = (problem?.errors ?? (problem?.pointer ? [problem] : [])).find((x) => x.pointer === `/${name}`);
    return e ? [e.detail, e.way_out].filter(Boolean).join(" ") : "";
  };
  const save = async (): Promise<void> => {
    if (busy) return;
    setBusy(true);
    setProblem(null);
    try {
      const r = settle(await api.POST("/api/v1/me/password", { body: { old_password: old, password: fresh } }));
      if (!r.ok) return setProblem(r.problem);
      setOld("");
      setFresh("");
      toast(t("The password is changed. Your other sessions have ended."));
    } catch {
      setProblem(offlineProblem());
    } finally {
      setBusy(false);
    }
  };
  return (
    <section class="setting-part">
      <h2>{t("Password")}</h2>
      <form class="form" onSubmit={(e) => { e.preventDefault(); void save(); }}>
        {problem && !at("old_password") && !at("password") && <ProblemNote problem={problem} />}
        <input class="sr" type="email" autocomplete="username" value={me.value?.email ?? ""} readOnly tabIndex={-1} aria-hidden="true" />
        <div class="form-two">
          <div class="form-field"><label for={`${id}-old`}>{t("The one that holds now")}</label><input id={`${id}-old`} type="password" autocomplete="current-password" required maxLength={512} value={old} aria-invalid={at("old_password") ? true : undefined} aria-describedby={at("old_password") ? `${id}-old-e` : undefined} onInput={(e) => setOld(e.currentTarget.value)} />
            {at("old_password") && <p id={`${id}-old-e`} class="field-error" role="alert">{at("old_password")}</p>}</div>
          <div class="form-field"><label for={`${id}-new`}>{t("The new one")}</label><input id={`${id}-new`} type="password" autocomplete="new-password" required minLength={12} maxLength={512} value={fresh} aria-invalid={at("password") ? true : undefined} aria-describedby={`${id}-new-e`} onInput={(e) => setFresh(e.currentTarget.value)} />
            {at("password") ? <p id={`${id}-new-e`} class="field-error" role="alert">{at("password")}</p> : <p id={`${id}-new-e`} class="meta">{t("12 characters at least; four words that have nothing to do with each other are good.")}</p>}</div>
        </div>
        <div><Button act type="submit" disabled={busy}>{t("Change the password")}</Button></div>
      </form>
    </section>
  );
}

type Session = Schemas["SessionList"]["data"][number];
function Sessions() {
  const [list, setList] = useState<readonly Session[] | null>(null);
  const [problem, setProblem] = useState<Problem | null>(null);
  const load = (): void => {
    api.GET("/api/v1/sessions").then(settle).then((r) => { if (r.ok) { setProblem(null); setList(r.data.data); } else setProblem(r.problem); }, () => setProblem(offlineProblem()));
  };
  useEffect(load, []);
  const end = async (id: string | null): Promise<void> => {
    try {
      const header = { "Idempotency-Key": newKey() };
      const r = id ? settle(await api.DELETE("/api/v1/sessions/{id}", { params: { path: { id }, header } })) : settle(await api.DELETE("/api/v1/sessions", { params: { header } }));
      if (!r.ok) return setProblem(r.problem);
      toast(id ? t("The session has ended.") : t("All other sessions have ended."));
      load();
    } catch {
      setProblem(offlineProblem());
    }
  };
  const others = (list ?? []).filter((s) => !s.this).length;
  return (
    <section class="setting-part">
      <h2>{t("Where you are signed in")}</h2>
      {problem && <ProblemNote problem={problem} retry={load} />}
      {!list && !problem && <Skeleton rows={2} height={48} />}
      {list && (
        <ul class="setting-list">
          {list.map((s) => (
            <li key={s.id}><span class="grow"><span class="lines">{s.label || t("Unknown program")}</span><br /><span class="meta">{t("seen {when}, since {since}", { when: formatAgo(s.seen_at), since: formatInstant(s.created_at) })}</span></span>
              {s.this ? <StatusChip tone="ok" icon="check">{t("this one")}</StatusChip> : <Button act={t("seen {when}", { when: formatAgo(s.seen_at) })} onClick={() => void end(s.id)}>{t("End")}<span class="sr"> {s.label}</span></Button>}</li>
          ))}
        </ul>
      )}
      {others > 1 && <div><Button act icon="log-out" onClick={() => void end(null)}>{t("End all others")}</Button></div>}
    </section>
  );
}

type Token = Schemas["TokenList"]["data"][number];
function Tokens() {
  const id = useId();
  const [list, setList] = useState<readonly Token[] | null>(null);
  const [problem, setProblem] = useState<Problem | null>(null);
  const [name, setName] = useState("");
  const [days, setDays] = useState("90");
  const [role, setRole] = useState("");
  const [made, setMade] = useState<{ name: string; token: string } | null>(null);
  const [busy, setBusy] = useState(false);
  const load = (): void => {
    api.GET("/api/v1/tokens").then(settle).then((r) => { if (r.ok) { setProblem(null); setList(r.data.data); } else setProblem(r.problem); }, () => setProblem(offlineProblem()));
  };
  useEffect(load, []);
  const make = async (): Promise<void> => {
    if (busy || !name.trim()) return;
    setBusy(true);
    setProblem(null);
    try {
      const expires = days ? new Date(Date.now() + Number(days) * 86_400_000).toISOString() : undefined;
      const r = settle(await api.POST("/api/v1/tokens", { body: { name: name.trim(), role: role || undefined, expires_at: expires } }));
      if (!r.ok) return setProblem(r.problem);
      setMade({ name: name.trim(), token: r.data.token });
      setName("");
      load();
    } catch {
      setProblem(offlineProblem());
    } finally {
      setBusy(false);
    }
  };
  const end = async (token: Token): Promise<void> => {
    try {
      const r = settle(await api.DELETE("/api/v1/tokens/{id}", { params: { path: { id: token.id }, header: { "Idempotency-Key": newKey() } } }));
      if (!r.ok) return setProblem(r.problem);
      toast(t("{name} has ended. What used it is refused from now on.", { name: token.name }));
      load();
    } catch {
      setProblem(offlineProblem());
    }
  };
  const copy = (): void => {
    if (made) void navigator.clipboard.writeText(made.token).then(() => toast(t("Copied."), { ms: 3000 }), () => toast(t("This browser does not let the page copy. Select the words instead.")));
  };
  const roles = me.value?.roles ?? [];
  return (
    <section class="setting-part">
      <h2>{t("API tokens")}</h2>
      <p class="muted">{t("For programs that work in your name. A token can do what you can, or less.")}</p>
      {problem && <ProblemNote problem={problem} />}
      {made && <div class="secret" role="status"><span>{t("The token of {name}, shown this once:", { name: made.name })}</span><code>{made.token}</code><Button act={t("API tokens")} icon="copy" onClick={copy}>{t("Copy")}</Button></div>}
      {!list && !problem && <Skeleton rows={1} height={48} />}
      {list && list.length === 0 && <p class="muted">{t("You have none.")}</p>}
      {list && list.length > 0 && (
        <ul class="setting-list">
          {list.map((x) => <li key={x.id}><span class="grow"><b>{x.name}</b><br /><span class="meta">{[t("made {when}", { when: formatInstant(x.created_at) }), x.used_at ? t("used {when}", { when: formatAgo(x.used_at) }) : t("never used"), x.expires_at ? t("ends {when}", { when: formatInstant(x.expires_at) }) : t("without end")].join(" · ")}</span></span>
            <Button act={t("API tokens")} onClick={() => void end(x)}>{t("End")}<span class="sr"> {x.name}</span></Button></li>)}
        </ul>
      )}
      <form class="form" onSubmit={(e) => { e.preventDefault(); void make(); }}>
        <div class="form-field"><label for={`${id}-name`}>{t("What will use it")}</label><input id={`${id}-name`} required maxLength={100} value={name} onInput={(e) => setName(e.currentTarget.value)} placeholder={t("Phone system")} /></div>
        <div class="form-two">
          <div class="form-field"><label for={`${id}-role`}>{t("With the rights of")}</label><select id={`${id}-role`} data-act={t("API tokens")} value={role} onChange={(e) => setRole(e.currentTarget.value)}><option value="">{t("All your roles")}</option>{roles.map((r) => <option key={r.name} value={r.name}>{r.label}</option>)}</select></div>
          <div class="form-field"><label for={`${id}-days`}>{t("Until")}</label><select id={`${id}-days`} data-act={t("API tokens")} value={days} onChange={(e) => setDays(e.currentTarget.value)}><option value="30">{t("30 days")}</option><option value="90">{t("90 days")}</option><option value="365">{t("A year")}</option><option value="">{t("Without end")}</option></select></div>
        </div>
        <div><Button act type="submit" icon="plus" disabled={busy}>{t("Make a token")}</Button></div>
      </form>
    </section>
  );
}

export function RefusedHere({ problem }: { problem: Problem }) {
  return <EmptyState icon="shield-check" title={problem.detail}>{problem.way_out && <p>{problem.way_out}</p>}</EmptyState>;
}
