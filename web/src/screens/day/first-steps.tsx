// My Day of a company that was created a moment ago: nothing is owed yet, and this is what people do first.
import type { ComponentChildren } from "preact";
import { useEffect, useState } from "preact/hooks";
import { api, settle } from "../../api/client";
import { t } from "../../i18n/t";
import { creating } from "../../shell/create";
import { onChange } from "../../store/live";
import { mainObjects, me, objects, people } from "../../store/session";
import { Button } from "../../ui/button";
import { Icon, type IconName } from "../../ui/icon";

// Is there nothing at all to work on? null while that is not known. Asked when My Day is empty, and again while it stays so
// and something changes.
export function useFresh(): boolean | null {
  const [fresh, setFresh] = useState<boolean | null>(null);
  useEffect(() => {
    let gone = false;
    const kept = mainObjects.peek().filter((o) => o.may["read"] !== "none");
    const ask = async (): Promise<void> => {
      for (const o of kept) {
        const found = settle(await api.GET(`/api/v1/records/${o.name}/count` as "/api/v1/records/deal/count", { params: { query: {} } }));
        if (gone) return;
        if (!found.ok || found.data.count > 0) {
          stop();
          return setFresh(false);
        }
      }
      setFresh(true);
    };
    const stop = onChange(() => void ask());
    void ask();
    return () => { gone = true; stop(); };
  }, []);
  return fresh;
}

function Step({ icon, title, text, children }: { icon: IconName; title: string; text: string; children: ComponentChildren }) {
  return (
    <li class="first-step">
      <Icon name={icon} size={20} />
      <div class="grow"><b>{title}</b><p class="muted">{text}</p></div>
      {children}
    </li>
  );
}

export function FirstSteps() {
  const lead = objects.value.get("lead") ?? mainObjects.value[0];
  const mayAdd = lead && lead.may["create"] !== "none";
  const mayInvite = objects.value.get("user")?.may["create"] !== "none" && me.value?.rights.includes("manage-users");
  return (
    <section class="first-steps" aria-labelledby="first-steps">
      <h2 id="first-steps">{t("Nothing is owed yet. To begin with:")}</h2>
      <ol>
        {mayAdd && (
          <Step icon="plus" title={t("Add what you are working on")} text={t("One name is enough. Where a workflow begins with it, its first step appears here.")}>
            <Button act kind="primary" onClick={() => (creating.value = lead.name)}>{t("New {object}", { object: lead.label })}</Button>
          </Step>
        )}
        <Step icon="book-open" title={t("Read the manual")} text={t("It says what is to be done, by whom, and why. Cross out what is not true for you.")}>
          <a class="button plain" data-act="" href="/manual"><span>{t("Open the manual")}</span></a>
        </Step>
        {mayInvite && (
          <Step icon="users" title={t("Add the people you work with")} text={people.value.size > 1 ? t("{n} are here.", { n: people.value.size }) : t("Until then everything is yours.")}>
            <a class="button plain" data-act="" href="/lists/user"><span>{t("People")}</span></a>
          </Step>
        )}
        <Step icon="list" title={t("Bring in what you have")} text={t("Lists from another program come in as CSV files, in the terminal: the report names every line that was changed or is doubtful.")}>
          <code>fairlead import</code>
        </Step>
      </ol>
    </section>
  );
}
