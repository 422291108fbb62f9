// The composer, wherever one is: it stays while the screen below it changes, and a mail that is taken back opens it again.
import type { ComponentChildren } from "preact";
import { useEffect, useLayoutEffect } from "preact/hooks";
import { composing, early, putAside } from "../store/mails";
import { t } from "../i18n/t";
import { Dialog } from "../ui/dialog";
import { Skeleton } from "../ui/states";
import { lazy, Suspense } from "./lazy";

function close(): void {
  const draft = composing.peek();
  if (draft) putAside(draft);
}
// The same place, before the code is there. What is typed meanwhile neither reaches the screen below nor is it lost.
function Frame({ children }: { children: ComponentChildren }) {
  useLayoutEffect(() => {
    early.words = "";
    const onKey = (e: KeyboardEvent): void => {
      if (e.key.length !== 1 || e.ctrlKey || e.metaKey || e.altKey) return;
      e.preventDefault();
      early.words += e.key;
    };
    addEventListener("keydown", onKey, { capture: true });
    return () => removeEventListener("keydown", onKey, { capture: true });
  }, []);
  return <Dialog title={t("Mail")} onClose={close} kind="wide">{children}</Dialog>;
}
const Composer = lazy(() => import("../screens/mail/composer").then((m) => m.Composer), (note) => <Frame>{note}</Frame>);
// Where a mail may be written, its code comes along.
export function useComposer(on: boolean): void {
  useEffect(() => { if (on) Composer.want(); }, [on]);
}

export function ComposeHere() {
  const draft = composing.value;
  if (!draft) return null;
  return <Suspense fallback={<Frame><Skeleton rows={9} height={56} /></Frame>}><Composer key={draft.key} draft={draft} /></Suspense>;
}
