// What is done rarely with a list: plain pages, export, copying its address.
import { useState } from "preact/hooks";
import type { ObjectShape, Problem } from "../../api/client";
import { t } from "../../i18n/t";
import { plainPages } from "../../store/settings";
import { Button } from "../../ui/button";
import { Dialog } from "../../ui/dialog";
import { Menu, type MenuItem } from "../../ui/menu";
import { offlineProblem, ProblemNote } from "../../ui/states";
import { toast } from "../../ui/toast";
import type { Column } from "./columns";
import { exportHref, exportRefusal } from "./export";
import type { Look } from "./look";

export function ListMenu({ shape, look, columns }: { shape: ObjectShape; look: Look; columns: readonly Column[] }) {
  const [refusal, setRefusal] = useState<Problem | null>(null);
  const may = shape.may["export"] !== undefined && shape.may["export"] !== "none";
  const download = (): void => {
    if (!may) {
      void exportRefusal(shape).then((p) => { if (p) setRefusal(p); }, () => setRefusal(offlineProblem()));
      return;
    }
    const a = document.createElement("a");
    a.href = exportHref(shape, look, columns);
    a.download = `${shape.name}.csv`;
    document.body.append(a);
    a.click();
    a.remove();
    toast(t("The export has begun: what is listed here, in these columns."));
  };
  const items: MenuItem[] = [
    { label: t("Export as CSV"), icon: "download", hint: may ? undefined : t("not allowed"), run: download },
    { label: t("Copy the address"), icon: "link", run: () => void navigator.clipboard.writeText(location.href).then(() => toast(t("Copied.")), () => toast(t("The browser did not let it be copied."))) },
    plainPages.value ? { label: t("As a grid"), icon: "rows-3", run: () => (plainPages.value = false) } : { label: t("As plain pages"), icon: "file-text", run: () => (plainPages.value = true) },
  ];
  return (
    <>
      <Menu act={t("This list")} label={t("More about this list")} icon="ellipsis" iconOnly kind="quiet" focus="list-menu" items={items} />
      {refusal && (
        <Dialog title={t("Not exported")} onClose={() => setRefusal(null)}>
          <ProblemNote problem={refusal} />
          <div class="form-foot"><Button kind="primary" onClick={() => setRefusal(null)}>{t("Close")}</Button></div>
        </Dialog>
      )}
    </>
  );
}
