// Putting a record away, and taking it out again: the archive keeps everything, and nothing is owed about what lies in it.
import { t } from "../../i18n/t";
import { send } from "../../store/outbox";
import { entryOf, readRecord } from "../../store/records";
import { me } from "../../store/session";
import { toast } from "../../ui/toast";

export async function putAway(object: string, id: string, title: string, away: boolean): Promise<void> {
  const how = away ? t("{name} is archived.", { name: title }) : t("{name} is out of the archive.", { name: title });
  const sent = await send({ user: me.peek()?.id ?? "", method: "POST", path: `/api/v1/records/${object}/${id}/${away ? "archive" : "unarchive"}`, body: {}, version: entryOf(object, id).peek()?.version ?? null, label: how });
  if (sent.ok === false) {
    toast(t("{name} stays as it was: {why}", { name: title, why: [sent.problem.detail, sent.problem.way_out].filter(Boolean).join(" ") }), { ms: 12_000 });
    return;
  }
  if (sent.ok === true) await readRecord(object, id);
  toast(sent.ok === true ? how : t("{how} Kept on this device.", { how }), { undo: () => void putAway(object, id, title, !away) });
}
