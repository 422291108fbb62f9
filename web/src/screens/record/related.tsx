// Records that refer to this one: how many, and the way to them.
import { useEffect, useState } from "preact/hooks";
import { api, recordsPath, settle, type ObjectShape } from "../../api/client";
import { t } from "../../i18n/t";
import { objects } from "../../store/session";
import { Icon, objectIcon } from "../../ui/icon";

interface Link { object: ObjectShape; field: string; label: string; filter: string }

// All of them stand there from the start, so that nothing moves when the counts come.
export function Related({ shape, id }: { shape: ObjectShape; id: string }) {
  const links: Link[] = [...objects.value.values()].flatMap((o) => o.fields.filter((f) => f.type === "reference" && f.to === shape.name && !f.system).map((f) => ({ object: o, field: f.name, label: o.plural, filter: `${f.name} = '${id}'` })));
  const [counts, setCounts] = useState<ReadonlyMap<string, number>>(new Map());
  const keyOf = (l: Link): string => `${l.object.name}-${l.field}`;
  useEffect(() => {
    let alive = true;
    void Promise.all(links.map(async (l): Promise<[string, number] | null> => {
      const r = settle(await api.GET(`${recordsPath(l.object.name)}/count` as "/api/v1/records/deal/count", { params: { query: { filter: l.filter } } }));
      return r.ok ? [keyOf(l), r.data.count] : null;
    })).then((all) => { if (alive) setCounts(new Map(all.filter((x) => x !== null))); }, () => undefined);
    return () => { alive = false; };
  }, [shape.name, id]);
  if (!links.length) return null;
  return (
    <section class="fact-group">
      <h2>{t("Refers to this")}</h2>
      <ul class="related">
        {links.map((l) => {
          const n = counts.get(keyOf(l));
          return <li key={keyOf(l)}><a href={`/lists/${l.object.name}?filter=${encodeURIComponent(l.filter)}`} class={n === 0 ? "none" : ""}><Icon name={objectIcon(l.object.icon)} /><span class="grow">{l.label}</span><span class="num">{n ?? ""}</span></a></li>;
        })}
      </ul>
    </section>
  );
}
