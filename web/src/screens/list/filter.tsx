// The filter as text and as a small form that writes the same text. Errors show while typing, with their place.
import { useEffect, useId, useRef, useState } from "preact/hooks";
import { api, recordsPath, settle, type ObjectShape, type Problem } from "../../api/client";
import { t, tn } from "../../i18n/t";
import { columnOf, computedOf, fieldOf } from "../../store/session";
import type { Ref } from "../../store/values";
import { Button, IconButton } from "../../ui/button";
import { Combobox } from "../../ui/combobox";
import { Icon } from "../../ui/icon";
import { Popover } from "../../ui/menu";
import { both, comparisons, condition } from "./condition";

interface Props {
  shape: ObjectShape;
  filter: string;
  apply: (filter: string) => void;
}

export function FilterBar({ shape, filter, apply }: Props) {
  const id = useId();
  const [text, setText] = useState(filter);
  const [problem, setProblem] = useState<Problem | null>(null);
  const [count, setCount] = useState<number | null>(null);
  const input = useRef<HTMLInputElement>(null);
  useEffect(() => setText(filter), [filter]);
  useEffect(() => {
    setCount(null);
    if (text.trim() === filter.trim() || !text.trim()) return setProblem(null);
    let alive = true;
    const timer = setTimeout(() => {
      api.GET(`${recordsPath(shape.name)}/count` as "/api/v1/records/deal/count", { params: { query: { filter: text } } }).then(settle).then((r) => {
        if (!alive) return;
        setProblem(r.ok ? null : r.problem);
        setCount(r.ok ? r.data.count : null);
      }, () => undefined);
    }, 150);
    return () => {
      alive = false;
      clearTimeout(timer);
    };
  }, [text, filter, shape.name]);
  const column = problem?.column ?? 0;
  return (
    <form class="filter" role="search" aria-label={t("Filter")} onSubmit={(e) => { e.preventDefault(); if (!problem) apply(text.trim()); }}>
      <div class="filter-box">
        <Icon name="funnel" />
        <label class="sr" for={id}>{t("Filter")}</label>
        <input id={id} ref={input} data-focus="filter" value={text} spellcheck={false} autocomplete="off" placeholder={t("Filter: {example}", { example: exampleOf(shape) })} aria-invalid={problem !== null} aria-describedby={`${id}-say`}
          onInput={(e) => setText(e.currentTarget.value)} onKeyDown={(e) => { if (e.key === "Escape" && text !== filter) { e.preventDefault(); e.stopPropagation(); setText(filter); } }} />
        {text && <IconButton act icon="x" label={t("Clear the filter")} onClick={() => { setText(""); apply(""); input.current?.focus(); }} />}
      </div>
      <Builder shape={shape} add={(c) => apply(both(problem ? filter : text, c))} />
      <p id={`${id}-say`} class={problem ? "filter-say bad" : "filter-say muted"} aria-live="polite">
        {problem ? <>{problem.detail} {problem.way_out} {column > 0 && <span class="meta">{t("at “{text}”", { text: text.slice(column - 1, column + 15) || t("the end") })}</span>}</>
          : count !== null ? t("{count}. Enter shows them.", { count: tn(count, "{n} record", "{n} records") }) : ""}
      </p>
    </form>
  );
}

function exampleOf(shape: ObjectShape): string {
  const choice = shape.fields.find((f) => f.type === "choice" && f.options?.length && !f.system);
  return choice ? `${choice.name} = '${choice.options?.[0]?.name ?? ""}'` : `${shape.title} contains 'a'`;
}

function Builder({ shape, add }: { shape: ObjectShape; add: (condition: string) => void }) {
  const id = useId();
  const fields = [...shape.fields.filter((f) => f.name !== "deleted_at" && f.name !== "version"), ...computedOf(shape).filter((c) => c.expression)];
  const first = fieldOf(shape, shape.list[1] ?? shape.title) ?? fields[0];
  const [name, setName] = useState(first?.name ?? "");
  const field = columnOf(shape, name) ?? first;
  const options = field ? comparisons(field) : [];
  const [key, setKey] = useState("");
  const comparison = options.find((o) => o.key === key) ?? options[0];
  const [value, setValue] = useState("");
  const [ref, setRef] = useState<Ref | null>(null);
  if (!field || !comparison) return null;
  const ready = comparison.value === "none" || (comparison.value === "record" ? ref !== null : comparison.value === "option" ? true : value.trim() !== "");
  return (
    <Popover act label={t("Add a condition")} icon="plus" class="filter-add">
      {(close) => (
        <form class="builder" onSubmit={(e) => {
          e.preventDefault();
          e.stopPropagation();
          if (!ready) return;
          const v = comparison.value === "record" ? (ref?.id ?? "") : comparison.value === "option" ? value || (field.options?.[0]?.name ?? "") : value;
          close();
          add(condition(field, comparison.key, v));
          setValue("");
          setRef(null);
        }}>
          <div class="form-field"><label for={`${id}-f`}>{t("Field")}</label>
            <select id={`${id}-f`} value={field.name} onChange={(e) => { setName(e.currentTarget.value); setKey(""); setValue(""); setRef(null); }}>{fields.map((f) => <option key={f.name} value={f.name}>{f.label}</option>)}</select></div>
          <div class="form-field"><label for={`${id}-c`}>{t("Condition")}</label>
            <select id={`${id}-c`} value={comparison.key} onChange={(e) => setKey(e.currentTarget.value)}>{options.map((o) => <option key={o.key} value={o.key}>{t(o.label)}</option>)}</select></div>
          {comparison.value !== "none" && (
            <div class="form-field"><label for={`${id}-v`}>{t("Value")}</label>
              {comparison.value === "option" ? <select id={`${id}-v`} value={value || field.options?.[0]?.name} onChange={(e) => setValue(e.currentTarget.value)}>{field.options?.map((o) => <option key={o.name} value={o.name}>{o.label}</option>)}</select>
                : comparison.value === "record" ? <Combobox id={`${id}-v`} object={field.to ?? ""} label={field.label} value={ref} onChoose={setRef} />
                : <input id={`${id}-v`} {...({ type: comparison.value === "date" ? "date" : comparison.value === "instant" ? "datetime-local" : "text" } as { type: "text" })} step={comparison.value === "instant" ? 1 : undefined} inputMode={comparison.value === "number" ? "decimal" : undefined} value={value} onInput={(e) => setValue(e.currentTarget.value)} />}
            </div>
          )}
          <div class="form-foot"><Button kind="primary" type="submit" disabled={!ready}>{t("Add")}</Button></div>
        </form>
      )}
    </Popover>
  );
}
