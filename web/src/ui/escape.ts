// Esc inside a form that stands in the page closes that form alone; a dialog above it keeps its own.
import { useLayoutEffect, useRef } from "preact/hooks";

export function useEscape(close: () => void): { current: HTMLFormElement | null } {
  const ref = useRef<HTMLFormElement>(null);
  const latest = useRef(close);
  latest.current = close;
  useLayoutEffect(() => {
    const el = ref.current;
    const onKey = (e: KeyboardEvent): void => {
      if (e.key !== "Escape" || e.defaultPrevented) return;
      e.preventDefault();
      latest.current();
    };
    el?.addEventListener("keydown", onKey);
    return () => el?.removeEventListener("keydown", onKey);
  }, []);
  return ref;
}
