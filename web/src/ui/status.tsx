// Small marks: icon and word together, colour never alone.
import type { ComponentChildren } from "preact";
import { manualHref } from "../nav/router";
import { t } from "../i18n/t";
import { Icon, type IconName } from "./icon";

export function StatusChip({ tone, icon, children }: { tone: "ok" | "warn" | "bad" | "info" | "plain"; icon?: IconName; children: ComponentChildren }) {
  return <span class={`chip ${tone}`}>{icon && <Icon name={icon} />}{children}</span>;
}

// To the line of the manual that caused something.
export function WhyLink({ page, step, version, line, label }: { page: string; step?: string; version?: number; line?: number; label?: string }) {
  if (!page) return null;
  return (
    <a class="why-link" href={manualHref(page, step, version, line)}>
      <Icon name="book-open" />
      <span>{label ?? t("why")}{version ? <span class="meta"> · {t("version {n}", { n: version })}</span> : null}</span>
    </a>
  );
}

export function Avatar({ name }: { name: string }) {
  const letters = name.split(/\s+/).filter(Boolean).map((w) => w[0] ?? "").filter((_, i, all) => i === 0 || i === all.length - 1).join("");
  return <span class="avatar" aria-hidden="true">{letters.toUpperCase()}</span>;
}
