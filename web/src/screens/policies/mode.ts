// The five modes of a policy, and a page's text with another one.
import { t } from "../../i18n/t";
import type { IconName } from "../../ui/icon";

export const MODES = ["off", "watch", "remind", "fix", "block"] as const;
export type Mode = (typeof MODES)[number];

export function modeLabel(mode: Mode): string {
  return { off: t("Off"), watch: t("Watch"), remind: t("Remind"), fix: t("Fix"), block: t("Block") }[mode];
}
export function modeIcon(mode: Mode): IconName {
  return ({ off: "circle", watch: "circle-dot", remind: "clock", fix: "check", block: "shield-check" } as const)[mode];
}
export function modeTone(mode: Mode): "plain" | "info" | "ok" | "warn" {
  return ({ off: "plain", watch: "info", remind: "ok", fix: "ok", block: "warn" } as const)[mode];
}
export function modeMeaning(mode: Mode): string {
  return {
    off: t("Nothing happens."),
    watch: t("Counts what is not met. Nobody is told."),
    remind: t("Also reminds whoever owes it, in time."),
    fix: t("Also does what the page says when it is not met."),
    block: t("Also refuses a save that would break it."),
  }[mode];
}

// Only the line of the mode changes; a page without one gets it at the end of its head. null: the text has no head.
export function withMode(text: string, mode: Mode): string | null {
  const m = /^(---\r?\n)([\s\S]*?\n)(---[ \t]*(?:\r?\n|$))/.exec(text);
  if (!m) return null;
  const [whole, open = "", head = "", close = ""] = m;
  const line = /^mode:[^\r\n]*/m;
  const next = line.test(head) ? head.replace(line, `mode: ${mode}`) : `${head}mode: ${mode}\n`;
  return open + next + close + text.slice(whole.length);
}
