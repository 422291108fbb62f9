// The manual, to read: contents by kind, the pages of one's own role first, each section with its reason and what stands
// there right now. Printed, it is a booklet.
import { useEffect } from "preact/hooks";
import { t, tn } from "../../i18n/t";
import { Screen } from "../../shell/screen";
import { onChange } from "../../store/live";
import { loadManual, loadUnseen, manualPages, manualProblem, manualVersion, markSeen, newsKnown, unseen, type PageHead } from "../../store/manual";
import { me } from "../../store/session";
import { Button } from "../../ui/button";
import { changeText } from "../../ui/diff-view";
import { Icon } from "../../ui/icon";
import { ProblemNote, Skeleton } from "../../ui/states";
import { sentence } from "../day/task-card";
import { Contents } from "./contents";
import "./manual.css";
import { Reading } from "./reading";

export function Manual({ page }: { page: string }) {
  useEffect(() => {
    void loadManual();
    void loadUnseen();
    return onChange((c) => { if (!c) void loadManual(true); });
  }, []);
  const pages = manualPages.value;
  if (manualProblem.value && !pages) return <Screen title={t("Manual")}><ProblemNote problem={manualProblem.value} retry={() => void loadManual(true)} /></Screen>;
  if (!pages || !newsKnown.value) return <Screen title={t("Manual")} ready={false}><Skeleton rows={10} /></Screen>;
  return (
    <div class={page ? "manual reading" : "manual"}>
      <Contents pages={pages} here={page} />
      <div class="manual-text">{page ? <Reading key={page} path={page} heads={pages} /> : <Cover pages={pages} />}</div>
    </div>
  );
}

const NEWS_MAX = 8;

// What changed since this person looked last.
function News() {
  const diff = unseen.value;
  if (!diff) return null;
  const rest = diff.pages.length - NEWS_MAX;
  return (
    <section class="news" aria-labelledby="manual-news">
      <h2 id="manual-news"><Icon name="sparkles" />{t("Changed since you last looked")}</h2>
      <ul class="stack">
        {diff.pages.slice(0, NEWS_MAX).map((p) => (
          <li key={p.path}>
            {p.change === "removed" ? <b>{p.label}</b> : <a href={`/manual/${p.path}`}>{p.label}</a>} <span class="muted">{p.sentences[0]?.text ?? changeText(p)}</span>
          </li>
        ))}
        {rest > 0 && <li class="muted">{tn(rest, "and {n} more page", "and {n} more pages")}</li>}
      </ul>
      <p class="row wrap">
        <a class="button plain" href={`/manual/versions?from=${diff.from}&to=${diff.to}`} data-focus="news" data-act="">{t("See what changed")}</a>
        <Button act kind="quiet" onClick={() => void markSeen(diff.to)}>{t("I have seen it")}</Button>
      </p>
    </section>
  );
}

function Cover({ pages }: { pages: readonly PageHead[] }) {
  const roles = me.value?.roles ?? [];
  const about = pages.find((p) => p.kind === "pack");
  return (
    <Screen title={t("Manual")} meta={t("version {n} · {pages}", { n: manualVersion.value, pages: tn(pages.length, "{n} page", "{n} pages") })} actions={<Button icon="printer" onClick={() => print()}>{t("Print")}</Button>}>
      <div class="reading-text">
        <News />
        {about && <p>{sentence(about.why)} <a href={`/manual/${about.path}`}>{about.label}</a></p>}
        {roles.filter((r) => r.page).map((r) => <p key={r.name} class="start"><Icon name="user" /><span>{t("You are here as")} <a href={`/manual/${r.page}`}>{r.label}</a>. {t("That page says what you answer for.")}</span></p>)}
        <h2>{t("How the work goes")}</h2>
        <ul class="cover-list">
          {pages.filter((p) => p.kind === "workflow").map((p) => <li key={p.path}><a href={`/manual/${p.path}`}>{p.label}</a><p class="muted">{sentence(p.why)}</p></li>)}
        </ul>
      </div>
    </Screen>
  );
}
