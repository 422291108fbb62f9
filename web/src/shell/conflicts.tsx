// Two people changed the same field: both values, and one's own choice.
import { t } from "../i18n/t";
import { conflicts, solveConflict } from "../store/change";
import { fieldOf, objectOf } from "../store/session";
import { showValue } from "../store/values";
import { Dialog } from "../ui/dialog";

export function Conflicts() {
  const c = conflicts.value[0];
  if (!c) return null;
  const shape = objectOf(c.object);
  const field = shape ? fieldOf(shape, c.field) : undefined;
  const text = (v: unknown): string => (field ? showValue(field, v) : String(v ?? "")) || t("empty");
  return (
    <Dialog title={t("{field}: changed by two people", { field: field?.label ?? c.field })} onClose={() => solveConflict(c, false)}>
      <p>{t("While you were changing this, somebody else saved another value. Which one should stay?")}</p>
      <div class="choices">
        <button type="button" class="choice" onClick={() => solveConflict(c, true)}><span class="meta">{t("Yours")}</span><b>{text(c.mine)}</b></button>
        <button type="button" class="choice" onClick={() => solveConflict(c, false)}><span class="meta">{t("Theirs")}</span><b>{text(c.theirs)}</b></button>
      </div>
    </Dialog>
  );
}
