// Who works here: place in the team, line upward, roles, away or here.
import { useEffect, useState } from "preact/hooks";
import { api, settle, type Problem, type Schemas } from "../../api/client";
import { formatAgo, formatDate, today } from "../../i18n/format";
import { t, tn } from "../../i18n/t";
import { manualHref, recordHref } from "../../nav/router";
import { offlineProblem, ProblemNote, Skeleton } from "../../ui/states";
import { StatusChip } from "../../ui/status";
import { RefusedHere } from "./me";

type Person = Schemas["PeopleList"]["data"][number];

export function People() {
  const [list, setList] = useState<readonly Person[] | null>(null);
  const [problem, setProblem] = useState<Problem | null>(null);
  const [find, setFind] = useState("");
  const load = (): void => {
    setProblem(null);
    api.GET("/api/v1/users").then(settle).then((r) => (r.ok ? setList(r.data.data) : setProblem(r.problem)), () => setProblem(offlineProblem()));
  };
  useEffect(load, []);
  if (problem) return problem.status === 403 ? <RefusedHere problem={problem} /> : <ProblemNote problem={problem} retry={load} />;
  if (!list) return <Skeleton rows={8} height={48} />;
  const low = find.trim().toLowerCase();
  const shown = list.filter((p) => !low || [p.name, p.email ?? "", p.team?.name ?? "", ...p.roles.map((r) => r.label)].some((x) => x.toLowerCase().includes(low)));
  const away = (p: Person): boolean => p.away !== null && p.away.from <= today() && today() <= p.away.to;
  return (
    <>
      <p class="role-pick"><span class="form-field"><label for="find-person">{t("Find somebody")}</label><input id="find-person" data-act="" type="search" value={find} onInput={(e) => setFind(e.currentTarget.value)} /></span><span class="meta" role="status">{tn(shown.length, "{n} person", "{n} people")}</span></p>
      {/* eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- it scrolls sideways, which keys must be able to do */}
      <div class="table-box" role="region" aria-label={t("Users")} tabIndex={0}><table class="people-table">
        <caption class="sr">{t("People, their teams and roles")}</caption>
        <thead><tr><th scope="col">{t("Person")}</th><th scope="col">{t("Team")}</th><th scope="col">{t("Reports to")}</th><th scope="col">{t("Roles")}</th><th scope="col">{t("Away")}</th></tr></thead>
        <tbody>
          {shown.map((p) => (
            <tr key={p.id}>
              <th scope="row"><a href={recordHref("user", p.id)}>{p.name}</a>{!p.active && <> <StatusChip tone="plain">{t("may not sign in")}</StatusChip></>}{(p.email || p.last_seen_at) && <><br /><span class="meta">{[p.email, p.last_seen_at ? t("seen {when}", { when: formatAgo(p.last_seen_at) }) : ""].filter(Boolean).join(" · ")}</span></>}</th>
              <td>{p.team?.name ?? "–"}</td>
              <td>{p.reports_to ? <a href={recordHref("user", p.reports_to.id)}>{p.reports_to.name}</a> : "–"}</td>
              <td>{p.roles.length ? p.roles.map((r, i) => <span key={r.name}>{i > 0 && ", "}<a href={manualHref(`role/${r.name}`)}>{r.label}</a></span>) : "–"}</td>
              <td>{p.away ? <StatusChip tone={away(p) ? "warn" : "plain"} icon="calendar-days">{t("{from} to {to}", { from: formatDate(p.away.from), to: formatDate(p.away.to) })}{p.away.cover ? `, ${t("{name} stands in", { name: p.away.cover.name ?? "" })}` : ""}</StatusChip> : "–"}</td>
            </tr>
          ))}
        </tbody>
      </table></div>
      {shown.length === 0 && <p class="muted">{t("Nobody is called like that here.")}</p>}
    </>
  );
}
