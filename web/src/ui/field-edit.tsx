// A value that becomes an input where it stands. Enter or leaving saves, Esc leaves it as it was. A refused value comes
// back into the input, as it was typed, with the reason under it.
import { useEffect, useId, useRef, useState } from "preact/hooks";
import type { FieldShape } from "../api/client";
import { t } from "../i18n/t";
import { changeRecord, dropRefusal, refusalOf, same } from "../store/change";
import { isEmpty, isRef, showValue } from "../store/values";
import { recordHref } from "../nav/router";
import { FieldInput, isEditable } from "./field-input";
import { Icon } from "./icon";

interface Props {
  object: string;
  id: string;
  field: FieldShape;
  value: unknown;
  eager?: boolean; // asked for here: an empty value invites
}

export function FieldRow(p: Props) {
  const { field } = p;
  const inputId = useId();
  const [editing, setEditing] = useState(false);
  const [typed, setTyped] = useState<unknown>(null);
  const button = useRef<HTMLButtonElement>(null);
  const box = useRef<HTMLDivElement>(null);
  const back = useRef(false);
  const live = useRef(false); // an input that is taken away loses the focus once more, and must not save twice
  const refusal = refusalOf(p.object, p.id, field.name);

  useEffect(() => {
    if (!refusal) return;
    setTyped(refusal.typed[field.name]);
    live.current = true;
    setEditing(true);
  }, [refusal]);
  useEffect(() => {
    if (!editing && back.current) {
      back.current = false;
      button.current?.focus();
    }
  }, [editing]);

  const open = (): void => {
    setTyped(p.value);
    live.current = true;
    setEditing(true);
  };
  const close = (focusBack: boolean): void => {
    if (!live.current) return;
    live.current = false;
    back.current = focusBack;
    if (refusal) dropRefusal(refusal);
    setEditing(false);
  };
  const save = (value: unknown, focusBack: boolean): void => {
    if (!live.current) return;
    close(focusBack);
    if (!same(value, p.value)) void changeRecord(p.object, p.id, { [field.name]: value });
  };
  if (!editing) return <FieldValue {...p} open={open} buttonRef={button} />;
  return (
    <div class="fact editing" role="presentation" ref={box}
      onFocusOut={(e) => {
        if (e.relatedTarget instanceof Node && box.current?.contains(e.relatedTarget)) return;
        if (!refusal && box.current?.isConnected && ["user", "team", "reference"].includes(field.type)) return close(false);
        if (!refusal) save(typed, false);
      }}
      onKeyDown={(e) => {
        if (e.key === "Escape") {
          e.preventDefault();
          e.stopPropagation();
          close(true);
        } else if (e.key === "Enter" && !e.defaultPrevented && (field.type !== "long text" || e.ctrlKey || e.metaKey)) {
          e.preventDefault();
          save(typed, true);
        }
      }}>
      <label class="fact-label" for={inputId}>{field.label}</label>
      <div class="grow">
        <FieldInput id={inputId} field={field} value={typed} autofocus onValue={setTyped} onChoose={(v) => save(v, true)} onCancel={() => close(true)}
          invalid={refusal !== undefined} describedBy={refusal ? `${inputId}-e` : field.help ? `${inputId}-h` : undefined} />
        {refusal ? (
          <p id={`${inputId}-e`} class="field-error" role="alert">{refusal.problem.detail} {refusal.problem.way_out}</p>
        ) : field.help ? <p id={`${inputId}-h`} class="meta">{field.help}</p> : null}
      </div>
    </div>
  );
}

function FieldValue({ object, id, field, value, open, buttonRef, eager }: Props & { open: () => void; buttonRef: { current: HTMLButtonElement | null } }) {
  const text = showValue(field, value);
  const link = isRef(value) && field.to && field.to !== "user" && field.to !== "team" ? recordHref(field.to, value.id)
    : field.type === "email" && text ? `mailto:${text}` : field.type === "phone" && text ? `tel:${text}` : field.type === "url" && /^https?:/.test(text) ? text : null;
  return (
    <div class="fact">
      <span class="fact-label" title={field.help || undefined}>{field.label}</span>
      <span class={isEmpty(value) ? "fact-value muted" : "fact-value"}>
        {link ? <a href={link} class="cut">{text}</a> : isEmpty(value) ? (eager && isEditable(field) ? <span class="invite">{t("Fill in")}</span> : "–") : <span class={field.type === "long text" ? "lines" : "cut"}>{text}</span>}
      </span>
      {isEditable(field) && (
        <button type="button" class="fact-edit" data-act={eager ? t("Fill in") : ""} ref={buttonRef} onClick={open} data-focus={`${object}-${id}-${field.name}`}>
          <Icon name="pencil" /><span class="sr">{t("Edit {field}", { field: field.label })}</span>
        </button>
      )}
    </div>
  );
}
