// The cards of one board: read in pages as somebody scrolls, moved at once, put back with a reason when a gate says no.
import { batch, signal, type Signal } from "@preact/signals";
import { api, Offline, recordPath, recordsPath, settle, type FieldShape, type ObjectShape, type Problem, type Task } from "../../api/client";
import { formatNumber } from "../../i18n/format";
import { locale, t } from "../../i18n/t";
import { wire } from "../../store/change";
import { BEHIND_MS } from "../../store/kept";
import { connected, ticks } from "../../store/live";
import { send } from "../../store/outbox";
import type { Fields } from "../../store/records";
import { me, personName } from "../../store/session";
import { remember, remembered } from "../../store/settings";
import { isRef, showValue } from "../../store/values";
import { offlineProblem } from "../../ui/states";
import { toast } from "../../ui/toast";
import { quote } from "../figures/measure";
import { companyField, hasNextStep, moneyField, NO_STAGE, segmentsOf, type Lane, type Option, type Row, type Segment } from "./model";

const PAGE = 100;
const ASKED_MAX = 40; // cards whose next action is asked for at once
const SHOWN_MAX = 120;

export interface Column {
  option: Option;
  rows: Signal<readonly Row[]>;
  count: Signal<number | null>;
  value: Signal<string>;
  at: number; // segment being read
  cursor: string | undefined;
  reading: boolean;
  done: Signal<boolean>;
}
export interface Waiting {
  object: string;
  id: string;
  title: string;
  from: string;
  to: string;
  typed: Fields;
  problem: Problem;
}
export interface NextTask {
  title: string;
  until: string;
  overdue: boolean;
  policy: PolicyDue | null;
}
export interface PolicyDue {
  label: string;
  page: string;
  step: string;
  until: string;
  overdue: boolean;
}

function waitingKey(): string {
  return `waiting-moves.${me.peek()?.id ?? ""}`;
}

export class BoardStore {
  readonly columns: readonly Column[];
  readonly openValue = signal(""); // of all that is open, as shown
  readonly problem = signal<Problem | null>(null);
  readonly stale = signal(0); // changes by others since the cards were read
  readonly waiting = signal<ReadonlyMap<string, Waiting>>(new Map());
  readonly open = signal(""); // id of the card whose form is open
  readonly tasks = signal<ReadonlyMap<string, NextTask | null>>(new Map());
  readonly since = signal<ReadonlyMap<string, string>>(new Map()); // when each card came into its stage
  readonly busy = signal<ReadonlySet<string>>(new Set());
  focusNext = ""; // card that takes the focus when it stands in its new place
  private wanted = new Set<string>();
  private timer = 0;
  private own = new Set<string>(); // what was written here and will come back as an event
  private writes = 0;
  private tick = -1; // of the live updates when the cards were read last; -1: never
  private why = new Map<string, readonly string[]>(); // reasons of closed stages, as read last

  constructor(readonly shape: ObjectShape, readonly field: FieldShape, readonly filter: string) {
    const options: Option[] = [...(field.options ?? [])];
    if (!field.required) options.unshift({ name: NO_STAGE, label: t("No stage") } as Option);
    this.columns = options.map((option) => ({
      option, rows: signal<readonly Row[]>([]), count: signal<number | null>(null), value: signal(""), at: 0, cursor: undefined, reading: false, done: signal(false),
    }));
    const kept = remembered<Waiting[]>(waitingKey(), []).filter((w) => w.object === shape.name && this.column(w.to));
    this.waiting.value = new Map(kept.map((w) => [w.id, w]));
  }

  column(stage: string): Column | undefined {
    return this.columns.find((c) => c.option.name === stage);
  }
  find(id: string): { column: Column; row: Row } | undefined {
    for (const column of this.columns) {
      const row = column.rows.peek().find((r) => r.id === id);
      if (row) return { column, row };
    }
    return undefined;
  }

  private fields(): string {
    const s = this.shape;
    const closed = s.fields.some((f) => f.name === "close_date") ? "close_date" : undefined;
    const names = ["id", "version", s.title, closed, this.field.name, "owner", companyField(s)?.name, moneyField(s)?.name, ...(hasNextStep(s) ? ["next_step", "next_step_on"] : [])];
    return [...new Set(names.filter((n) => n !== undefined))].join(",");
  }

  private closedSort(): string | undefined {
    return this.shape.fields.some((f) => f.name === "close_date" && f.sort) ? "close_date desc" : undefined;
  }

