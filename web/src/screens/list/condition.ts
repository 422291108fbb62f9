// One condition of the expression language, put together from a field, a comparison and a value.
import type { FieldShape } from "../../api/client";
import { fromLocalInput } from "../../i18n/format";
import { expressionOf } from "../../store/session";

export interface Comparison {
  key: string;
  label: string;
  value: "none" | "text" | "number" | "date" | "instant" | "option" | "record";
}

export function comparisons(field: FieldShape): Comparison[] {
  const empties: Comparison[] = [{ key: "empty", label: "is empty", value: "none" }, { key: "filled", label: "is not empty", value: "none" }];
  switch (field.type) {
    case "number": case "decimal": case "money": case "percent":
      return [{ key: ">=", label: "at least", value: "number" }, { key: "<=", label: "at most", value: "number" }, { key: "=", label: "is", value: "number" }, ...empties];
    case "date-time":
      return [{ key: ">=", label: "at or after", value: "instant" }, { key: "<", label: "before", value: "instant" }, ...empties];
    case "date":
      return [{ key: ">=", label: "on or after", value: "date" }, { key: "<", label: "before", value: "date" }, ...empties];
    case "yes/no":
      return [{ key: "yes", label: "is yes", value: "none" }, { key: "no", label: "is no", value: "none" }];
    case "choice":
      return [{ key: "=", label: "is", value: "option" }, { key: "!=", label: "is not", value: "option" }, ...empties];
    case "multi-choice":
      return [{ key: "contains", label: "contains", value: "option" }, ...empties];
    case "user":
      return [{ key: "me", label: "is me", value: "none" }, { key: "=", label: "is", value: "record" }, ...empties];
    case "team": case "reference":
      return [{ key: "=", label: "is", value: "record" }, ...empties];
    case "references": case "duration":
      return empties;
    case "tags":
      return [{ key: "contains", label: "contains", value: "text" }, ...empties];
    default:
      return [{ key: "contains", label: "contains", value: "text" }, { key: "=", label: "is", value: "text" }, ...empties];
  }
}

export function quoted(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

export function condition(field: FieldShape, key: string, value: string): string {
  const kind = comparisons(field).find((c) => c.key === key)?.value;
  const name = expressionOf(field);
  if (key === "empty") return `${name} is empty`;
  if (key === "filled") return `${name} is not empty`;
  if (key === "yes") return name;
  if (key === "no") return `not ${name}`;
  if (key === "me") return `${name} = me`;
  if (kind === "number") return `${name} ${key} ${value.trim()}`;
  if (kind === "instant") return `${name} ${key} ${quoted(instantOf(value))}`;
  return `${name} ${key} ${quoted(value)}`;
}

// The instant of what a clock in the viewer's zone shows, to the second.
function instantOf(local: string): string {
  const [minute = "", second = "00"] = [local.slice(0, 16), local.slice(17, 19) || undefined];
  return fromLocalInput(minute).replace(/:00(\.000)?Z$/, `:${second}Z`);
}

// Adds a condition, keeping the meaning of what is there.
export function both(a: string, b: string): string {
  if (!a.trim()) return b;
  return `${/\bor\b/i.test(a) ? `(${a.trim()})` : a.trim()} and ${b}`;
}
