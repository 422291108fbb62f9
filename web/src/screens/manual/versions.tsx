// The versions of the manual: who changed what, when and why; any two side by side in words; an old one restored.
import { useEffect, useLayoutEffect, useState } from "preact/hooks";
import { api, Offline, settle, type Problem } from "../../api/client";
import { formatInstant } from "../../i18n/format";
import { t, tn } from "../../i18n/t";
import { go, place } from "../../nav/router";
import { Screen } from "../../shell/screen";
import { authorOf, isProblem, loadManual, loadUnseen, manualVersion, markSeen, readDiff, unseen, type ManualDiff, type Version } from "../../store/manual";
import { Button } from "../../ui/button";
import { DiffView } from "../../ui/diff-view";
import { Icon } from "../../ui/icon";
import { EmptyState, offlineProblem, ProblemNote, Skeleton } from "../../ui/states";
import { StatusChip } from "../../ui/status";
import "./manual.css";
import { Restore } from "./restore";

function href(from: number, to: number): string {
  return `/manual/versions?from=${from}&to=${to}`;
}

function Compare({ versions, from, to }: { versions: readonly Version[]; from: number; to: number }) {
  const [a, setA] = useState(from);
  const [b, setB] = useState(to);
  useEffect(() => { setA(from); setB(to); }, [from, to]);
  const options = versions.map((v) => <option key={v.version} value={v.version}>{t("version {n}", { n: v.version })}</option>);
  return (
    <form class="compare row wrap" onSubmit={(e) => { e.preventDefault(); go(href(a, b)); }}>
      <label class="row"><span>{t("From")}</span><select name="from" data-act={t("Compare")} value={a} onChange={(e) => setA(Number(e.currentTarget.value))}>{options}</select></label>
      <label class="row"><span>{t("to")}</span><select name="to" data-act={t("Compare")} value={b} onChange={(e) => setB(Number(e.currentTarget.value))}>{options}</select></label>
      <Button act type="submit">{t("Compare")}</Button>
    </form>
  );
}

function Row({ version, live, onRestore }: { version: Version; live: number; onRestore: () => void }) {
  const n = version.version;
  return (
    <li class="version">
      <div class="grow stack">
        <p class="row wrap"><strong>{t("Version {n}", { n })}</strong>{n === live && <StatusChip tone="ok" icon="circle-check">{t("live")}</StatusChip>}</p>
        <p>{version.reason}</p>
        <p class="meta row wrap dots"><span>{authorOf(version)}</span>{version.at && <time dateTime={version.at}>{formatInstant(version.at)}</time>}<span>{tn(version.pages, "{n} page", "{n} pages")}</span></p>
      </div>
      <p class="row wrap version-do">
        {n > 1 && <a class="button plain" data-act="" href={href(n - 1, n)} data-focus={`version-${n}`}><Icon name="git-branch" /><span>{t("What it changed")}<span class="sr">{` (${t("version {n}", { n })})`}</span></span></a>}
        {n !== live && <Button act icon="undo-2" focus={`restore-${n}`} onClick={onRestore}>{t("Restore version {n}", { n })}</Button>}
      </p>
    </li>
  );
}

interface Known {
  versions: readonly Version[] | null;
  live: number;
  problem: Problem | null;
}

function useVersions(): Known & { again: () => void } {
  const [state, setState] = useState<Known>({ versions: null, live: 0, problem: null });
  const [turn, setTurn] = useState(0);
  const version = manualVersion.value;
  useEffect(() => {
    let alive = true;
    api.GET("/api/v1/manual/versions").then(settle).then(
      (r) => { if (alive) setState((s) => (r.ok ? { versions: r.data.data, live: r.data.live, problem: null } : { ...s, problem: r.problem })); },
      (e: unknown) => {
        if (!(e instanceof Offline)) throw e;
        if (alive) setState((s) => ({ ...s, problem: offlineProblem() }));
      });
    return () => { alive = false; };
  }, [version, turn]);
  return { ...state, again: () => setTurn((n) => n + 1) };
}

