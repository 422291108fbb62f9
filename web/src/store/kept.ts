// What was read last, so that a screen seen before stands at once. It is read anew behind what stands, unless nothing was heard
// of a change since: the server tells this client of every change while it is connected.
import { connected, ticks } from "./live";

interface Kept {
  data: unknown;
  tick: number; // of the live updates when its reading began
  at: number;   // milliseconds of this page
}

const MOST = 40;
const FRESH_MS = 60_000; // longer ago, the time itself may have changed what matches
const kept = new Map<string, Kept>();

// tick: ticks.peek() when the reading began; what was heard meanwhile makes it old already.
export function keep(key: string, data: unknown, tick: number): void {
  kept.delete(key);
  kept.set(key, { data, tick, at: performance.now() });
  const oldest = kept.keys().next();
  if (kept.size > MOST && !oldest.done) kept.delete(oldest.value);
}
export function standing<T>(key: string): T | null {
  return (kept.get(key)?.data as T | undefined) ?? null;
}
export function isFresh(key: string): boolean {
  const k = kept.get(key);
  return k !== undefined && k.tick === ticks.peek() && connected.peek() && performance.now() - k.at < FRESH_MS;
}
// How long reading anew waits where something stands: what somebody does now goes first.
export const BEHIND_MS = 250;
