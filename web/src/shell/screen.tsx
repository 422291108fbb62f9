// The frame of a screen: heading, primary action, content. The heading takes the focus when one comes from another screen.
import type { ComponentChildren } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";
import { isRestoring, moves, restore } from "../nav/router";

interface Props {
  title: string;
  heading?: ComponentChildren; // where the heading shows more than its words
  meta?: ComponentChildren;
  actions?: ComponentChildren;
  children: ComponentChildren;
  class?: string;
  ready?: boolean; // content stands: scroll may be given back
}

export function Screen({ title, heading, meta, actions, children, class: cls, ready = true }: Props) {
  const h1 = useRef<HTMLHeadingElement>(null);
  const move = moves.value;
  const seen = useRef(-1);
  useLayoutEffect(() => {
    document.title = `${title} · fairlead`;
  }, [title]);
  useLayoutEffect(() => {
    if (seen.current === move || (isRestoring() && !ready)) return;
    seen.current = move;
    if (isRestoring() ? restore() : false) return;
    if (move > 0) {
      h1.current?.focus({ preventScroll: true });
      if (!location.hash) scrollTo(0, 0);
    }
  }, [move, ready]);
  return (
    <div class={`screen ${cls ?? ""}`}>
      <header class="screen-head">
        <div class="screen-title">
          <h1 tabIndex={-1} ref={h1}>{heading ?? title}</h1>
          {meta && <div class="screen-meta">{meta}</div>}
        </div>
        {actions && <div class="screen-actions">{actions}</div>}
      </header>
      {children}
    </div>
  );
}
