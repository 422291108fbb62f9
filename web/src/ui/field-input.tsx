// One input for each type of field. It keeps what is typed as it is typed; reading it as a value happens at the end.
import { useLayoutEffect, useRef } from "preact/hooks";
import type { FieldShape } from "../api/client";
import { t } from "../i18n/t";
import { isMoney, isRef } from "../store/values";
import { Combobox } from "./combobox";
import { DateField } from "./date-field";

interface Props {
  field: FieldShape;
  value: unknown; // as shown
  onValue: (value: unknown) => void;   // with every keystroke
  onChoose?: (value: unknown) => void; // something was picked: the input is finished
  onCancel?: () => void;
  autofocus?: boolean;
  id: string;
  label?: string; // where no <label> names it
  invalid?: boolean;
  describedBy?: string;
}

export function isEditable(field: FieldShape): boolean {
  return field.write && field.type !== "references";
}

export function FieldInput(p: Props) {
  const element = useRef<HTMLElement | null>(null);
  const ref = (el: HTMLElement | null): void => {
    element.current = el;
  };
  const { field, value } = p;
  useLayoutEffect(() => {
    const el = element.current;
    if (!p.autofocus || !el) return;
    el.setAttribute("autofocus", ""); // a dialog that opens around it looks for this
    el.focus();
    if (el instanceof HTMLInputElement && el.type === "text") el.select();
  }, []);
  const common = { id: p.id, ref, "aria-label": p.label, "aria-invalid": p.invalid, "aria-describedby": p.describedBy, "aria-required": field.required || undefined } as const;
  const pick = (v: unknown): void => {
    p.onValue(v);
    p.onChoose?.(v);
  };
  switch (field.type) {
    case "user":
    case "team":
    case "reference":
      return <Combobox id={p.id} object={field.to ?? ""} value={isRef(value) ? value : null} label={p.label ?? field.label} autofocus={p.autofocus}
        invalid={p.invalid} describedBy={p.describedBy} onChoose={pick} onCancel={p.onCancel} />;
    case "choice": {
      const options = field.options ?? [];
      const current = typeof value === "string" ? value : "";
      return (
        <select {...common} value={current} onChange={(e) => pick(e.currentTarget.value || null)}>
          {(!field.required || current === "") && <option value="">{t("None")}</option>}
          {current && !options.some((o) => o.name === current) && <option value={current}>{current}</option>}
          {options.map((o) => <option key={o.name} value={o.name}>{o.label}</option>)}
        </select>
      );
    }
    case "yes/no":
      return (
        <select {...common} value={value === true ? "yes" : value === false ? "no" : ""} onChange={(e) => pick(e.currentTarget.value === "" ? null : e.currentTarget.value === "yes")}>
          <option value="">{t("None")}</option>
          <option value="yes">{t("Yes")}</option>
          <option value="no">{t("No")}</option>
        </select>
      );
    case "multi-choice": {
      const chosen = Array.isArray(value) ? value.map(String) : [];
      return (
        <fieldset class="checks" aria-label={p.label ?? field.label}>
          {(field.options ?? []).map((o) => (
            <label key={o.name} class="row"><input type="checkbox" checked={chosen.includes(o.name)}
              onChange={(e) => p.onValue(e.currentTarget.checked ? [...chosen, o.name] : chosen.filter((x) => x !== o.name))} />{o.label}</label>
          ))}
        </fieldset>
      );
    }
    case "long text":
      return <textarea {...common} rows={4} value={typeof value === "string" ? value : ""} onInput={(e) => p.onValue(e.currentTarget.value)}
        onKeyDown={(e) => { if (e.key === "Enter" && (e.ctrlKey || e.metaKey)) e.currentTarget.form?.requestSubmit(); }} />;
    case "date":
    case "date-time":
      return <DateField id={p.id} value={value} time={field.type === "date-time"} onValue={p.onValue} label={p.label} autofocus={p.autofocus} invalid={p.invalid} describedBy={p.describedBy} required={field.required} />;
    case "money": {
      const amount = isMoney(value) ? value.amount : value === null || value === undefined ? "" : String(value);
      const currency = isMoney(value) ? value.currency : (field.currency ?? "USD");
      return (
        <div class="row money">
          <input {...common} type="text" inputMode="decimal" value={amount} onInput={(e) => p.onValue(e.currentTarget.value.trim() ? { amount: e.currentTarget.value.trim(), currency } : null)} />
          <span class="muted">{currency}</span>
        </div>
      );
    }
    case "number":
    case "decimal":
    case "percent":
      return <input {...common} type="text" inputMode="decimal" value={value === null || value === undefined ? "" : String(value)}
        onInput={(e) => p.onValue(asNumber(e.currentTarget.value))} />;
    case "tags":
      return <input {...common} type="text" value={Array.isArray(value) ? value.join(", ") : ""} placeholder={t("Words, separated by commas")}
        onChange={(e) => p.onValue(e.currentTarget.value.split(",").map((x) => x.trim()).filter(Boolean))} />;
    default: {
      const type = field.type === "email" ? "email" : field.type === "phone" ? "tel" : field.type === "url" ? "url" : "text";
      return <input {...common} {...({ type } as { type: "text" })} value={typeof value === "string" ? value : ""} maxLength={typeof field.max === "number" && field.type === "text" ? field.max : undefined}
        onInput={(e) => p.onValue(e.currentTarget.value || null)} />;
    }
  }
}

// A number where it is one; else what was typed, for the server to say what is wrong with it.
function asNumber(text: string): unknown {
  const s = text.trim();
  if (s === "") return null;
  return /^-?\d+(\.\d+)?$/.test(s) && s.length < 16 ? Number(s) : s;
}
