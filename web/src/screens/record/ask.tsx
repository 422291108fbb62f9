// Whom to ask when a rule or a right stops somebody: who answers for the page, with telephone, and one click to ask them.
import { useEffect, useState } from "preact/hooks";
import { api, newKey, settle } from "../../api/client";
import { t } from "../../i18n/t";
import { loadManual, manualPages } from "../../store/manual";
import { me } from "../../store/session";
import { Button } from "../../ui/button";
import { Icon } from "../../ui/icon";
import { toast } from "../../ui/toast";

export interface Helper {
  id: string;
  name: string;
  phone: string;
  email: string;
}

// People of a role, whoever one reports to first. Role names are the manual's own: letters, digits, dashes.
export async function holdersOf(role: string): Promise<readonly Helper[]> {
  if (!/^[a-z][a-z0-9_-]*$/.test(role)) return [];
  const [mine, all] = await Promise.all([
    api.GET("/api/v1/records/user", { params: { query: { filter: `id = '${me.peek()?.id ?? "0"}'`, fields: "name,reports_to", limit: 1 } } }).then(settle),
    api.GET("/api/v1/records/user", { params: { query: { filter: `roles contains '${role}' and active`, fields: "name,phone,email", sort: "name", limit: 20 } } }).then(settle),
  ]);
  if (!all.ok) return [];
  const boss = mine.ok ? (mine.data.data[0]?.reports_to?.id ?? "") : "";
  return all.data.data.map((p) => ({ id: p.id, name: p.name ?? "", phone: p.phone ?? "", email: p.email ?? "" }))
    .sort((a, b) => Number(b.id === boss) - Number(a.id === boss));
}

interface Props {
  page?: string; // of the manual: its owner's role answers for it
  role?: string;
  record: string;
  what: string; // title of the task that asks
  note?: string;
}

export function AskWhom({ page, role, record, what, note }: Props) {
  const [people, setPeople] = useState<readonly Helper[] | null>(null);
  const [asked, setAsked] = useState("");
  useEffect(() => void loadManual(), []);
  const owner = role ?? manualPages.value?.find((p) => p.path === page)?.owner ?? "";
  const roleLabel = manualPages.value?.find((p) => p.path === `role/${owner}`)?.label ?? owner;
  useEffect(() => {
    let alive = true;
    if (owner) void holdersOf(owner).then((list) => { if (alive) setPeople(list); }, () => { if (alive) setPeople([]); });
    return () => { alive = false; };
  }, [owner]);
  const first = people?.find((p) => p.id !== me.value?.id);
  if (!first) return null;
  const ask = async (): Promise<void> => {
    try {
      const r = settle(await api.POST("/api/v1/tasks", { params: { header: { "Idempotency-Key": newKey() } }, body: { record, title: what.slice(0, 200), owed_by: first.id, note } }));
      if (!r.ok) {
        toast([r.problem.detail, r.problem.way_out].filter(Boolean).join(" "), { ms: 15_000 });
        return;
      }
      setAsked(first.id);
      toast(t("{name} is asked: it stands on their day.", { name: first.name }));
    } catch {
      toast(t("The server cannot be reached, so nobody was asked."));
    }
  };
  return (
    <p class="ask row wrap">
      <Icon name="user" />
      <span>{t("Ask {name} ({role})", { name: first.name, role: roleLabel })}</span>
      {first.phone && <a href={`tel:${first.phone}`} class="num">{first.phone}</a>}
      {asked ? <span class="meta">{t("asked")}</span> : <Button act={first.name} onClick={() => void ask()}>{t("Ask with a task")}</Button>}
    </p>
  );
}
