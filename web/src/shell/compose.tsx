// The composer, wherever one is: it stays while the screen below it changes, and a mail that is taken back opens it again.
import type { ComponentChildren } from "preact";
import { composing, putAside } from "../store/mails";
import { t } from "../i18n/t";
import { Dialog } from "../ui/dialog";
import { Skeleton } from "../ui/states";
import { lazy, Suspense } from "./lazy";

const load = () => import("../screens/mail/composer").then((m) => m.Composer);
function close(): void {
  if (composing.peek()) putAside(composing.peek() as NonNullable<typeof composing.value>);
}
// The same place, before the code is there: keys that are pressed meanwhile do not reach the screen below.
function Frame({ children }: { children: ComponentChildren }) {
  return <Dialog title={t("Mail")} onClose={close} kind="wide">{children}</Dialog>;
}
const Composer = lazy(load, (note) => <Frame>{note}</Frame>);

export function ComposeHere() {
  const draft = composing.value;
  if (!draft) return null;
  return <Suspense fallback={<Frame><Skeleton rows={9} height={56} /></Frame>}><Composer key={draft.key} draft={draft} /></Suspense>;
}
