// Writing down what happened, with what was said before beside it. Opened with one key, one sentence, Ctrl+Enter.
import { signal } from "@preact/signals";
import { useId, useLayoutEffect, useRef, useState } from "preact/hooks";
import type { ObjectShape, Problem, Task } from "../../api/client";
import { t } from "../../i18n/t";
import { send } from "../../store/outbox";
import { me, objectOf, fieldOf } from "../../store/session";
import { ticks } from "../../store/live";
import type { Fields } from "../../store/records";
import { Button } from "../../ui/button";
import { Dialog } from "../../ui/dialog";
import { ProblemNote } from "../../ui/states";
import { toast } from "../../ui/toast";
import { TheirTime } from "./clock";
import { LastContacts } from "./contacts";
import type { Item } from "./timeline";

export interface About { object: string; id: string; title: string; kind: string }
export const logging = signal<About | null>(null);

// Notes and decisions are among ourselves; everything else has somebody at the other end.
const INSIDE = ["note", "decision"];

function close(): void {
  logging.value = null;
}
function question(kind: string): string {
  return kind === "decision" ? t("What was decided, and why") : kind === "note" ? t("What to remember") : t("What was said");
}

interface Props {
  about: About;
  shape: ObjectShape;
  fields: Fields;
  items: readonly Item[] | null;
  next: Task | undefined;
}
export function LogDialog({ about, shape: subject, fields, items, next }: Props) {
  const shape = objectOf("activity");
  const base = useId();
  const [kind, setKind] = useState(about.kind);
  const [direction, setDirection] = useState("out");
  const [text, setText] = useState("");
  const [outcome, setOutcome] = useState("");
  const [problem, setProblem] = useState<Problem | null>(null);
  const [busy, setBusy] = useState(false);
  const area = useRef<HTMLTextAreaElement>(null);
  useLayoutEffect(() => area.current?.focus(), []);
  if (!shape) return null;
  const kinds = fieldOf(shape, "kind")?.options ?? [];
  const directions = fieldOf(shape, "direction")?.options ?? [];
  const kindLabel = kinds.find((k) => k.name === kind)?.label ?? kind;
  const inside = INSIDE.includes(kind);

  const save = async (): Promise<void> => {
    if (busy) return;
    setBusy(true);
    setProblem(null);
    const first = text.trim().split("\n")[0]?.slice(0, 120) ?? "";
    const body: Record<string, unknown> = { kind, subject: first || kindLabel, links: [about.id] };
    if (directions.length) body["direction"] = inside ? "internal" : direction;
    if (text.trim()) body["body"] = text.trim();
    if (outcome.trim() && !inside) body["outcome"] = outcome.trim();
    const sent = await send({ user: me.peek()?.id ?? "", method: "POST", path: "/api/v1/records/activity", body, version: null, label: t("{kind} about {name}", { kind: kindLabel, name: about.title }) });
    setBusy(false);
    if (sent.ok === false) return setProblem(sent.problem);
    close();
    ticks.value++;
    const id = sent.ok === true ? (sent.data as { id: string; version: number }) : null;
    toast(sent.ok === "waiting" ? t("{kind} kept on this device.", { kind: kindLabel }) : t("{kind} logged.", { kind: kindLabel }), id ? {
      undo: () => void send({ user: me.peek()?.id ?? "", method: "POST", path: `/api/v1/records/activity/${id.id}/archive`, body: {}, version: id.version, label: t("Undo") })
        .then((r) => { if (r.ok === false) toast(t("It could not be taken back: {why}", { why: r.problem.detail })); else ticks.value++; }),
    } : {});
  };
  return (
    <Dialog title={t("Log: {name}", { name: about.title })} onClose={close} kind="wide">
      <div class="log-grid">
        <LastContacts shape={subject} items={items} next={next} />
        <form class="form" onSubmit={(e) => { e.preventDefault(); void save(); }}>
          {problem && <ProblemNote problem={problem} />}
          <fieldset class="segments log-kinds">
            <legend class="sr">{t("Kind")}</legend>
            {kinds.map((k) => <label key={k.name}><input type="radio" name={`${base}-kind`} checked={kind === k.name} onChange={() => setKind(k.name)} /><span>{k.label}</span></label>)}
          </fieldset>
          {!inside && <TheirTime shape={subject} fields={fields} />}
          <div class="form-field">
            <label for={`${base}-text`}>{question(kind)}</label>
            <textarea id={`${base}-text`} ref={area} rows={5} value={text} onInput={(e) => setText(e.currentTarget.value)}
              onKeyDown={(e) => { if (e.key === "Enter" && (e.ctrlKey || e.metaKey)) { e.preventDefault(); void save(); } }} />
          </div>
          {!inside && (
            <div class="form-two">
              <div class="form-field"><label for={`${base}-out`}>{t("Outcome")}</label><input id={`${base}-out`} maxLength={120} value={outcome} onInput={(e) => setOutcome(e.currentTarget.value)} placeholder={t("Reached, left a voicemail …")} /></div>
              {directions.length > 0 && <div class="form-field"><label for={`${base}-dir`}>{t("From whom")}</label><select id={`${base}-dir`} value={direction} onChange={(e) => setDirection(e.currentTarget.value)}>{directions.filter((d) => d.name !== "internal").map((d) => <option key={d.name} value={d.name}>{d.label}</option>)}</select></div>}
            </div>
          )}
          <div class="form-foot"><Button onClick={close}>{t("Cancel")}</Button><Button kind="primary" type="submit" keys="mod+Enter" disabled={busy}>{t("Log it")}</Button></div>
        </form>
      </div>
    </Dialog>
  );
}
