// Beside a stage or a step of a workflow: how many stand there, how long it takes, how many go on.
import { useEffect, useState } from "preact/hooks";
import { api, settle, type Schemas } from "../../api/client";
import { formatNumber } from "../../i18n/format";
import { t, tn } from "../../i18n/t";
import { objects } from "../../store/session";
import { Icon } from "../../ui/icon";
import { quote } from "../figures/measure";

type StepFacts = Schemas["StepFacts"];
export interface Fact extends StepFacts {
  step: boolean;
  href: string | null; // the list of those who stand here
}
export type FactMap = ReadonlyMap<string, Fact> | null; // null: not known yet

// Two and a half days, four hours, ten minutes: one unit, rounded to what matters.
export function spanText(seconds: number): string {
  const units: [number, string, string][] = [[86_400, "{n} day", "{n} days"], [3600, "{n} hour", "{n} hours"], [60, "{n} minute", "{n} minutes"]];
  for (const [size, one, many] of units) {
    if (seconds < size && size > 60) continue;
    const n = Math.round((seconds / size) * 10) / 10;
    return t(n === 1 ? one : many, { n: formatNumber(n >= 10 ? Math.round(n) : n, 1) });
  }
  return "";
}

// One sentence of figures, the parts that say something.
export function factParts(f: Fact): string[] {
  const parts: string[] = [];
  if (f.median_s !== null && f.sample > 0) parts.push(t("half take less than {span}", { span: spanText(f.median_s) }));
  if (f.go_on_pct !== null && f.sample > 0) parts.push(f.step ? t("{n} % get done", { n: f.go_on_pct }) : t("{n} % go on", { n: f.go_on_pct }));
  if (f.late_now > 0) parts.push(tn(f.late_now, "{n} late", "{n} late"));
  return parts;
}

export function useFacts(page: { path: string; kind: string; sections: readonly { title: string }[] } | null): FactMap {
  const [facts, setFacts] = useState<FactMap>(null);
  useEffect(() => {
    setFacts(null);
    if (page?.kind !== "workflow") return undefined;
    let alive = true;
    api.GET("/api/v1/manual/facts", { params: { query: { page: page.path } } }).then(settle).then((r) => {
      if (!alive) return;
      if (!r.ok) return setFacts(new Map());
      const shape = objects.value.get(r.data.object);
      const field = shape?.fields.find((f) => f.type === "choice" && r.data.stages.every((s) => f.options?.some((o) => o.name === s.name)));
      const found = new Map<string, Fact>();
      for (const stage of r.data.stages) {
        found.set(stage.name, { ...stage, step: false, href: field && shape ? `/lists/${shape.name}?filter=${encodeURIComponent(`${field.name} = ${quote(stage.name)}`)}` : null });
        for (const step of stage.steps) if (!found.has(step.name)) found.set(step.name, { ...step, step: true, href: null });
      }
      setFacts(found);
    }, () => { if (alive) setFacts(new Map()); });
    return () => { alive = false; };
  }, [page]);
  return facts;
}

// reserve: the answer is still on its way, its line stands already.
export function FactLine({ fact, reserve }: { fact: Fact | undefined; reserve: boolean }) {
  if (!fact) return reserve ? <p class="facts meta">{"\u00a0"}</p> : null;
  const here = fact.step ? tn(fact.records_now, "{n} open now", "{n} open now") : tn(fact.records_now, "{n} here now", "{n} here now");
  return (
    <p class="facts meta"><Icon name="gauge" />
      <span>{fact.href ? <a href={fact.href}>{here}</a> : here}{factParts(fact).map((x) => ` · ${x}`)}</span>
    </p>
  );
}