  private rowOf(r: Record<string, unknown> & { id: string }, segment: Segment): Row {
    const company = companyField(this.shape);
    const money = moneyField(this.shape);
    const text = (v: unknown): string => (typeof v === "string" ? v : "");
    return {
      id: r.id, version: typeof r["version"] === "number" ? r["version"] : 0, title: text(r[this.shape.title]) || t("Without a name"), segment,
      company: company ? showValue(company, r[company.name]) : "", value: money ? showValue(money, r[money.name]) : "",
      owner: isRef(r["owner"]) ? (r["owner"].name ?? "") : "", nextStep: text(r["next_step"]), nextOn: text(r["next_step_on"]), closedOn: text(r["close_date"]), stage: text(r[this.field.name]),
    };
  }

  // A lost network is a problem like others; everything else that throws is a mistake of ours.
  private async guard(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (e) {
      if (!(e instanceof Offline)) throw e;
      this.problem.value = offlineProblem();
    }
  }

  async totals(): Promise<void> {
    await this.guard(async () => {
      const money = moneyField(this.shape);
      const sum = money ? `sum(${money.name})` : "";
      const path = `/api/v1/records/${this.shape.name}/group` as "/api/v1/records/deal/group";
      const r = settle(await api.GET(path, { params: { query: { by: this.field.name, measure: ["count", sum].filter(Boolean).join(","), filter: this.filter || undefined } } }));
      if (!r.ok) {
        this.problem.value = r.problem;
        return;
      }
      this.problem.value = null;
      for (const c of this.columns) {
        const g = r.data.data.find((x) => (x.keys[this.field.name] ?? NO_STAGE) === c.option.name);
        c.count.value = typeof g?.values["count"] === "number" ? g.values["count"] : 0;
        c.value.value = money && g ? showValue(money, g.values[sum]) : "";
      }
      const open = money ? settle(await api.GET(path, { params: { query: { measure: sum, filter: this.openFilter() } } })) : null;
      if (money && open?.ok) this.openValue.value = showValue(money, open.data.data[0]?.values[sum]);
    });
  }

  private openFilter(): string {
    const stages = this.columns.filter((c) => !c.option.closed && c.option.name !== NO_STAGE).map((c) => quote(c.option.name)).join(", ");
    return `${this.field.name} in (${stages})${this.filter ? ` and (${this.filter})` : ""}`;
  }

  // What most of those in a closed stage give as the reason, with how many.
  async reasons(c: Column, field: FieldShape): Promise<string[]> {
    try {
      const path = `/api/v1/records/${this.shape.name}/group` as "/api/v1/records/deal/group";
      const r = settle(await api.GET(path, { params: { query: { by: field.name, filter: `${segmentsOf(this.field, c.option, this.filter)[0]?.filter ?? ""} and ${field.name} is not empty` } } }));
      if (!r.ok) return [];
      const label = (name: unknown): string => field.options?.find((o) => o.name === name)?.label ?? String(name);
      const top = [...r.data.data].sort((a, b) => Number(b.values["count"]) - Number(a.values["count"])).slice(0, 3).map((g) => `${label(g.keys[field.name])} ${formatNumber(Number(g.values["count"] ?? 0))}`);
      this.why.set(c.option.name, top);
      return top;
    } catch (e) {
      if (!(e instanceof Offline)) throw e;
      return [];
    }
  }

  reasonsKnown(c: Column): readonly string[] {
    return this.why.get(c.option.name) ?? [];
  }

  async more(c: Column, among: readonly Column[] = this.columns): Promise<void> {
    const segments = segmentsOf(this.field, c.option, this.filter);
    if (c.reading || c.done.peek()) return;
    c.reading = true;
    await this.guard(async () => {
      let got = 0;
      while (c.at < segments.length && got < PAGE) {
        const s = segments[c.at];
        if (!s) break;
        const r = settle(await api.GET(recordsPath(this.shape.name), { params: { query: { filter: s.filter, sort: s.segment === "closed" ? this.closedSort() : undefined, fields: this.fields(), limit: PAGE, cursor: c.cursor } } }));
        if (!r.ok) {
          this.problem.value = r.problem;
          break;
        }
        const known = new Set(among.flatMap((x) => x.rows.peek().map((row) => row.id)));
        const rows = r.data.data.filter((x) => !known.has(x.id)).map((x) => this.rowOf(x as Record<string, unknown> & { id: string }, s.segment));
        c.rows.value = [...c.rows.peek(), ...rows];
        got += r.data.data.length;
        c.cursor = r.data.next ?? undefined;
        if (!c.cursor) c.at++;
      }
      if (c.at >= segments.length) c.done.value = true;
    });
    c.reading = false;
  }

