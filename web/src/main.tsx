import "./styles/tokens.css";
import "./styles/base.css";
import "./styles/ui.css";
import "./styles/shell.css";
import "./screens/day/day.css";
import "./screens/list/list.css";
import "./screens/record/record.css";
import "./screens/notifications/notifications.css";
import "./screens/settings/settings.css";
import { render } from "preact";
import { whenSignedOut, type Me, type Problem } from "./api/client";
import { zone } from "./i18n/format";
import { t } from "./i18n/t";
import { startKeys } from "./keys/keys";
import { startRouter } from "./nav/router";
import { effectsAfterPaint } from "./shell/after-paint";
import { App } from "./shell/app";
import { startLive } from "./store/live";
import { offlineProblem } from "./ui/states";
import { loadDrafts } from "./store/mails";
import { send } from "./store/outbox";
import { startHolding } from "./store/hold";
import { failed, loadSession, me } from "./store/session";
import { followSettings, keepSettings, type Kept } from "./store/settings";

whenSignedOut(() => location.assign(`/sign-in?next=${encodeURIComponent(location.pathname + location.search)}`));
effectsAfterPaint();
keepSettings();
startRouter();
startKeys();
startHolding();
const root = document.getElementById("app");
if (root) render(<App />, root);
async function saveSettings(patch: Partial<Kept>): Promise<Problem | null> {
  const sent = await send({ user: me.peek()?.id ?? "", method: "PATCH", path: "/api/v1/me", body: patch, version: null, label: t("Settings") });
  if (sent.ok === false) return sent.problem;
  if (sent.ok === true && "zone" in patch) zone.value = (sent.data as Me).zone || "UTC";
  return null;
}
loadSession().then(() => {
  const settings = me.peek()?.settings;
  if (settings) followSettings(settings, saveSettings);
  loadDrafts();
  void startLive();
}, () => (failed.value = offlineProblem()));
