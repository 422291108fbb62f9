// What became of the mails of a record: on the way, sent, or not, and why.
import { useEffect, useMemo, useRef } from "preact/hooks";
import type { MailState } from "../../api/mail";
import { dayOf, formatInstant, formatTime, today } from "../../i18n/format";
import { t } from "../../i18n/t";
import { StatusChip } from "../../ui/status";
import type { Work } from "./next";

export type Mails = ReadonlyMap<string, MailState>; // by the activity they are logged as

// Where one is on its way, it is asked again soon, then less and less often: nobody is told when a mail server has taken it.
const FIRST_MS = 1500;
const LAST_MS = 60_000;
export function useMails(work: Work | null, again: () => void): Mails {
  const list = (work as { mails?: readonly MailState[] } | null)?.mails;
  const mails = useMemo(() => new Map((list ?? []).map((m) => [m.activity, m])), [list]);
  const waits = list?.some((m) => m.state === "waiting") === true;
  const wait = useRef(FIRST_MS);
  useEffect(() => {
    if (!waits) {
      wait.current = FIRST_MS;
      return undefined;
    }
    const timer = setTimeout(again, wait.current);
    wait.current = Math.min(LAST_MS, wait.current * 2);
    return () => clearTimeout(timer);
  }, [list, waits]);
  return mails;
}

export function MailChip({ mail }: { mail: MailState }) {
  if (mail.state === "waiting") return <StatusChip tone="info" icon="clock">{t("on its way")}</StatusChip>;
  if (mail.state === "failed") return <StatusChip tone="warn" icon="triangle-alert">{t("not sent: {why}", { why: mail.error || t("the mail server gave no reason") })}</StatusChip>;
  const when = mail.sent ?? mail.at;
  return <StatusChip tone="ok" icon="check">{t("sent {when}", { when: dayOf(when) === today() ? formatTime(when) : formatInstant(when) })}</StatusChip>;
}
