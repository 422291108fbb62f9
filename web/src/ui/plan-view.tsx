// What publishing a draft of the manual would do, before anybody publishes it.
import type { Schemas } from "../api/client";
import { t } from "../i18n/t";
import { Icon } from "./icon";

export type Plan = Schemas["Plan"];

const GROUPS: Readonly<Record<string, () => string>> = {
  pages: () => t("In the manual"), rules: () => t("The rule"), tasks: () => t("Tasks and records"), runs: () => t("Work under way"), data: () => t("Data"),
};

export function PlanView({ plan }: { plan: Plan }) {
  const names = [...new Set(plan.items.map((x) => x.group))];
  return (
    <div class="plan stack">
      {names.map((g) => (
        <div key={g}>
          <h3>{GROUPS[g]?.() ?? g}</h3>
          <ul class="bullets">{plan.items.filter((x) => x.group === g).map((x, i) => <li key={i}>{x.text}</li>)}</ul>
        </div>
      ))}
      {plan.items.length === 0 && <p>{t("Nothing would change.")}</p>}
      {plan.findings.map((f, i) => (
        <p key={i} class={`row policy-finding ${f.severity}`}>
          <Icon name={f.severity === "error" ? "circle-alert" : "triangle-alert"} />
          <span>{t("{page}, line {line}: {what}", { page: f.page, line: f.line, what: f.message })} {f.suggestion}</span>
        </p>
      ))}
    </div>
  );
}
