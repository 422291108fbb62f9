// What a board is made of: the stages of an object, the order inside a column, what each stage asks for.
import type { FieldShape, ObjectShape } from "../../api/client";
import type { Page } from "../../store/manual";
import { quote } from "../figures/measure";

export type Segment = "overdue" | "today" | "none" | "later" | "closed";
export interface Row {
  id: string;
  version: number;
  title: string;
  company: string;
  value: string; // as shown
  owner: string;
  nextStep: string;
  nextOn: string;
  closedOn: string;
  stage: string;
  segment: Segment;
}
export type Option = NonNullable<FieldShape["options"]>[number];

// The field whose options are the stages: the one some option of which closes the record.
const stageFields = new WeakMap<ObjectShape, FieldShape | null>();
export function stageField(shape: ObjectShape): FieldShape | undefined {
  let found = stageFields.get(shape);
  if (found === undefined) stageFields.set(shape, (found = findStageField(shape) ?? null));
  return found ?? undefined;
}
function findStageField(shape: ObjectShape): FieldShape | undefined {
  const choices = shape.fields.filter((f) => f.type === "choice" && (f.options?.length ?? 0) > 1);
  return choices.find((f) => f.options?.some((o) => o.closed)) ?? choices.find((f) => f.name === "stage" || f.name === "status");
}

export function companyField(shape: ObjectShape): FieldShape | undefined {
  return shape.fields.find((f) => f.type === "reference" && f.to === "account" && !f.system) ?? shape.fields.find((f) => f.name === "company");
}
export function moneyField(shape: ObjectShape): FieldShape | undefined {
  return shape.fields.find((f) => f.type === "money" && f.write);
}
export function hasNextStep(shape: ObjectShape): boolean {
  return shape.fields.some((f) => f.name === "next_step") && shape.fields.some((f) => f.name === "next_step_on");
}

const OPEN = "exists(tasks where open)";
const LATE = "exists(tasks where open and due_at < now)";
const TODAY = "exists(tasks where open and due_at = today)";

// Records without a stage, or with one that is offered no longer, stand in a column of their own.
export const NO_STAGE = "";

// Parts of a column in their order, each with its condition. What is closed has no next step to be late with.
export function segmentsOf(field: FieldShape, option: Option, filter: string): { segment: Segment; filter: string }[] {
  const stage = option.name === NO_STAGE ? `${field.name} is empty` : `${field.name} = ${quote(option.name)}`;
  const base = `${stage}${filter ? ` and (${filter})` : ""}`;
  if (option.closed) return [{ segment: "closed", filter: base }];
  return [
    { segment: "overdue", filter: `${base} and ${LATE}` },
    { segment: "today", filter: `${base} and not ${LATE} and ${TODAY}` },
    { segment: "none", filter: `${base} and not ${OPEN}` },
    { segment: "later", filter: `${base} and ${OPEN} and not ${LATE} and not ${TODAY}` },
  ];
}

export interface StageRule {
  page: string;
  needs: string[]; // names of fields
  why: string;
  step: string;    // title of the section
}

// Fields each stage asks for, from the head of a workflow's page.
export function needsOf(text: string): Map<string, string[]> {
  const found = new Map<string, string[]>();
  const head = /^---\r?\n([\s\S]*?)\n---/.exec(text)?.[1] ?? "";
  const list = (s: string): string[] => s.split(",").map((x) => x.trim()).filter(Boolean);
  let stage = "";
  for (const line of head.split("\n")) {
    const inline = /^ *- *\{ *name: *["']?([^,"'}]+)["']?,.*\bneeds: *\[([^\]]*)\]/.exec(line);
    const name = /^ {0,2}- name: *["']?(.+?)["']?\s*$/.exec(line);
    const needs = /^ {2,4}needs: *\[([^\]]*)\]/.exec(line);
    if (inline?.[1]) found.set(inline[1], list(inline[2] ?? ""));
    else if (name?.[1]) stage = name[1];
    else if (needs && stage) found.set(stage, list(needs[1] ?? ""));
  }
  return found;
}

// The field of choices a stage that closes asks for: why it was lost.
export function reasonField(shape: ObjectShape, rule: StageRule | undefined): FieldShape | undefined {
  return shape.fields.find((f) => f.type === "choice" && rule?.needs.includes(f.name));
}

export interface Lane {
  owner: string; // id; empty: nobody's
  name: string;
  count: number;
  value: string;
}

export function firstSentence(text: string): string {
  const flat = text.replace(/^>.*$/gm, "").replace(/\s+/g, " ").trim();
  const s = /^.*?[.!?](?=\s|$)/.exec(flat)?.[0] ?? flat;
  return s.charAt(0).toUpperCase() + s.slice(1);
}

export function rulesOf(pages: readonly Page[], object: string, stages: readonly string[]): Map<string, StageRule> {
  const rules = new Map<string, StageRule>();
  for (const p of pages) {
    if (!new RegExp(`^object: *${object}\\s*$`, "m").test(p.text)) continue;
    const needs = needsOf(p.text);
    for (const stage of stages) {
      const section = p.sections.find((s) => s.title === stage);
      if (rules.has(stage) || (!section && !needs.has(stage))) continue;
      rules.set(stage, { page: p.path, needs: needs.get(stage) ?? [], why: firstSentence(section ? section.why || section.text : ""), step: section?.title ?? "" });
    }
  }
  return rules;
}

// Which cards of a column stand in the page: those in sight and some beyond.
export function windowOf(top: number, height: number, card: number, total: number, spare: number): [number, number] {
  const first = Math.max(0, Math.floor(top / card) - spare);
  return [first, Math.min(total, first + Math.ceil(height / card) + 1 + 2 * spare)];
}
