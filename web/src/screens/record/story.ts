// The story of a record in a few lines: what somebody who is called for help reads first.
import type { ObjectShape, Task } from "../../api/client";
import { formatInstant } from "../../i18n/format";
import { t } from "../../i18n/t";
import { fieldOf } from "../../store/session";
import { showValue } from "../../store/values";
import type { Fields } from "../../store/records";
import { lineOf, type Item } from "./timeline";
import { contactsOf } from "./contacts";

const CHARS = 2000;
const PER_CONTACT = 240;

function short(text: string, n: number): string {
  const flat = text.replace(/\s+/g, " ").trim();
  return flat.length <= n ? flat : `${flat.slice(0, n - 1).trimEnd()}…`;
}

export function storyOf(shape: ObjectShape, fields: Fields, items: readonly Item[], next: Task | undefined): string {
  const said = (name: string): string => {
    const field = fieldOf(shape, name);
    const value = field ? showValue(field, fields[name]) : "";
    return field && value ? `${field.label}: ${value}` : "";
  };
  const stage = shape.fields.find((f) => f.type === "choice" && f.options?.some((o) => o.closed))?.name ?? "";
  const head = [`${shape.label}: ${String(fields[shape.title] ?? "")}`, said("account"), said(stage), said("owner"), said("amount")].filter(Boolean).join(" · ");
  const lines = [head];
  if (next) lines.push(t("Open now: {task}", { task: next.title }));
  for (const item of contactsOf(items, 5)) {
    const line = lineOf(shape, item);
    lines.push(short([formatInstant(item.at), line.who, [line.head, line.body].filter(Boolean).join(" – ")].filter(Boolean).join(" · "), PER_CONTACT));
  }
  if (lines.length === (next ? 2 : 1)) lines.push(t("Nothing was logged so far."));
  const all = lines.join("\n");
  return all.length <= CHARS ? all : `${all.slice(0, CHARS - 1)}…`;
}
