// Writes that can be taken back for a few seconds before they are sent. They are laid down from the start: whoever closes the page
// while one could still be taken back has answered, so it is sent at once, and a page that is killed sends it later.
import { dropToast, toast } from "../ui/toast";
import { forget, layDown, send, type Sent, type Write } from "./outbox";

export interface Holding {
  write: Omit<Write, "key" | "at" | "until">;
  ms: number;
  said: string;     // the words beside Undo
  back: () => void; // it was taken back
  sent: (how: Sent) => void | Promise<void>;
}
interface Held {
  how: Holding;
  write: Write;
  timer: number;
  toastId: number;
}
const held = new Map<string, Held>(); // by the key of the write

async function sendHeld(h: Held): Promise<void> {
  clearTimeout(h.timer);
  held.delete(h.write.key);
  dropToast(h.toastId); // also where the pointer rests on it: an Undo that does nothing must not stand there
  await h.how.sent(await send(h.write));
}

export function holdBack(how: Holding): void {
  const write = layDown(how.write, how.ms);
  const h: Held = { how, write, timer: 0, toastId: 0 };
  h.timer = window.setTimeout(() => void sendHeld(h), how.ms);
  h.toastId = toast(how.said, {
    ms: how.ms,
    undo: () => {
      clearTimeout(h.timer);
      if (!held.delete(write.key)) return;
      forget(write.key);
      how.back();
    },
  });
  held.set(write.key, h);
}

export function flushHeld(): void {
  for (const h of [...held.values()]) void sendHeld(h);
}
export function startHolding(): void {
  addEventListener("pagehide", flushHeld);
}