  // Called whenever somebody comes to the board. Seen before, it stands at once, and is read anew only if something changed.
  async start(): Promise<void> {
    if (this.tick >= 0) {
      this.open.value = "";
      if (this.tick === ticks.peek() && connected.peek()) return;
      await new Promise((done) => setTimeout(done, BEHIND_MS));
      return this.refresh();
    }
    this.tick = ticks.peek();
    await Promise.all([this.totals(), ...this.columns.filter((c) => !c.option.closed).map((c) => this.more(c))]);
    for (const w of this.waiting.peek().values()) if (!this.find(w.id)) void this.readOne(w.id);
  }

  // Reads everything anew; what stands stays until the answer is there.
  async refresh(): Promise<void> {
    this.tick = ticks.peek();
    this.problem.value = null;
    const { writes } = this;
    const anew = this.columns.map((c): Column => ({ ...c, rows: signal<readonly Row[]>([]), at: 0, cursor: undefined, reading: false, done: signal(false) }));
    const read = async (c: Column, n: number): Promise<void> => {
      do await this.more(c, anew); while (!c.done.peek() && c.rows.peek().length < n && !this.problem.peek());
    };
    await Promise.all([this.totals(), ...anew.map((c, i) => (!c.option.closed || this.columns[i]?.rows.peek().length ? read(c, this.columns[i]?.rows.peek().length ?? 0) : undefined))]);
    if (this.problem.peek()) return;
    if (writes !== this.writes) return this.refresh(); // a card was moved meanwhile: what was read is older than that
    batch(() => {
      this.stale.value = 0;
      for (const [i, c] of this.columns.entries()) {
        const now = anew[i];
        if (!now) continue;
        c.rows.value = now.rows.peek();
        c.at = now.at;
        c.cursor = now.cursor;
        c.done.value = now.done.peek();
      }
    });
    for (const w of this.waiting.peek().values()) if (!this.find(w.id)) void this.readOne(w.id);
    // What the cards owe is asked again while the old answer stands; of cards out of sight, when they come into it.
    const shown = [...this.tasks.peek().keys()].slice(-SHOWN_MAX).filter((id) => this.find(id));
    for (let i = 0; i < shown.length; i += ASKED_MAX) await this.readTasks(shown.slice(i, i + ASKED_MAX)).catch(() => undefined);
    this.tasks.value = new Map([...this.tasks.peek()].filter(([id]) => shown.includes(id)));
  }

  // A change by somebody else: the card changes where it is; order and places wait for "refresh".
  heard(id: string): void {
    if (this.own.delete(id)) return;
    if (this.find(id)) void this.readOne(id);
    this.stale.value++;
  }

  private async readOne(id: string): Promise<void> {
    await this.guard(async () => {
      const r = settle(await api.GET(recordPath(this.shape.name), { params: { path: { id }, query: { fields: this.fields() } } }));
      const old = this.find(id);
      if (!r.ok) {
        if (r.problem.status === 404 && old) old.column.rows.value = old.column.rows.peek().filter((x) => x.id !== id);
        return;
      }
      const row = this.rowOf(r.data as Record<string, unknown> & { id: string }, old?.row.segment ?? "later");
      const target = this.column(row.stage);
      if (old && old.column === target) target.rows.value = target.rows.peek().map((x) => (x.id === id ? row : x));
      else {
        if (old) old.column.rows.value = old.column.rows.peek().filter((x) => x.id !== id);
        if (target) target.rows.value = [row, ...target.rows.peek()];
      }
      this.dropTask(id);
    });
  }

  private dropTask(id: string): void {
    const next = new Map(this.tasks.peek());
    next.delete(id);
    this.tasks.value = next;
  }

  // Next actions of the cards in sight, many in one question.
  want(ids: readonly string[]): void {
    for (const id of ids) if (!this.tasks.peek().has(id)) this.wanted.add(id);
    if (!this.wanted.size || this.timer) return;
    this.timer = window.setTimeout(() => {
      this.timer = 0;
      const some = [...this.wanted].slice(0, ASKED_MAX);
      this.wanted = new Set([...this.wanted].slice(ASKED_MAX));
      void this.readTasks(some).then(() => this.want([]), () => undefined);
    }, 80);
  }

