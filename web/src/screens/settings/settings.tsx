// Settings: what one likes, who works here, what each role may do, and the program itself.
import { t } from "../../i18n/t";
import { place } from "../../nav/router";
import { Screen } from "../../shell/screen";
import { MeSettings } from "./me";
import { People } from "./people";
import { Roles } from "./roles";
import { System } from "./system";

const PARTS = [["", "Me"], ["users", "Users"], ["roles", "Roles"], ["system", "System"]] as const;

export function Settings({ part }: { part: string }) {
  const here = PARTS.some(([name]) => name === part) ? part : "";
  const label = PARTS.find(([name]) => name === here)?.[1] ?? "Me";
  return (
    <Screen title={here ? t("Settings: {part}", { part: t(label) }) : t("Settings")} class="settings-screen" key={place.value.path}>
      <nav class="tabs" aria-label={t("Settings")}>
        {PARTS.map(([name, word]) => <a key={name} data-act={t("Settings")} href={name ? `/settings/${name}` : "/settings"} aria-current={name === here ? "page" : undefined}>{t(word)}</a>)}
      </nav>
      {here === "users" ? <People /> : here === "roles" ? <Roles /> : here === "system" ? <System /> : <MeSettings />}
    </Screen>
  );
}
