// The program itself: is it well, which manual is live, what becomes of its mails, and what stands in the description of its API.
import { useEffect, useState } from "preact/hooks";
import { api, settle, type Problem, type Schemas } from "../../api/client";
import { formatInstant } from "../../i18n/format";
import { t } from "../../i18n/t";
import { offlineProblem, ProblemNote, Skeleton } from "../../ui/states";
import { StatusChip } from "../../ui/status";

const CAUSES: Record<string, () => string> = {
  "not-resolved": () => t("its name is not known"),
  "no-connection": () => t("it does not answer"),
  timeout: () => t("it takes too long"),
  certificate: () => t("its certificate is not to be trusted"),
  "no-starttls": () => t("it offers no encryption"),
  tls: () => t("encryption fails"),
  login: () => t("it refuses the login"),
  sender: () => t("it does not take mail from our address"),
};
const oldest = (a: string | null, b: string | null): string | null => (a && b ? (a < b ? a : b) : (a ?? b));

// What became of the mails, to colleagues and customers.
function Mails({ state }: { state: Schemas["MailState"] }) {
  const waiting = state.waiting + state.to_customers.waiting;
  const since = oldest(state.oldest, state.to_customers.oldest);
  const given = [...state.to_customers.given_up, ...state.given_up].sort((a, b) => (a.at < b.at ? 1 : -1));
  return (
    <section class="setting-part">
      <h2>{t("Mails")}</h2>
      <div class="facts">
        <div class="fact"><span class="fact-label">{t("Mail server")}</span><span class="fact-value">
          {state.state === "off" ? <StatusChip tone="plain" icon="mail">{t("None is set: nothing is sent. The setting mail-server names one.")}</StatusChip>
            : state.state === "failing" ? <StatusChip tone="warn" icon="triangle-alert">{t("Nothing can be sent: {cause}", { cause: CAUSES[state.cause ?? ""]?.() ?? state.cause ?? "" })}</StatusChip>
              : state.state === "ok" ? <StatusChip tone="ok" icon="circle-check">{t("It takes our mails")}</StatusChip>
                : <StatusChip tone="plain" icon="clock">{t("Nothing was to be sent since the start")}</StatusChip>}
        </span></div>
        <div class="fact"><span class="fact-label">{t("On their way")}</span><span class="fact-value">{waiting === 0 ? t("none") : since ? t("{n}, the oldest since {when}", { n: waiting, when: formatInstant(since) }) : waiting}</span></div>
        {given.length > 0 && <div class="fact"><span class="fact-label">{t("Given up in 30 days")}</span><span class="fact-value"><ul class="fact-list">{given.slice(0, 5).map((g) => <li key={g.id}>{formatInstant(g.at)}: {g.reason}</li>)}</ul>{given.length > 5 && t("and {n} more", { n: given.length - 5 })}</span></div>}
      </div>
    </section>
  );
}

export function System() {
  const [health, setHealth] = useState<Schemas["Health"] | null>(null);
  const [version, setVersion] = useState("");
  const [mails, setMails] = useState<Schemas["MailState"] | null>(null);
  const [problem, setProblem] = useState<Problem | null>(null);
  const load = (): void => {
    setProblem(null);
    Promise.all([api.GET("/healthz").then(settle), api.GET("/api/v1/openapi.json").then(settle), api.GET("/api/v1/system/mail").then(settle)]).then(([h, doc, m]) => {
      if (!h.ok) return setProblem(h.problem);
      if (m.ok) setMails(m.data); // those who do not manage people see the rest
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
        {version && <div class="fact"><span class="fact-label">{t("Version of the API")}</span><span class="fact-value">{version}</span></div>}
        <div class="fact"><span class="fact-label">{t("Live manual")}</span><span class="fact-value"><a href="/manual">{t("version {n}", { n: health.manual_version })}</a></span></div>
        <div class="fact"><span class="fact-label">{t("Its clock")}</span><span class="fact-value">{formatInstant(health.now)}{health.clock === "set" && <StatusChip tone="warn" icon="triangle-alert">{t("Set by hand, for tests and demonstrations")}</StatusChip>}</span></div>
        <div class="fact"><span class="fact-label">{t("For programs")}</span><span class="fact-value"><a href="/api/v1/openapi.json" target="_blank" rel="noreferrer">{t("Description of the API")}</a></span></div>
      </div>
    </section>
      {mails && <Mails state={mails} />}
    </div>
  );
}
