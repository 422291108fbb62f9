// The company's rules as sentences: which are on, how well they are kept, and what got in the way where they were not.
import { useEffect, useLayoutEffect, useState } from "preact/hooks";
import { api, settle, type Schemas } from "../../api/client";
import { formatDate, formatNumber } from "../../i18n/format";
import { t, tn } from "../../i18n/t";
import { addKeys } from "../../keys/keys";
import { place } from "../../nav/router";
import { useWhole } from "../../shell/after-paint";
import { Screen } from "../../shell/screen";
import { loadManual, manualPages, rolesWith } from "../../store/manual";
import { me, objectOf } from "../../store/session";
import { Icon } from "../../ui/icon";
import { Menu, Popover } from "../../ui/menu";
import { EmptyState, ProblemNote, Skeleton } from "../../ui/states";
import { Button } from "../../ui/button";
import { StatusChip } from "../../ui/status";
import { useChanges, useLoad } from "../figures/load";
import { Breaches } from "./breaches";
import { PastDialog } from "./past";
import { MODES, modeIcon, modeLabel, modeMeaning, modeTone } from "./mode";
import "./policies.css";
import { SwitchDialog, type Switch } from "./switch";

interface Week {
  week: string;
  passes: number;
  breaches: number;
}
export type Policy = Schemas["PolicyList"]["data"][number] & {
  why?: string; object?: string; owed_by?: string; owner?: string; review?: string; except?: string;
  passes?: number; breaches?: number; kept_percent?: number | null; weeks?: Week[]; still_owed?: number;
};

export function roleLabel(name: string): string {
  const head = manualPages.value?.find((p) => p.path === `role/${name}`);
  if (head) return head.label;
  const words = name.replace(/-/g, " ");
  return words.charAt(0).toUpperCase() + words.slice(1);
}

function Refused({ close }: { close: () => void }) {
  const [who, setWho] = useState("");
  useEffect(() => void rolesWith("publish").then(setWho, () => undefined), []);
  return (
    <div class="stack policy-refused">
      <p>{t("Switching a rule publishes the manual. Your roles do not include that.")}</p>
      <p>{who ? t("Somebody who can: {who}.", { who }) : t("Ask whoever looks after the manual.")}</p>
      <p><button type="button" class="button plain" onClick={close}>{t("Understood")}</button></p>
    </div>
  );
}

function ModeControl({ policy, onSwitch }: { policy: Policy; onSwitch: (s: Switch) => void }) {
  const label = t("Mode of {label}: {mode}", { label: policy.label, mode: modeLabel(policy.mode) });
  const face = <><StatusChip tone={modeTone(policy.mode)} icon={modeIcon(policy.mode)}>{modeLabel(policy.mode)}</StatusChip><span class="sr">{label}</span><Icon name="chevron-down" /></>;
  const focus = `mode-${policy.page}`;
  if (!me.value?.rights.includes("publish")) return <Popover act label={label} class="mode-button" face={face} focus={focus}>{(close) => <Refused close={close} />}</Popover>;
  return (
    <Menu act={label} label={label} class="mode-button" face={face} panel="mode-menu" focus={focus}
      items={MODES.map((m) => ({
        label: modeLabel(m), hint: modeMeaning(m), checked: m === policy.mode,
        run: () => { if (m !== policy.mode) onSwitch({ page: policy.page, label: policy.label, from: policy.mode, to: m }); },
      }))} />
  );
}

// Twelve weeks, oldest first, one bar for each that had something to keep.
function WeeksSpark({ weeks }: { weeks: readonly Week[] }) {
  return (
    <svg class="weeks" viewBox="0 0 96 20" width="96" height="20" aria-hidden="true">
      {weeks.slice(-12).map((w, i) => {
        const all = w.passes + w.breaches;
        const h = all ? Math.max(2, (w.passes / all) * 20) : 1;
        return <rect key={w.week} x={i * 8} y={20 - h} width="6" height={h} rx="1" class={w.breaches ? "some" : ""} />;
      })}
    </svg>
  );
}

function Kept({ policy }: { policy: Policy }) {
  const all = (policy.passes ?? 0) + (policy.breaches ?? 0);
  if (!all) {
    return <p class="meta">{policy.mode === "off" ? t("Off: not counted.") : t("Nothing to keep yet.")}{policy.still_owed ? ` ${tn(policy.still_owed, "{n} owed in this period.", "{n} owed in this period.")}` : ""}</p>;
  }
  return (
    <div class="stack kept">
      <p class="row wrap"><strong class="num">{t("kept {n} %", { n: formatNumber(policy.kept_percent ?? 0, 1) })}</strong>{policy.weeks && <WeeksSpark weeks={policy.weeks} />}</p>
      <p class="meta">
        {tn(all, "{n} time in 12 weeks", "{n} times in 12 weeks")}
        {policy.breaches ? <> · <a href={`/policies?view=breaches&page=${encodeURIComponent(policy.page)}`}>{tn(policy.breaches, "{n} not met", "{n} not met")}</a></> : null}
      </p>
    </div>
  );
}

