// The program itself: is it well, which manual is live, and what stands in the description of its API.
import { useEffect, useState } from "preact/hooks";
import { api, settle, type Problem, type Schemas } from "../../api/client";
import { formatInstant } from "../../i18n/format";
import { t } from "../../i18n/t";
import { offlineProblem, ProblemNote, Skeleton } from "../../ui/states";
import { StatusChip } from "../../ui/status";

export function System() {
  const [health, setHealth] = useState<Schemas["Health"] | null>(null);
  const [version, setVersion] = useState("");
  const [problem, setProblem] = useState<Problem | null>(null);
  const load = (): void => {
    setProblem(null);
    Promise.all([api.GET("/healthz").then(settle), api.GET("/api/v1/openapi.json").then(settle)]).then(([h, doc]) => {
      if (!h.ok) return setProblem(h.problem);
      const info = doc.ok ? (doc.data as { info?: { version?: unknown } }).info : undefined;
      setVersion(typeof info?.version === "string" ? info.version : "");
      setHealth(h.data);
    }, () => setProblem(offlineProblem()));
  };
  useEffect(load, []);
  if (problem) return <ProblemNote problem={problem} retry={load} />;
  if (!health) return <Skeleton rows={4} height={40} />;
  return (
    <div class="setting-parts"><section class="setting-part">
      <h2>{t("This installation")}</h2>
      <div class="facts">
        <div class="fact"><span class="fact-label">{t("Health")}</span><span class="fact-value"><StatusChip tone="ok" icon="circle-check">{t("It answers, and its database does")}</StatusChip></span></div>
        {version && <div class="fact"><span class="fact-label">{t("Version")}</span><span class="fact-value">{version}</span></div>}
        <div class="fact"><span class="fact-label">{t("Live manual")}</span><span class="fact-value"><a href="/manual">{t("version {n}", { n: health.manual_version })}</a></span></div>
        <div class="fact"><span class="fact-label">{t("Its clock")}</span><span class="fact-value">{formatInstant(health.now)}{health.clock === "set" && <StatusChip tone="warn" icon="triangle-alert">{t("Set by hand, for tests and demonstrations")}</StatusChip>}</span></div>
        <div class="fact"><span class="fact-label">{t("For programs")}</span><span class="fact-value"><a href="/api/v1/openapi.json" target="_blank" rel="noreferrer">{t("Description of the API")}</a></span></div>
      </div>
    </section></div>
  );
}
