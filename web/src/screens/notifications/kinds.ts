// Kinds of notices. Calls for help cannot be muted: somebody waits at the other end.
import { t } from "../../i18n/t";

export const MUTABLE = ["assign", "remind", "breach", "rule"];
export function kindLabel(kind: string): string {
  return ({ escalation: t("Escalation"), assign: t("Handed to you"), remind: t("Comes due"), breach: t("Not kept in time"), rule: t("A rule acted") } as Record<string, string>)[kind] ?? kind;
}
