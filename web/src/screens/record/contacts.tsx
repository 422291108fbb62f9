// The last contacts with somebody: read before one dials or writes, so that nobody asks twice.
import { formatAgo } from "../../i18n/format";
import { t } from "../../i18n/t";
import { Icon } from "../../ui/icon";
import type { ObjectShape, Task } from "../../api/client";
import { lineOf, type Item } from "./timeline";

export function contactsOf(items: readonly Item[], n: number): readonly Item[] {
  return items.filter((x) => x.kind === "activity").slice(0, n);
}

export function LastContacts({ shape, items, next, n = 6 }: { shape: ObjectShape; items: readonly Item[] | null; next: Task | undefined; n?: number }) {
  const last = contactsOf(items ?? [], n);
  return (
    <section class="last-contacts" aria-label={t("What was said so far")}>
      <h3>{t("What was said so far")}</h3>
      {next && <p class="row last-next"><Icon name="circle-dot" /><span>{t("Open now: {task}", { task: next.title })}</span></p>}
      {items === null ? <p class="muted">{t("The history is being read …")}</p> : last.length === 0 ? <p class="muted">{t("Nobody has written anything down yet. This is the first contact.")}</p> : (
        <ol>
          {last.map((item) => {
            const line = lineOf(shape, item);
            return (
              <li key={item.id}>
                <p class="row"><Icon name={line.icon} /><b class="grow cut">{line.head}</b><span class="meta nowrap">{formatAgo(item.at)}</span></p>
                {line.body && <p class="last-body muted">{line.body}</p>}
                {line.who && <p class="meta">{line.who}</p>}
              </li>
            );
          })}
        </ol>
      )}
    </section>
  );
}