function Difference({ from, to, versions }: { from: number; to: number; versions: readonly Version[] }) {
  const [diff, setDiff] = useState<ManualDiff | null>(null);
  const [problem, setProblem] = useState<Problem | null>(null);
  const [turn, setTurn] = useState(0);
  useEffect(() => {
    let alive = true;
    setDiff(null);
    setProblem(null);
    void readDiff(from, to).then((d) => {
      if (!alive) return;
      if (isProblem(d)) return setProblem(d);
      setDiff(d);
      // Whoever reads all that is news to them has seen it.
      const news = unseen.peek();
      if (news && from <= news.from && to >= news.to) void markSeen(to);
    });
    return () => { alive = false; };
  }, [from, to, turn]);
  useLayoutEffect(() => {
    const el = diff && location.hash ? document.getElementById(decodeURIComponent(location.hash.slice(1))) : null;
    el?.scrollIntoView({ block: "start" });
  }, [diff]);
  const between = versions.filter((v) => v.version > Math.min(from, to) && v.version <= Math.max(from, to));
  if (problem) return <ProblemNote problem={problem} retry={() => setTurn(turn + 1)} />;
  if (!diff) return <Skeleton rows={6} height={64} />;
  return (
    <>
      {from < to && between.length > 0 && (
        <ul class="between">{between.map((v) => <li key={v.version}><b>{t("Version {n}", { n: v.version })}</b> {v.reason && `· ${v.reason} `}<span class="muted">· {authorOf(v)}{v.at ? `, ${formatInstant(v.at)}` : ""}</span></li>)}</ul>
      )}
      {diff.pages.length === 0 && <EmptyState icon="circle-check" title={t("Both versions say the same.")} />}
      <DiffView pages={diff.pages} version={to === manualVersion.value ? null : to} />
      {diff.text && <details class="source"><summary>{t("Line by line")}</summary><pre>{diff.text}</pre></details>}
    </>
  );
}

export function Versions() {
  const { query } = place.value;
  const { versions, live, problem, again } = useVersions();
  const [restoring, setRestoring] = useState<Version | null>(null);
  useEffect(() => { void loadManual(); void loadUnseen(); }, []);
  const newest = versions?.[0]?.version ?? live;
  const from = Number(query.get("from") ?? 0) || 0;
  const to = Number(query.get("to") ?? 0) || live;
  const comparing = from > 0 && to > 0;
  return (
    <Screen title={comparing ? t("What changed from version {from} to {to}", { from, to }) : t("Versions of the manual")} class="versions" ready={versions !== null}
      meta={versions ? tn(versions.length, "{n} version", "{n} versions") : " "}
      actions={<Button act icon="printer" onClick={() => print()}>{t("Print")}</Button>}>
      <p class="versions-back"><a href={comparing ? "/manual/versions" : "/manual"}><Icon name="chevron-left" class="flip" />{comparing ? t("All versions") : t("Manual")}</a></p>
      {problem && <ProblemNote problem={problem} retry={again} />}
      {!versions && !problem && <Skeleton rows={6} height={88} />}
      {versions && versions.length > 1 && <Compare versions={versions} from={from || Math.max(1, newest - 1)} to={to || newest} />}
      {versions && comparing && <Difference from={from} to={to} versions={versions} />}
      {versions && !comparing && (
        <>
          {versions.length === 1 && <p class="muted">{t("There is one version so far. Publishing a change makes the next one; none is ever lost.")}</p>}
          <ul class="version-list">{versions.map((v) => <Row key={v.version} version={v} live={live} onRestore={() => setRestoring(v)} />)}</ul>
        </>
      )}
      {restoring && <Restore version={restoring} onClose={() => setRestoring(null)} />}
    </Screen>
  );
}
