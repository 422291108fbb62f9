// Values of fields as people read and type them.
import type { FieldShape } from "../api/client";
import { formatDate, formatInstant, formatMoney, formatNumber } from "../i18n/format";
import { t } from "../i18n/t";
import { personName } from "./session";

export interface Ref {
  id: string;
  name?: string;
}
export function isRef(v: unknown): v is Ref {
  return typeof v === "object" && v !== null && "id" in v && typeof v.id === "string";
}
export function isMoney(v: unknown): v is { amount: string; currency: string } {
  return typeof v === "object" && v !== null && "amount" in v && "currency" in v;
}

function optionLabel(field: FieldShape, name: string): string {
  return field.options?.find((o) => o.name === name)?.label ?? name;
}

// "P3DT4H30M" as "3 d 4 h 30 min".
export function durationText(iso: string): string {
  const m = /^(-)?P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)(?:\.\d+)?S)?)?$/.exec(iso);
  if (!m) return iso;
  const parts = [m[2] && t("{n} d", { n: m[2] }), m[3] && t("{n} h", { n: m[3] }), m[4] && t("{n} min", { n: m[4] }), m[5] && !m[2] && !m[3] && t("{n} s", { n: m[5] })];
  return (m[1] ? "−" : "") + (parts.filter(Boolean).join(" ") || t("{n} min", { n: 0 }));
}

export function isEmpty(v: unknown): boolean {
  return v === null || v === undefined || v === "" || (Array.isArray(v) && v.length === 0);
}

export function showValue(field: FieldShape, v: unknown): string {
  if (isEmpty(v)) return "";
  switch (field.type) {
    case "money":
      return isMoney(v) ? formatMoney(v.amount, v.currency) : formatMoney(String(v), field.currency ?? "USD");
    case "number":
    case "decimal":
      if (typeof v !== "number" && typeof v !== "string") return "";
      return field.currency ? formatMoney(String(v), field.currency) : formatNumber(Number(v), 8);
    case "percent":
      return `${formatNumber(Number(v))} %`;
    case "yes/no":
      return v === true ? t("Yes") : t("No");
    case "date":
      return formatDate(String(v));
    case "date-time":
      return formatInstant(String(v));
    case "duration":
      return durationText(String(v));
    case "choice":
      return optionLabel(field, String(v));
    case "multi-choice":
      return Array.isArray(v) ? v.map((x) => optionLabel(field, String(x))).join(", ") : "";
    case "tags":
      return Array.isArray(v) ? v.join(", ") : "";
    case "references":
      return Array.isArray(v) ? String(v.length) : "";
    default:
      if (isRef(v)) return v.name ?? (personName(v.id) || t("Not shown to you"));
      if (field.type === "user" && typeof v === "string") return personName(v);
      return typeof v === "object" ? "" : String(v);
  }
}

export function isNumeric(field: FieldShape): boolean {
  return ["money", "number", "decimal", "percent"].includes(field.type);
}