function Row({ policy, onSwitch, onTry }: { policy: Policy; onSwitch: (s: Switch) => void; onTry: () => void }) {
  return (
    <li class="policy">
      <div class="policy-text">
        <h3><a href={`/manual/${policy.page}`} data-focus={policy.page}>{policy.label}</a></h3>
        <p>{policy.sentence}</p>
        {policy.why && <p class="muted">{t("Why: {reason}", { reason: policy.why })}</p>}
        <p class="meta policy-facts dots">
          <span>{objectOf(policy.object ?? "")?.plural}</span>
          {policy.owner && <span>{t("looked after by: {role}", { role: roleLabel(policy.owner) })}</span>}
          {policy.except && <span>{t("except where {what}", { what: policy.except })}</span>}
          <span>{policy.review ? t("next review {day}", { day: formatDate(policy.review) }) : t("no review date")}</span>
        </p>
        <p><Button act kind="quiet" icon="history" focus={`past-${policy.page}`} onClick={onTry}>{t("Try it on the past")}<span class="sr">: {policy.label}</span></Button></p>
      </div>
      <Kept policy={policy} />
      <ModeControl policy={policy} onSwitch={onSwitch} />
    </li>
  );
}

// j and k walk over the rules; Enter opens the one with the focus, m its modes.
function useRuleKeys(): void {
  useLayoutEffect(() => {
    const step = (by: number): void => {
      const all = [...document.querySelectorAll<HTMLElement>(".policy h3 a")];
      const at = all.findIndex((a) => a.closest(".policy")?.contains(document.activeElement));
      all[at < 0 ? 0 : Math.min(all.length - 1, Math.max(0, at + by))]?.focus();
    };
    return addKeys({
      title: t("Policies"),
      actions: [
        { keys: "j", label: t("Next rule"), run: () => step(1) },
        { keys: "k", label: t("Rule before"), run: () => step(-1) },
        { keys: "m", label: t("Mode of the rule"), run: () => document.activeElement?.closest(".policy")?.querySelector<HTMLElement>(".mode-button")?.click(), when: () => Boolean(document.activeElement?.closest(".policy")) },
      ],
    });
  }, []);
}

const ROW_HIGH = 104; // pixels; at least

// most: rows drawn of all groups together.
function Rules({ list, most, onSwitch, onTry }: { list: readonly Policy[]; most: number; onSwitch: (s: Switch) => void; onTry: (p: Policy) => void }) {
  useRuleKeys();
  const groups: [string, Policy[]][] = [[t("On"), list.filter((p) => p.mode !== "off")], [t("Off"), list.filter((p) => p.mode === "off")]];
  return (
    <>
      {groups.map(([title, rules], i) => (
        <section key={title} class="policy-group" aria-labelledby={`rules-${i}`}>
          <h2 id={`rules-${i}`}>{title} <span class="muted num">{rules.length}</span></h2>
          {rules.length === 0
            ? <p class="muted">{i === 0 ? t("No rule is on. Start with one on Watch: it counts and bothers nobody.") : t("Every rule is on.")}</p>
            : <ul class="policy-list">{rules.slice(0, Math.max(0, most - (i ? (groups[0]?.[1].length ?? 0) : 0))).map((p) => <Row key={p.page} policy={p} onSwitch={onSwitch} onTry={() => onTry(p)} />)}</ul>}
        </section>
      ))}
    </>
  );
}

function Tabs({ view }: { view: string }) {
  return (
    <nav class="segments" aria-label={t("Views")}>
      <a href="/policies" data-act={t("Policies")} aria-current={view === "" ? "page" : undefined}>{t("Rules")}</a>
      <a href="/policies?view=breaches" data-act={t("Policies")} aria-current={view === "breaches" ? "page" : undefined}>{t("Not met")}</a>
    </nav>
  );
}

export function Policies() {
  const view = place.value.query.get("view") === "breaches" ? "breaches" : "";
  const [change, setChange] = useState<Switch | null>(null);
  const [tried, setTried] = useState<Policy | null>(null);
  const { data, problem, loading, reload } = useLoad("policies", async () => settle(await api.GET("/api/v1/policies")));
  useChanges(["lead", "deal", "account", "contact", "activity"], 5000, reload);
  useEffect(() => void loadManual(), []);
  const list: readonly Policy[] = data?.data ?? [];
  const on = list.filter((p) => p.mode !== "off").length;
  const whole = useWhole(list.length > 0);
  return (
    <Screen title={t("Policies")} class="policies" ready={!loading && (whole || !list.length)} actions={<Tabs view={view} />}
      meta={data ? t("{n} rules, {on} on", { n: list.length, on }) : " "}>
      {problem && <ProblemNote problem={problem} retry={reload} />}
      {loading && <Skeleton rows={6} height={104} />}
      {data && list.length === 0 && (
        <EmptyState icon="gavel" title={t("The manual has no rules yet.")}>
          <p class="muted">{t("A rule says what must hold, by when, and why. It starts off and bothers nobody until you switch it.")}</p>
          <p><a href="/manual">{t("Open the manual")}</a></p>
        </EmptyState>
      )}
      {list.length > 0 && (view === "breaches" ? <Breaches policies={list} /> : <Rules list={list} most={whole ? Infinity : Math.ceil(innerHeight / ROW_HIGH)} onSwitch={setChange} onTry={setTried} />)}
      {tried && <PastDialog page={tried.page} label={tried.label} sentence={tried.sentence} onClose={() => setTried(null)} />}
      {change && <SwitchDialog change={change} onClose={() => setChange(null)} onDone={reload} />}
    </Screen>
  );
}
