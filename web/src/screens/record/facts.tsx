// What is known, in the groups of the object's page. Empty fields stay folded.
import type { ObjectShape } from "../../api/client";
import { t, tn } from "../../i18n/t";
import { fieldOf } from "../../store/session";
import { isEmpty } from "../../store/values";
import type { Fields } from "../../store/records";
import { refusals } from "../../store/change";
import { FieldRow } from "../../ui/field-edit";
import { Skeleton } from "../../ui/states";
import { useState } from "preact/hooks";
import { Button } from "../../ui/button";

export function Facts({ shape, id, fields, whole }: { shape: ObjectShape; id: string; fields: Fields; whole: boolean }) {
  const [all, setAll] = useState(false);
  if (!whole) return <Skeleton rows={8} />;
  let groups: readonly { label: string; fields: readonly string[] }[] = shape.detail.length ? shape.detail : [{ label: t("Facts"), fields: shape.fields.filter((f) => !f.system).map((f) => f.name) }];
  // What the form of a new record asks for can be read afterwards, also where the page's groups do not name it yet.
  const grouped = new Set(groups.flatMap((g) => g.fields));
  const left = shape.form.filter((n) => !grouped.has(n) && n !== shape.title);
  if (left.length) groups = [...groups, { label: t("Also asked"), fields: left }];
  // What a new record asks for stays in sight even when it is empty: the first fields of the first two groups.
  const essential = new Set([...shape.list.slice(0, 6)]);
  const refused = new Set(refusals.value.filter((r) => r.id === id).flatMap((r) => Object.keys(r.typed)));
  const shown = (n: string): boolean => all || !isEmpty(fields[n]) || refused.has(n) || (essential.has(n) && fieldOf(shape, n)?.write === true);
  const folded = groups.flatMap((g) => g.fields).filter((n) => !shown(n)).length;
  return (
    <div class="facts-box">
      {groups.map((g) => {
        const names = g.fields.filter(shown);
        if (!names.length) return null;
        return (
          <section key={g.label} class="fact-group">
            <h2>{g.label}</h2>
            <div class="facts">
              {names.map((n) => {
                const field = fieldOf(shape, n);
                return field ? <FieldRow key={n} object={shape.name} id={id} field={field} value={fields[n]} /> : null;
              })}
            </div>
          </section>
        );
      })}
      {(folded > 0 || all) && <p><Button act kind="quiet" icon={all ? "chevron-up" : "chevron-down"} expanded={all} onClick={() => setAll(!all)}>{all ? t("Fold empty fields") : tn(folded, "{n} empty field", "{n} empty fields")}</Button></p>}
    </div>
  );
}
