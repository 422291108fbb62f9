// The kinds of pages in the order people look for them, and what a page's head says to its readers.
import type { IconName } from "../../ui/icon";

export const KINDS: readonly (readonly [string, string, IconName])[] = [
  ["workflow", "Workflows", "git-branch"], ["role", "Roles", "users"], ["policy", "Policies", "shield-check"], ["template", "Templates", "quote"],
  ["escalation", "Escalations", "megaphone"], ["guide", "Guides", "book-open"], ["metric", "Figures", "chart-column"], ["object", "Records", "layers"],
  ["vocabulary", "Words", "languages"], ["calendar", "Hours", "calendar-days"], ["pack", "About this manual", "package"],
];

export function headOf(text: string): string {
  return /^---\r?\n([\s\S]*?)\n---/.exec(text)?.[1] ?? "";
}

// Plain settings of a page worth reading: one line each, the nested ones stay with the source.
export function settingsOf(text: string): [string, string][] {
  const skip = new Set(["kind", "name", "label", "owner", "plural", "icon", "title", "review"]);
  const found: [string, string][] = [];
  for (const line of headOf(text).split("\n")) {
    const m = /^([a-z_]+):\s+(\S.*)$/.exec(line);
    if (!m?.[1] || !m[2] || skip.has(m[1]) || m[2].startsWith("{") || m[2].length > 240) continue;
    found.push([m[1].replaceAll("_", " "), m[2].replace(/^\[(.*)\]$/, "$1").replace(/^"(.*)"$/, "$1")]);
  }
  return found;
}

// The names of the stages and steps of a workflow.
export function stepsOf(text: string): Set<string> {
  const stages = headOf(text).split(/^(?=[a-z_]+:)/m).find((part) => part.startsWith("stages:")) ?? "";
  return new Set([...stages.matchAll(/^\s*-\s*\{?\s*name:\s*["']?([^,"'}\n]+?)["']?\s*(?:[,}].*)?$/gm)].map((m) => m[1] ?? ""));
}

// What stands at a line: the section it belongs to; in the head the stage, step or level it is part of.
export function titleAt(text: string, sections: readonly { title: string; line: number }[], line: number): string {
  const lines = text.split("\n");
  const end = lines.findIndex((l, i) => i > 0 && /^---\s*$/.test(l)) + 1;
  if (line > end) return [...sections].reverse().find((s) => s.title && s.line <= line)?.title ?? "";
  for (let i = Math.min(line, lines.length) - 1; i > 0; i--) {
    const name = /^\s*-\s*\{?\s*name:\s*["']?([^,"'}]+?)["']?\s*(?:[,}].*)?$/.exec(lines[i] ?? "")?.[1];
    if (name) return sections.some((s) => s.title === name) ? name : "";
    if (/^\S/.test(lines[i] ?? "")) return "";
  }
  return "";
}
