// Counts and totals of a list and of its groups, asked of the server, which knows all that matches.
import { useEffect, useState } from "preact/hooks";
import { isFresh, keep, standing } from "../../store/kept";
import { ticks } from "../../store/live";
import { api, recordsPath, settle, type FieldShape } from "../../api/client";
import { showValue } from "../../store/values";
import { formatNumber } from "../../i18n/format";
import type { Column } from "./columns";
import { groupKeyOf, keyOf, type Group } from "./lines";

export interface Measure {
  kind: "sum" | "avg";
  text: string; // "sum(amount)"
}
// Money adds up; of other numbers only the average says something.
export function measureOf(field: FieldShape): Measure | null {
  if (field.system) return null;
  if (field.type === "money") return { kind: "sum", text: `sum(${field.name})` };
  if (["number", "decimal", "percent"].includes(field.type)) return { kind: "avg", text: `avg(${field.name})` };
  return null;
}
export function figureText(field: FieldShape, m: Measure, values: Record<string, unknown>): string {
  const v = values[m.text];
  if (v === null || v === undefined) return "";
  if (m.kind === "avg" && (typeof v === "number" || typeof v === "string")) return field.type === "percent" ? `${formatNumber(Number(v), 1)} %` : formatNumber(Number(v), 1);
  return showValue(field, v);
}

export interface Figures {
  groups: readonly Group[] | null; // null: not here yet
  totals: Record<string, unknown>;
}
const NOTHING: Figures = { groups: null, totals: {} };
const SETTLE_MS = 400;

// tick: asked anew, a moment later, when it grows.
export function useFigures(object: string, filter: string, columns: readonly Column[], field: FieldShape | undefined, tick: number): Figures {
  const measures = columns.map((c) => measureOf(c.field)?.text).filter((x) => x !== undefined).sort().join(",");
  const group = field ? groupKeyOf(field) : "";
  const key = JSON.stringify(["figures", object, filter, measures, group]);
  const of = `${object} ${group}`; // another filter or column keeps what is shown until the answer is here
  const [first] = useState(() => standing<Figures>(key));
  const [state, setState] = useState<{ key: string; of: string; figures: Figures }>(() => ({ key: "", of: first ? of : "", figures: first ?? NOTHING }));
  useEffect(() => {
    if (!group && !measures) return undefined;
    let alive = true;
    const stands = standing<Figures>(key);
    if (stands && isFresh(key)) {
      setState((old) => (old.figures === stands ? old : { key, of, figures: stands }));
      return undefined;
    }
    const begun = ticks.peek();
    const ask = (by: string | undefined) => api.GET(`${recordsPath(object)}/group` as "/api/v1/records/deal/group", { params: { query: { filter: filter || undefined, by, measure: ["count", measures].filter(Boolean).join(",") } } }).then(settle);
    const timer = setTimeout(() => {
      Promise.all([measures ? ask(undefined) : null, group ? ask(group) : null]).then(([all, by]) => {
        if (!alive) return;
        const totals = all?.ok ? (all.data.data[0]?.values ?? {}) : {};
        const groups = by?.ok && field ? by.data.data.map((g) => {
          const value = g.keys[group] ?? null;
          return { key: keyOf(field, value), value, count: Number(g.values["count"] ?? 0), totals: g.values };
        }) : by ? [] : null;
        const figures: Figures = { groups, totals };
        if ((!all || all.ok) && (!by || by.ok)) keep(key, figures, begun);
        setState({ key, of, figures });
      }, () => { if (alive) setState((old) => (old.of === of ? old : { key, of, figures: { groups: group ? [] : null, totals: {} } })); });
    }, tick || stands ? SETTLE_MS : 0);
    return () => {
      alive = false;
      clearTimeout(timer);
    };
  }, [key, tick]);
  return state.of === of ? state.figures : NOTHING;
}
