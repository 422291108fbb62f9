// Reading for a screen: what was read last stands at once, the server's answer replaces it, a refusal stays beside it.
import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import { Offline, type Problem, type Result } from "../../api/client";
import { BEHIND_MS, isFresh, keep, standing } from "../../store/kept";
import { onChange, ticks } from "../../store/live";
import { offlineProblem } from "../../ui/states";

export interface Loaded<T> {
  data: T | null;
  problem: Problem | null;
  loading: boolean;
  reload: () => void;
}

interface State<T> {
  key: string;
  data: T | null;
  problem: Problem | null;
}

// key names everything the answer depends on; the answer of an older key never replaces that of a newer one.
export function useLoad<T>(key: string, read: () => Promise<Result<T>>): Loaded<T> {
  const [state, setState] = useState<State<T>>(() => ({ key, data: standing<T>(key), problem: null }));
  const [turn, setTurn] = useState(0);
  const reader = useRef(read);
  reader.current = read;
  useEffect(() => {
    let old = false;
    const stands = standing<T>(key);
    setState((s) => (s.key === key ? s : { key, data: stands, problem: null }));
    if (stands !== null && turn === 0 && isFresh(key)) return undefined;
    const read = (): void => void reader.current().then(
      (r) => {
        if (r.ok) keep(key, r.data, tick);
        if (old) return;
        setState((s) => (r.ok ? { key, data: r.data, problem: null } : { key, data: s.key === key ? s.data : null, problem: r.problem }));
      },
      (e: unknown) => {
        if (!(e instanceof Offline)) throw e;
        if (!old) setState((s) => ({ key, data: s.key === key ? s.data : null, problem: offlineProblem() }));
      },
    );
    let tick = ticks.peek();
    const timer = stands === null ? 0 : window.setTimeout(() => { tick = ticks.peek(); read(); }, BEHIND_MS);
    if (stands === null) read();
    return () => {
      old = true;
      clearTimeout(timer);
    };
  }, [key, turn]);
  const current = state.key === key ? state : { key, data: standing<T>(key), problem: null };
  return { data: current.data, problem: current.problem, loading: !current.data && !current.problem, reload: useCallback(() => setTurn((n) => n + 1), []) };
}

// Calls fn when records of these objects were changed by anybody, at most once in ms.
export function useChanges(objects: readonly string[], ms: number, fn: () => void): void {
  const latest = useRef(fn);
  latest.current = fn;
  const names = objects.join(",");
  useEffect(() => {
    let timer = 0;
    const stop = onChange((c) => {
      if (c && !names.split(",").includes(c.object)) return;
      if (!timer) timer = window.setTimeout(() => { timer = 0; latest.current(); }, ms);
    });
    return () => {
      clearTimeout(timer);
      stop();
    };
  }, [names, ms]);
}
