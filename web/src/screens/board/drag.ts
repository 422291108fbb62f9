// Carrying a card with the pointer: six pixels begin it with a mouse, 220 ms of rest with a finger, so a swipe still scrolls.
const START_PX = 6;
const SWIPE_PX = 10;
const PRESS_MS = 220;
const EDGE_PX = 48;

interface Carry {
  over: (stage: string | null) => void;
  drop: (stage: string) => void;
}

let carrying = false;
export function isCarrying(): boolean {
  return carrying;
}

// On the board itself, before any touch begins: while a card is carried the page must not scroll under it.
export function holdStill(board: HTMLElement): () => void {
  const stop = (e: Event): void => {
    if (carrying) e.preventDefault();
  };
  board.addEventListener("touchmove", stop, { passive: false });
  board.addEventListener("contextmenu", stop);
  return () => {
    board.removeEventListener("touchmove", stop);
    board.removeEventListener("contextmenu", stop);
  };
}

// Only places of the same board take the card: lanes have a board each.
function stageAt(board: HTMLElement, x: number, y: number): string | null {
  const el = document.elementFromPoint(x, y)?.closest<HTMLElement>("[data-stage]");
  return el && el.closest("[data-board]") === board.closest("[data-board]") ? (el.dataset["stage"] ?? null) : null;
}

export function carry(e: PointerEvent, card: HTMLElement, board: HTMLElement, to: Carry): void {
  if (e.button !== 0 || carrying || (e.target instanceof Element && e.target.closest("button, input, [popover]"))) return;
  const touch = e.pointerType !== "mouse";
  const from = { x: e.clientX, y: e.clientY };
  let at = { ...from };
  let ghost: HTMLElement | null = null;
  let scroller = 0;

  const begin = (): void => {
    const box = card.getBoundingClientRect();
    carrying = true;
    ghost = card.cloneNode(true) as HTMLElement;
    ghost.classList.add("ghost-card");
    ghost.setAttribute("aria-hidden", "true");
    ghost.style.width = `${box.width}px`;
    ghost.style.height = `${box.height}px`;
    ghost.style.left = `${box.left}px`;
    ghost.style.top = `${box.top}px`;
    document.body.append(ghost);
    card.classList.add("carried");
    board.classList.add("carrying");
    scroller = window.setInterval(() => {
      const b = board.getBoundingClientRect();
      if (at.x > b.right - EDGE_PX) board.scrollLeft += 14;
      else if (at.x < b.left + EDGE_PX) board.scrollLeft -= 14;
    }, 16);
    follow();
  };
  const follow = (): void => {
    if (!ghost) return;
    ghost.style.transform = `translate(${at.x - from.x}px, ${at.y - from.y}px)`;
    to.over(stageAt(board, at.x, at.y));
  };
  const timer = touch ? window.setTimeout(begin, PRESS_MS) : 0;

  const end = (): void => {
    clearTimeout(timer);
    clearInterval(scroller);
    ghost?.remove();
    ghost = null;
    carrying = false;
    card.classList.remove("carried");
    board.classList.remove("carrying");
    to.over(null);
    document.removeEventListener("pointermove", onMove);
    document.removeEventListener("pointerup", onUp);
    document.removeEventListener("pointercancel", end);
    document.removeEventListener("keydown", onKey, true);
  };
  const onMove = (ev: PointerEvent): void => {
    if (ev.pointerId !== e.pointerId) return;
    at = { x: ev.clientX, y: ev.clientY };
    const far = Math.hypot(at.x - from.x, at.y - from.y);
    if (!ghost && touch && far > SWIPE_PX) return end();
    if (!ghost && !touch && far >= START_PX) begin();
    follow();
  };
  const onUp = (ev: PointerEvent): void => {
    if (ev.pointerId !== e.pointerId) return;
    const stage = ghost ? stageAt(board, ev.clientX, ev.clientY) : null;
    if (ghost) {
      // The click that follows belongs to the carrying, not to the link under it.
      const stop = (c: Event): void => { c.preventDefault(); c.stopPropagation(); };
      document.addEventListener("click", stop, { capture: true, once: true });
      setTimeout(() => document.removeEventListener("click", stop, { capture: true }), 50);
    }
    end();
    if (stage !== null) to.drop(stage);
  };
  const onKey = (k: KeyboardEvent): void => {
    if (k.key !== "Escape") return;
    k.preventDefault();
    k.stopPropagation();
    end();
  };
  document.addEventListener("pointermove", onMove);
  document.addEventListener("pointerup", onUp);
  document.addEventListener("pointercancel", end);
  document.addEventListener("keydown", onKey, true);
}
