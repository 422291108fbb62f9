// Records that refer to this one: how many, and the way to them.
import { useEffect, useState } from "preact/hooks";
import { api, recordsPath, settle, type ObjectShape } from "../../api/client";
import { t } from "../../i18n/t";
import { objects } from "../../store/session";
import { Icon, objectIcon } from "../../ui/icon";

interface Link { object: ObjectShape; field: string; label: string; filter: string; count: number }

export function Related({ shape, id }: { shape: ObjectShape; id: string }) {
  const [links, setLinks] = useState<readonly Link[]>([]);
  useEffect(() => {
    let alive = true;
    const found = [...objects.value.values()].flatMap((o) => o.fields.filter((f) => f.type === "reference" && f.to === shape.name && !f.system).map((f) => ({ object: o, field: f.name, label: o.plural, filter: `${f.name} = '${id}'`, count: 0 })));
    void Promise.all(found.map(async (l) => {
      const r = settle(await api.GET(`${recordsPath(l.object.name)}/count` as "/api/v1/records/deal/count", { params: { query: { filter: l.filter } } }));
      return { ...l, count: r.ok ? r.data.count : 0 };
    })).then((all) => { if (alive) setLinks(all.filter((l) => l.count > 0)); }, () => undefined);
    return () => { alive = false; };
  }, [shape.name, id]);
  if (!links.length) return null;
  return (
    <section class="fact-group">
      <h2>{t("Refers to this")}</h2>
      <ul class="related">
        {links.map((l) => <li key={`${l.object.name}-${l.field}`}><a href={`/lists/${l.object.name}?filter=${encodeURIComponent(l.filter)}`}><Icon name={objectIcon(l.object.icon)} /><span class="grow">{l.label}</span><span class="num">{l.count}</span></a></li>)}
      </ul>
    </section>
  );
}
