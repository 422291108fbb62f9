import { t } from "../i18n/t";
import { groups } from "../keys/keys";
import { singleKeys } from "../store/settings";
import { Kbd } from "../ui/button";
import { Dialog } from "../ui/dialog";
import { keyText } from "../keys/keys";

export function KeySheet({ onClose }: { onClose: () => void }) {
  return (
    <Dialog title={t("Keyboard shortcuts")} onClose={onClose}>
      <label class="row"><input type="checkbox" checked={singleKeys.value} onChange={(e) => (singleKeys.value = e.currentTarget.checked)} />{t("Single keys as shortcuts")}</label>
      {groups.value.filter((g) => g.actions.some((a) => !a.hidden)).map((g) => (
        <section key={g.title} class="key-group">
          <h3>{g.title}</h3>
          <dl>
            {g.actions.filter((a) => !a.hidden).map((a) => (
              <div key={a.keys}><dt>{a.label}</dt><dd><span class="sr">{keyText(a.keys).join(" ")}</span><Kbd keys={a.keys} /></dd></div>
            ))}
          </dl>
        </section>
      ))}
    </Dialog>
  );
}