  private async readTasks(ids: readonly string[]): Promise<void> {
    const [r, since] = await Promise.all([
      api.GET("/api/v1/tasks", { params: { query: { filter: `open and record_id in (${ids.map((x) => `'${x}'`).join(", ")})`, limit: 400 } } }).then(settle),
      api.GET(`/api/v1/records/${this.shape.name}/since` as "/api/v1/records/deal/since", { params: { query: { field: this.field.name, ids: ids.join(",") } } }).then(settle),
    ]);
    if (since.ok) {
      const stands = new Map(this.since.peek());
      for (const x of since.data.data) if (x.since) stands.set(x.id, x.since);
      this.since.value = stands;
    }
    const next = new Map(this.tasks.peek());
    for (const id of ids) next.set(id, r.ok ? firstTask(r.data.data.filter((x) => x.record?.id === id)) : null);
    this.tasks.value = next;
  }

  private place(row: Row, to: Column, at: number): void {
    const from = this.find(row.id)?.column;
    if (from) {
      from.rows.value = from.rows.peek().filter((x) => x.id !== row.id);
      if (from.count.peek() !== null) from.count.value = (from.count.peek() ?? 1) - 1;
    }
    const rows = [...to.rows.peek()];
    rows.splice(at, 0, row);
    to.rows.value = rows;
    if (to.count.peek() !== null) to.count.value = (to.count.peek() ?? 0) + 1;
  }
  private setBusy(id: string, on: boolean): void {
    const next = new Set(this.busy.peek());
    if (on) next.add(id);
    else next.delete(id);
    this.busy.value = next;
  }
  setWaiting(id: string, w: Waiting | null): void {
    const next = new Map(this.waiting.peek());
    if (w) next.set(id, w);
    else next.delete(id);
    this.waiting.value = next;
    const others = remembered<Waiting[]>(waitingKey(), []).filter((x) => x.object !== this.shape.name);
    remember(waitingKey(), [...others, ...next.values()]);
    if (!w && this.open.peek() === id) this.open.value = "";
  }

  // Writes stage and fields together, so that a gate sees both. Answers whether the card stays where it was put.
  async move(id: string, stage: string, typed: Fields = {}, how: { undo?: boolean; reason?: string } = {}): Promise<boolean> {
    const found = this.find(id);
    const to = this.column(stage);
    if (!found || !to || this.busy.peek().has(id) || found.column === to) return false;
    const { row, column: from } = found;
    const at = from.rows.peek().indexOf(row);
    // A card that goes leaves the focus to its neighbour.
    if (to.option.closed && this.focusNext === id) this.focusNext = (from.rows.peek()[at + 1] ?? from.rows.peek()[at - 1])?.id ?? "";
    this.setBusy(id, true);
    this.writes++;
    this.place({ ...row, stage, segment: to.option.closed ? "closed" : row.segment }, to, 0);
    const problem = await this.write(id, row.version, { ...typed, [this.field.name]: stage || null, ...(how.reason ? { $reason: how.reason } : {}) }, row.stage);
    this.setBusy(id, false);
    if (!problem) {
      this.since.value = new Map(this.since.peek()).set(id, new Date().toISOString());
      this.setWaiting(id, null);
      this.dropTask(id);
      void this.totals();
      toast(t("{title} is in {stage}.", { title: row.title, stage: to.option.label }), how.undo ? {} : { undo: () => void this.move(id, row.stage, {}, { undo: true }) });
      return true;
    }
    const now = this.find(id);
    const had = document.activeElement?.closest<HTMLElement>("[data-card]")?.dataset["card"] === id;
    this.focusNext = problem.code !== "work.gate" && had ? id : "";
    if (now?.column === to) this.place({ ...row, version: now.row.version }, from, Math.min(at, from.rows.peek().length));
    if (problem.code === "work.gate") {
      this.setWaiting(id, { object: this.shape.name, id, title: row.title, from: row.stage, to: stage, typed, problem });
      this.open.value = id;
    } else {
      toast([t("{title} stays in {stage}.", { title: row.title, stage: from.option.label }), problem.detail, problem.way_out].filter(Boolean).join(" "), { ms: 15_000 });
    }
    return false;
  }

  // Fields alone, the move still waits.
  async saveFields(id: string, typed: Fields): Promise<Problem | null> {
    const found = this.find(id);
    return found ? this.write(id, found.row.version, typed, found.row.stage) : null;
  }

