// Who can do what, in one table: a role for each row, an object for each column, for one verb at a time; and each role's page.
import { useEffect, useState } from "preact/hooks";
import { api, settle, type Problem, type Schemas } from "../../api/client";
import { t } from "../../i18n/t";
import { manualHref, recordHref } from "../../nav/router";
import { offlineProblem, ProblemNote, Skeleton } from "../../ui/states";
import { WhyLink } from "../../ui/status";
import { RefusedHere } from "./me";

type Role = Schemas["RoleList"]["data"][number];
type Verb = "read" | "create" | "update" | "assign" | "archive" | "delete" | "export";
const VERBS: readonly Verb[] = ["read", "create", "update", "assign", "archive", "delete", "export"];

function verbLabel(v: Verb): string {
  return { read: t("See"), create: t("Create"), update: t("Change"), assign: t("Hand over"), archive: t("Archive"), delete: t("Delete"), export: t("Export") }[v];
}
export function scopeLabel(scope: string, verb: Verb): string {
  if (verb === "create") return scope === "none" ? "–" : t("yes");
  return ({ none: "–", own: t("their own"), team: t("their team's"), below: t("those below them"), all: t("all") } as Record<string, string>)[scope] ?? scope;
}
function rightLabel(right: string): string {
  return ({ "manage-users": t("manage people"), publish: t("publish the manual"), purge: t("erase for good"), import: t("import"), "bypass-gates": t("let a record pass a gate"), "assign-anyone": t("hand work to anyone"), "see-figures": t("see figures of all"), "see-breaches": t("see breaches of all") } as Record<string, string>)[right] ?? right;
}

export function Roles() {
  const [list, setList] = useState<readonly Role[] | null>(null);
  const [problem, setProblem] = useState<Problem | null>(null);
  const [verb, setVerb] = useState<Verb>("update");
  const load = (): void => {
    setProblem(null);
    api.GET("/api/v1/roles").then(settle).then((r) => (r.ok ? setList(r.data.data) : setProblem(r.problem)), () => setProblem(offlineProblem()));
  };
  useEffect(load, []);
  if (problem) return problem.status === 403 ? <RefusedHere problem={problem} /> : <ProblemNote problem={problem} retry={load} />;
  if (!list) return <Skeleton rows={8} height={48} />;
  const objects = [...new Map(list.flatMap((r) => r.can.map((c) => [c.object, c.label] as const)))];
  return (
    <>
      <div class="role-pick"><fieldset class="segments"><legend>{t("Who can")}</legend>{VERBS.map((v) => <label key={v}><input type="radio" data-act={t("Who can")} name="verb" checked={verb === v} onChange={() => setVerb(v)} /><span>{verbLabel(v)}</span></label>)}</fieldset></div>
      {/* eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- it scrolls sideways, which keys must be able to do */}
      <div class="table-box" role="region" aria-label={t("Who can do what")} tabIndex={0}><table class="role-table">
        <caption class="sr">{t("{verb}: roles and what they apply to", { verb: verbLabel(verb) })}</caption>
        <thead><tr><th scope="col">{t("Role")}</th>{objects.map(([name, label]) => <th key={name} scope="col">{label}</th>)}</tr></thead>
        <tbody>{list.map((r) => (
          <tr key={r.name}><th scope="row"><a href={manualHref(r.page)}>{r.label}</a></th>
            {objects.map(([name]) => {
              const scope = r.can.find((c) => c.object === name)?.[verb] ?? "none";
              return <td key={name} class={scope === "none" ? "nothing" : ""}>{scopeLabel(scope, verb)}</td>;
            })}</tr>
        ))}</tbody>
      </table></div>
      <p class="meta">{t("Roles are pages of the manual: they change when the manual does. Somebody with several roles may do what any of them may.")}</p>
      {list.map((r) => (
        <section key={r.name} class="role-box">
          <h2>{r.label} <WhyLink page={r.page} label={t("in the manual")} /></h2>
          {r.duties.length > 0 && <ul class="bullets">{r.duties.map((d) => <li key={d}>{d}</li>)}</ul>}
          {r.rights.length > 0 && <p><span class="muted">{t("May also:")}</span> {r.rights.map(rightLabel).join(", ")}</p>}
          {r.fields.length > 0 && <p><span class="muted">{t("Fields held back:")}</span> {r.fields.map((f) => t("{field} of {object} ({how})", { field: f.label, object: f.object, how: f.access === "read" ? t("to read only") : t("not shown") })).join(", ")}</p>}
          <p class="holders"><span class="muted">{t("Held by:")}</span> {r.holders.length ? r.holders.map((h, i) => <span key={h.id}>{i > 0 && ", "}<a href={recordHref("user", h.id)}>{h.name}</a></span>) : t("nobody yet")}</p>
        </section>
      ))}
    </>
  );
}
