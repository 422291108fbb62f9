// A panel beside a list: the list goes on working. It can be made wider and narrower, by pointer and by keys; on a phone it is a
// sheet over the list.
import type { ComponentChildren } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { t } from "../i18n/t";
import { remember, remembered } from "../store/settings";
import { IconButton } from "./button";
import { Dialog } from "./dialog";

const WIDTH = 440;
const WIDTH_MIN = 360;
const WIDTH_MAX = 640;
const PHONE = "(max-width: 639px)";

function bounded(w: number): number {
  return Math.max(WIDTH_MIN, Math.min(WIDTH_MAX, Math.round(w)));
}

interface Props {
  title: string;
  onClose: () => void;
  actions?: ComponentChildren;
  children: ComponentChildren;
}

function usePhone(): boolean {
  const [phone, setPhone] = useState(() => matchMedia(PHONE).matches);
  useEffect(() => {
    const media = matchMedia(PHONE);
    const say = (): void => setPhone(media.matches);
    media.addEventListener("change", say);
    return () => media.removeEventListener("change", say);
  }, []);
  return phone;
}

export function PeekPanel({ title, onClose, actions, children }: Props) {
  const phone = usePhone();
  const [width, setWidth] = useState(() => bounded(remembered("peek-width", WIDTH)));
  const panel = useRef<HTMLElement>(null);
  if (phone) return <Dialog title={title} onClose={onClose} kind="sheet">{actions && <div class="row wrap">{actions}</div>}{children}</Dialog>;
  const keep = (w: number): void => {
    setWidth(bounded(w));
    remember("peek-width", bounded(w));
  };
  const drag = (e: PointerEvent): void => {
    e.preventDefault();
    const target = e.currentTarget as HTMLElement;
    const sign = getComputedStyle(target).direction === "rtl" ? 1 : -1;
    const x = e.clientX;
    target.setPointerCapture(e.pointerId);
    const at = (ev: PointerEvent): number => width + sign * (ev.clientX - x);
    const onMove = (ev: PointerEvent): void => setWidth(bounded(at(ev)));
    const onEnd = (ev: PointerEvent): void => {
      target.removeEventListener("pointermove", onMove);
      if (ev.type === "pointerup") keep(at(ev));
    };
    target.addEventListener("pointermove", onMove);
    target.addEventListener("pointerup", onEnd, { once: true });
    target.addEventListener("pointercancel", onEnd, { once: true });
  };
  return (
    // eslint-disable-next-line jsx-a11y/no-noninteractive-element-interactions -- Esc goes back to the list
    <aside class="peek" ref={panel} aria-label={title} style={{ width: `${width}px` }}
      onKeyDown={(e) => { if (e.key === "Escape" && !e.defaultPrevented) { e.preventDefault(); e.stopPropagation(); onClose(); } }}>
      {/* eslint-disable-next-line jsx-a11y/no-noninteractive-element-interactions, jsx-a11y/no-noninteractive-tabindex -- a splitter is a control */}
      <div class="peek-grip" role="separator" tabIndex={0} aria-orientation="vertical" aria-label={t("Width of the panel")} aria-valuemin={WIDTH_MIN} aria-valuemax={WIDTH_MAX} aria-valuenow={width}
        onPointerDown={drag} onDblClick={() => keep(WIDTH)}
        onKeyDown={(e) => {
          const by = e.key === "ArrowLeft" ? 20 : e.key === "ArrowRight" ? -20 : 0;
          if (!by && e.key !== "Home" && e.key !== "End") return;
          e.preventDefault();
          keep(e.key === "Home" ? WIDTH_MIN : e.key === "End" ? WIDTH_MAX : width + by);
        }} />
      <header class="peek-head">
        <h2 class="grow cut">{title}</h2>
        {actions}
        <IconButton act icon="x" label={t("Close the panel")} onClick={onClose} />
      </header>
      <div class="peek-body">{children}</div>
    </aside>
  );
}
