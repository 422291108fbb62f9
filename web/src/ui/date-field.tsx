// A date, or a date with a time, typed in words ("tomorrow 3pm", "in 2 weeks", "9 mar") or picked from the browser's calendar.
// What was understood stands under the input while somebody types.
import { useId, useLayoutEffect, useRef, useState } from "preact/hooks";
import { readDate } from "../i18n/date-words";
import { formatDate, formatInstant, fromLocalInput, now, toLocalInput, today } from "../i18n/format";
import { t } from "../i18n/t";
import { IconButton } from "./button";

interface Props {
  id: string;
  value: unknown; // "2026-03-09", an instant, or what was typed and is neither
  time: boolean;  // an instant, not a day
  onValue: (value: string | null) => void;
  label?: string;
  autofocus?: boolean;
  invalid?: boolean;
  describedBy?: string;
  required?: boolean;
  ahead?: boolean; // "9 mar" is the next 9 March, not the nearest
}

const NO_TIME = 540; // a day without a time is nine o'clock where a time is needed

function clock(minutes: number): string {
  return `${String(Math.floor(minutes / 60)).padStart(2, "0")}:${String(minutes % 60).padStart(2, "0")}`;
}

// What is typed, as a value; null: no date.
export function dateValue(typed: string, time: boolean, ahead = false): string | null {
  const said = readDate(typed, { today: today(), minutes: minutesNow(), ahead });
  if (!said) return null;
  return time ? fromLocalInput(`${said.day}T${clock(said.minutes ?? NO_TIME)}`) || null : said.day;
}
function minutesNow(): number {
  const [h = 0, m = 0] = toLocalInput(now.peek()).slice(11).split(":").map(Number);
  return h * 60 + m;
}

function isValue(text: string, time: boolean): boolean {
  return time ? /^\d{4}-\d\d-\d\dT.+Z?$/.test(text) && !Number.isNaN(Date.parse(text)) : /^\d{4}-\d\d-\d\d$/.test(text);
}
// The value as it stands in the input: it reads back as itself.
export function dateText(value: unknown, time: boolean): string {
  if (typeof value !== "string" || !value) return "";
  if (!isValue(value, time)) return value;
  if (!time) return new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", year: "numeric", timeZone: "UTC" }).format(new Date(`${value}T00:00:00Z`)).replace("Sept", "Sep");
  const [day = "", at = ""] = toLocalInput(value).split("T");
  return `${dateText(day, false)} ${at}`;
}

export function DateField(p: Props) {
  const input = useRef<HTMLInputElement>(null);
  const native = useRef<HTMLInputElement>(null);
  const sayId = useId();
  const [text, setText] = useState(() => dateText(p.value, p.time));
  const [typed, setTyped] = useState(false);
  useLayoutEffect(() => {
    const el = input.current;
    if (!p.autofocus || !el) return;
    el.setAttribute("autofocus", "");
    el.focus();
    el.select();
  }, []);
  const read = text.trim() ? dateValue(text, p.time, p.ahead) : null;
  const wrong = text.trim() !== "" && read === null;
  const type = (next: string): void => {
    setText(next);
    setTyped(true);
    p.onValue(next.trim() ? (dateValue(next, p.time, p.ahead) ?? next.trim()) : null);
  };
  const pick = (picked: string): void => {
    if (!picked) return;
    const value = p.time ? fromLocalInput(picked) : picked;
    if (!value) return;
    setText(dateText(value, p.time));
    setTyped(true);
    p.onValue(value);
    input.current?.focus();
  };
  const calendar = (): void => {
    const el = native.current;
    if (!el) return;
    el.value = read ? (p.time ? toLocalInput(read) : read) : "";
    try {
      el.showPicker();
    } catch {
      el.click(); // a browser without showPicker
    }
  };
  return (
    <div class="date-field">
      <div class="date-box">
        <input id={p.id} ref={input} type="text" value={text} autocomplete="off" spellcheck={false} aria-label={p.label} aria-required={p.required || undefined}
          aria-invalid={p.invalid || (typed && wrong) || undefined} aria-describedby={[sayId, p.describedBy].filter(Boolean).join(" ")}
          placeholder={p.time ? t("tomorrow 3pm") : t("9 mar, in 2 weeks")} onInput={(e) => type(e.currentTarget.value)} />
        <IconButton icon="calendar-days" label={t("Calendar")} onClick={calendar} />
        <input ref={native} class="date-native" {...({ type: (p.time ? "datetime-local" : "date") as string } as { type: "text" })} tabIndex={-1} aria-hidden="true" onChange={(e) => pick(e.currentTarget.value)} />
      </div>
      <p id={sayId} class={wrong ? "date-say bad" : "date-say"} aria-live="polite">
        {typed && (wrong ? t("Not a date yet. Try “tomorrow”, “in 2 weeks” or “9 mar”.") : read ? (p.time ? formatInstant(read) : formatDate(read, "long")) : "")}
      </p>
    </div>
  );
}
