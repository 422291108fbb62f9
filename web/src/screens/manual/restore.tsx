// Going back to an older version: its pages are published once more as a new one, after the plan was shown.
import { useEffect, useId, useRef, useState } from "preact/hooks";
import { api, newKey, Offline, settle, type Problem } from "../../api/client";
import { formatInstant } from "../../i18n/format";
import { t, tn } from "../../i18n/t";
import { authorOf, loadManual, rolesWith, type Version } from "../../store/manual";
import { me } from "../../store/session";
import { Button } from "../../ui/button";
import { Dialog } from "../../ui/dialog";
import { PlanView, type Plan } from "../../ui/plan-view";
import { offlineProblem, ProblemNote, Skeleton } from "../../ui/states";
import { toast } from "../../ui/toast";

async function reach<T>(work: () => Promise<{ ok: true; data: T } | { ok: false; problem: Problem }>): Promise<{ ok: true; data: T } | { ok: false; problem: Problem }> {
  try {
    return await work();
  } catch (e) {
    if (!(e instanceof Offline)) throw e;
    return { ok: false, problem: offlineProblem() };
  }
}

function MayNot({ onClose, version }: { onClose: () => void; version: Version }) {
  const [who, setWho] = useState("");
  useEffect(() => void rolesWith("publish").then(setWho, () => undefined), []);
  return (
    <Dialog title={t("Restore version {n}", { n: version.version })} onClose={onClose}>
      <p>{t("Going back publishes the manual once more. Your roles do not include that.")}</p>
      <p>{who ? t("Somebody who can: {who}.", { who }) : t("Ask whoever looks after the manual.")}</p>
      <div class="form-foot"><Button kind="primary" onClick={onClose}>{t("Understood")}</Button></div>
    </Dialog>
  );
}

export function Restore({ version, onClose }: { version: Version; onClose: () => void }) {
  if (!me.value?.rights.includes("publish")) return <MayNot version={version} onClose={onClose} />;
  return <RestoreForm version={version} onClose={onClose} />;
}

function RestoreForm({ version, onClose }: { version: Version; onClose: () => void }) {
  const n = version.version;
  const id = useId();
  const [plan, setPlan] = useState<Plan | null>(null);
  const [problem, setProblem] = useState<Problem | null>(null);
  const [reason, setReason] = useState("");
  const [missing, setMissing] = useState(false);
  const [busy, setBusy] = useState(false);
  const [turn, setTurn] = useState(0);
  const input = useRef<HTMLTextAreaElement>(null);
  useEffect(() => {
    let alive = true;
    void reach(async () => settle(await api.POST("/api/v1/manual/plan", { body: { restore: n } }))).then((r) => {
      if (!alive) return;
      if (r.ok) setPlan(r.data);
      else setProblem(r.problem);
    });
    return () => { alive = false; };
  }, [n, turn]);
  const errors = plan?.findings.filter((f) => f.severity === "error").length ?? 0;
  const send = async (): Promise<void> => {
    if (!plan || busy) return;
    if (!reason.trim()) {
      setMissing(true);
      input.current?.focus();
      return;
    }
    setBusy(true);
    const header = { "Idempotency-Key": newKey(), "If-Match": `"v${plan.from_version}"` };
    const r = await reach(async () => settle(await api.POST("/api/v1/manual/publish", { body: { restore: n, reason: reason.trim() }, params: { header } })));
    setBusy(false);
    if (!r.ok) return setProblem(r.problem);
    await loadManual(true);
    toast(t("The manual reads as in version {n} again. This is version {next}.", { n, next: r.data.version }));
    onClose();
  };
  return (
    <Dialog title={t("Restore version {n}", { n })} onClose={onClose}>
      <form class="form" noValidate onSubmit={(e) => { e.preventDefault(); void send(); }}>
        <div class="stack">
          <p>{t("The pages of version {n} are published once more, as a new version. Nothing is lost: what is live now stays in the list.", { n })}</p>
          <p class="meta">{version.reason} · {authorOf(version)}{version.at ? ` · ${formatInstant(version.at)}` : ""}</p>
        </div>
        {problem && <ProblemNote problem={problem} retry={() => { setProblem(null); setPlan(null); setTurn(turn + 1); }} />}
        {!plan && !problem && <Skeleton rows={4} />}
        {plan && <section aria-labelledby={`${id}-plan`}><h3 id={`${id}-plan`}>{t("What would happen")}</h3><PlanView plan={plan} /></section>}
        <div class="form-field">
          <label for={`${id}-why`}>{t("Why back")}</label>
          <textarea id={`${id}-why`} ref={input} rows={2} maxLength={2000} required value={reason} aria-invalid={missing || undefined} aria-describedby={missing ? `${id}-missing` : `${id}-hint`}
            onInput={(e) => { setReason(e.currentTarget.value); setMissing(false); }} />
          {missing
            ? <p class="field-error" id={`${id}-missing`}>{t("Write one sentence: everybody who reads the manual's history will ask.")}</p>
            : <p class="meta" id={`${id}-hint`}>{t("Stands in the history of the manual.")}</p>}
        </div>
        <div class="form-foot">
          <Button onClick={onClose}>{t("Cancel")}</Button>
          <Button kind="primary" type="submit" disabled={!plan || errors > 0 || busy}>{errors ? tn(errors, "{n} error to fix first", "{n} errors to fix first") : t("Publish it again")}</Button>
        </div>
      </form>
    </Dialog>
  );
}
