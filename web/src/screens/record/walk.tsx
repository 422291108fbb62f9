// The way back to the list somebody came from, and to the records before and after in it.
import { useLayoutEffect } from "preact/hooks";
import { t } from "../../i18n/t";
import { addKeys } from "../../keys/keys";
import { go, place, recordHref } from "../../nav/router";
import { objectOf } from "../../store/session";
import { walks } from "../../store/walk";
import { IconButton } from "../../ui/button";
import { Icon } from "../../ui/icon";

export function Walk({ object, id }: { object: string; id: string }) {
  const from = place.value.query.get("from");
  const walk = from ? walks.get(from) : undefined;
  const at = walk ? walk.ids.indexOf(id) : -1;
  const to = (by: number): void => {
    const next = walk?.ids[at + by];
    if (next && from) go(recordHref(object, next, from), { replace: true });
  };
  useLayoutEffect(() => (at < 0 ? undefined : addKeys({
    title: t("Records of the list"),
    actions: [{ keys: "n", label: t("Next record"), run: () => to(1) }, { keys: "p", label: t("Record before"), run: () => to(-1) }],
  })), [at, from]);
  const label = objectOf(object)?.plural ?? object;
  return (
    <nav class="walk" aria-label={t("Way back")}>
      <a href={from ?? `/lists/${object}`}><Icon name="chevron-left" class="flip" /><span>{label}</span></a>
      {walk && at >= 0 && (
        <span class="row"><span class="meta num">{t("{n} of {total}", { n: at + 1, total: walk.total })}</span>
          <IconButton icon="chevron-up" label={t("Record before")} onClick={() => to(-1)} disabled={at === 0} />
          <IconButton icon="chevron-down" label={t("Next record")} onClick={() => to(1)} disabled={at >= walk.ids.length - 1} /></span>
      )}
    </nav>
  );
}
