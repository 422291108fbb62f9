// Effects run after what they belong to is painted, however long that takes. Preact's own clock gives up after 35 ms: on a slow
// machine all that follows (reads, more rows, another drawing) would then come before the picture.
import { options } from "preact";
import { useEffect, useState } from "preact/hooks";

const HIDDEN_MS = 500; // a page nobody sees gets no frames

export function afterPaint(run: () => void): void {
  let done = false;
  const once = (): void => {
    if (done) return;
    done = true;
    clearTimeout(timer);
    run();
  };
  const timer = setTimeout(once, HIDDEN_MS);
  requestAnimationFrame(() => setTimeout(once));
}

// For long screens: false in the first drawing of what stands, which shows what is in sight; true once that is painted.
export function useWhole(stands: boolean): boolean {
  const [whole, setWhole] = useState(false);
  useEffect(() => { if (stands) setWhole(true); }, [stands]);
  return whole;
}

export function effectsAfterPaint(): void {
  options.requestAnimationFrame = afterPaint;
}
