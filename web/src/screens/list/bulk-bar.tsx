// What can be done with the rows that are chosen.
import { t, tn } from "../../i18n/t";
import { Button, IconButton } from "../../ui/button";
import type { BulkAsk } from "./bulk-dialog";

interface Props {
  n: number;
  total: number;
  exact: boolean;
  able: readonly BulkAsk[];
  ask: (what: BulkAsk) => void;
  all: () => void;
  clear: () => void;
}

export function BulkBar({ n, total, exact, able, ask, all, clear }: Props) {
  return (
    <section class="bulk-bar" aria-label={t("Selected rows")}>
      <p class="num" role="status">{tn(n, "{n} selected", "{n} selected")}</p>
      {n < total && <Button act kind="quiet" onClick={all}>{exact ? t("Select all {n}", { n: total }) : t("Select all that match")}</Button>}
      <span class="grow" />
      {able.includes("edit") && <Button icon="pencil" keys="e" onClick={() => ask("edit")}>{t("Change")}</Button>}
      {able.includes("assign") && <Button icon="user-plus" keys="a" onClick={() => ask("assign")}>{t("Assign")}</Button>}
      {able.includes("archive") && <Button act={t("Selected rows")} icon="archive" onClick={() => ask("archive")}>{t("Archive")}</Button>}
      {able.includes("delete") && <Button act={t("Selected rows")} icon="trash-2" onClick={() => ask("delete")}>{t("Delete")}</Button>}
      <IconButton icon="x" label={t("Select nothing")} onClick={clear} />
    </section>
  );
}
