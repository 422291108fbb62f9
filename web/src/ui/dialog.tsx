// Dialogs on <dialog>: the browser keeps the focus inside, makes the rest inert and gives Esc its meaning.
import type { ComponentChildren } from "preact";
import { useId, useLayoutEffect, useRef } from "preact/hooks";
import { t } from "../i18n/t";
import { IconButton } from "./button";

interface Props {
  title: string;
  onClose: () => void;
  children: ComponentChildren;
  kind?: "dialog" | "wide" | "sheet" | "palette" | "full";
  bare?: boolean; // no visible heading
}

export function Dialog({ title, onClose, children, kind = "dialog", bare }: Props) {
  const ref = useRef<HTMLDialogElement>(null);
  const id = useId();
  useLayoutEffect(() => {
    const before = document.activeElement;
    const d = ref.current;
    if (d && !d.open) d.showModal();
    return () => {
      d?.close();
      if (before instanceof HTMLElement && before.isConnected) before.focus({ preventScroll: true });
    };
  }, []);
  return (
    // eslint-disable-next-line jsx-a11y/no-noninteractive-element-interactions, jsx-a11y/click-events-have-key-events -- Esc closes as well
    <dialog ref={ref} class={`dialog ${kind}`} aria-labelledby={bare ? undefined : id} aria-label={bare ? title : undefined}
      onCancel={(e) => { e.preventDefault(); onClose(); }} onClick={(e) => { if (e.target === ref.current) onClose(); }}>
      <div class="dialog-box">
        {!bare && (
          <header>
            <h2 id={id}>{title}</h2>
            <IconButton icon="x" label={t("Close")} onClick={onClose} />
          </header>
        )}
        {children}
      </div>
    </dialog>
  );
}