  private async write(id: string, version: number, fields: Fields, from: string): Promise<Problem | null> {
    const body = Object.fromEntries(Object.entries(fields).map(([k, v]) => [k, wire(v)]));
    let known = version;
    for (let attempt = 0; attempt < 3; attempt++) {
      this.own.add(id);
      const sent = await send({ user: me.peek()?.id ?? "", method: "PATCH", path: `/api/v1/records/${this.shape.name}/${id}`, body, version: known, label: t("Move of {title}", { title: this.find(id)?.row.title ?? "" }) });
      if (sent.ok === "waiting") return null;
      const here = this.find(id);
      if (sent.ok) {
        const saved = this.rowOf(sent.data as Record<string, unknown> & { id: string }, here?.row.segment ?? "later");
        if (here) here.column.rows.value = here.column.rows.peek().map((x) => (x.id === id ? { ...x, version: saved.version } : x));
        void this.readOne(id);
        return null;
      }
      if (sent.problem.status !== 412) return sent.problem;
      // Somebody wrote in between: go on if the stage is still the one that was seen.
      const r = settle(await api.GET(recordPath(this.shape.name), { params: { path: { id }, query: { fields: this.fields() } } }));
      if (!r.ok) return r.problem;
      const now = this.rowOf(r.data as Record<string, unknown> & { id: string }, here?.row.segment ?? "later");
      if (now.stage !== from) {
        void this.readOne(id);
        return { ...sent.problem, detail: t("Somebody else has just moved it to {stage}.", { stage: this.column(now.stage)?.option.label ?? now.stage }), way_out: undefined };
      }
      known = now.version;
    }
    return { ...offlineProblem(), status: 412, code: "record.version_conflict", detail: t("Others keep changing it at this moment. Try again.") };
  }
}

// Boards seen before keep their cards. The shape is part of what they know: another one makes another board.
const boards = new Map<string, BoardStore>();
const BOARDS_MAX = 4;
export function boardOf(shape: ObjectShape, field: FieldShape, filter: string): BoardStore {
  const key = `${shape.name} ${filter}`;
  const known = boards.get(key);
  const store = known?.shape === shape && known.field === field ? known : new BoardStore(shape, field, filter);
  boards.delete(key);
  boards.set(key, store);
  const oldest = boards.keys().next();
  if (boards.size > BOARDS_MAX && !oldest.done) boards.delete(oldest.value);
  return store;
}

// Who owns how much of what is shown: one lane each, people by name, oneself first, what is nobody's last.
export async function readLanes(shape: ObjectShape, filter: string, myself: string): Promise<Lane[] | Problem> {
  const money = moneyField(shape);
  const sum = money ? `sum(${money.name})` : "";
  try {
    const r = settle(await api.GET(`/api/v1/records/${shape.name}/group` as "/api/v1/records/deal/group", { params: { query: { by: "owner", measure: ["count", sum].filter(Boolean).join(","), filter: filter || undefined } } }));
    if (!r.ok) return r.problem;
    const lanes = r.data.data.map((g) => {
      const owner = g.keys["owner"];
      const ref = isRef(owner) ? { id: owner.id, name: owner.name ?? "" } : { id: typeof owner === "string" ? owner : "", name: "" };
      return { owner: ref.id, name: ref.name || personName(ref.id) || t("nobody's"), count: Number(g.values["count"] ?? 0), value: money ? showValue(money, g.values[sum]) : "" };
    });
    const rank = (l: Lane): number => (l.owner === myself ? 0 : l.owner ? 1 : 2);
    return lanes.sort((a, b) => rank(a) - rank(b) || a.name.localeCompare(b.name, locale.peek()));
  } catch (e) {
    if (!(e instanceof Offline)) throw e;
    return offlineProblem();
  }
}

// The step that comes first: optional ones only where nothing else is left.
export function firstTask(tasks: readonly Task[]): NextTask | null {
  const must = tasks.filter((x) => !x.optional);
  const from = must.length ? must : tasks;
  const best = [...from].sort((a, b) => (a.until ?? "9").localeCompare(b.until ?? "9") || a.id.length - b.id.length || a.id.localeCompare(b.id))[0];
  if (!best) return null;
  const rule = tasks.filter((x) => x.kind === "policy" && x.why?.page).sort((a, b) => (a.until ?? "9").localeCompare(b.until ?? "9"))[0];
  const policy = rule ? { label: rule.why?.page_label || rule.title, page: rule.why?.page ?? "", step: rule.why?.step ?? "", until: rule.until ?? "", overdue: rule.overdue === true } : null;
  return { title: best.title, until: best.until ?? "", overdue: best.overdue === true, policy };
}
