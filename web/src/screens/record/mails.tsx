// What became of the mails of a record: on the way, sent, or not, and why.
import { useMemo } from "preact/hooks";
import type { MailState } from "../../api/mail";
import { dayOf, formatInstant, formatTime, today } from "../../i18n/format";
import { t } from "../../i18n/t";
import { StatusChip } from "../../ui/status";
import type { Work } from "./next";

export type Mails = ReadonlyMap<string, MailState>; // by the activity they are logged as

export function useMails(work: Work | null): Mails {
  const list = work?.mails;
  return useMemo(() => new Map((list ?? []).map((m) => [m.activity, m])), [list]);
}

export function MailChip({ mail }: { mail: MailState }) {
  if (mail.state === "waiting") return <StatusChip tone="info" icon="clock">{t("on its way")}</StatusChip>;
  if (mail.state === "failed") return <StatusChip tone="warn" icon="triangle-alert">{t("not sent: {why}", { why: mail.error || t("the mail server gave no reason") })}</StatusChip>;
  const when = mail.sent ?? mail.at;
  return <StatusChip tone="ok" icon="check">{t("sent {when}", { when: dayOf(when) === today() ? formatTime(when) : formatInstant(when) })}</StatusChip>;
}
