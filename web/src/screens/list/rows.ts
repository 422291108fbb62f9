// The rows of a list: the first hundred at once, the rest behind it, page after page, so that the whole list scrolls.
import { useEffect, useRef, useState } from "preact/hooks";
import { api, recordsPath, settle, type AnyRecord, type Problem } from "../../api/client";
import { BEHIND_MS, isFresh, keep, standing } from "../../store/kept";
import { onChange, ticks } from "../../store/live";
import { offlineProblem } from "../../ui/states";

const FIRST = 100;
const PAGE = 1000;
const MOST = 100_000;
const SETTLE_MS = 80;

export interface Rows {
  rows: readonly AnyRecord[];
  total: number;
  exact: boolean;
  loading: boolean; // nothing of this list is here yet
  problem: Problem | null;
  moved: number;    // changes since that may alter order or content of the list
  whole: boolean;   // everything that matches is here
  reading: number;  // which reading of the list this is
  refresh: () => void;
}

interface Standing {
  rows: readonly AnyRecord[];
  total: { n: number; exact: boolean };
  whole: boolean;
}

export function useRows(object: string, filter: string, sort: string, fields: string): Rows {
  const key = JSON.stringify(["rows", object, filter, sort, fields]);
  const [first] = useState(() => standing<Standing>(key));
  const [rows, setRows] = useState<readonly AnyRecord[]>(first?.rows ?? []);
  const [total, setTotal] = useState(first?.total ?? { n: 0, exact: true });
  const [state, setState] = useState<{ loading: boolean; problem: Problem | null }>({ loading: first === null, problem: null });
  const [moved, setMoved] = useState(0);
  const [round, setRound] = useState(0);
  const [whole, setWhole] = useState(first?.whole ?? false);
  const [reading, setReading] = useState(0);
  const held = useRef<AnyRecord[]>(first ? [...first.rows] : []);

  useEffect(() => {
    let alive = true;
    // What stood when it was seen last stands until all of it is read anew; asked for a new order, it begins from the top.
    const stands = round === 0 ? standing<Standing>(key) : null;
    if (stands) {
      held.current = [...stands.rows];
      setRows(stands.rows);
      setTotal(stands.total);
    }
    setState((s) => ({ loading: s.loading && !stands || (!stands && held.current.length === 0), problem: null }));
    setWhole(stands?.whole ?? false);
    if (stands?.whole && isFresh(key)) return undefined;
    const read = async (): Promise<void> => {
      let cursor: string | undefined;
      let count = { n: 0, exact: true };
      const found: AnyRecord[] = [];
      if (stands) await new Promise((done) => setTimeout(done, BEHIND_MS));
      const tick = ticks.peek();
      for (let page = 0; alive && found.length < MOST; page++) {
        const r = settle(await api.GET(recordsPath(object), { params: { query: { filter: filter || undefined, sort: sort || undefined, fields, cursor, limit: page === 0 ? FIRST : PAGE, count: page === 0 || undefined } } }));
        if (!alive) return;
        if (!r.ok) return setState({ loading: false, problem: r.problem });
        const data = r.data.data as AnyRecord[];
        for (const row of data) found.push(stands ? asBefore(stands.rows[found.length], row) : row);
        const answer = r.data as { count?: number; count_is_exact?: boolean; next: string | null };
        if (page === 0) count = { n: answer.count ?? found.length, exact: answer.count_is_exact ?? true };
        const behind = stands !== null && answer.next !== null && found.length < stands.rows.length;
        if (!behind) {
          if (held.current !== found) {
            setTotal(count);
            setMoved(0);
            setReading((n) => n + 1);
          }
          held.current = found;
          const shown = found.slice();
          setRows(shown);
          keep(key, { rows: shown, total: count, whole: answer.next === null } satisfies Standing, tick);
          setState({ loading: false, problem: null });
        }
        if (!answer.next) {
          setWhole(true);
          break;
        }
        cursor = answer.next;
        await new Promise((done) => setTimeout(done, SETTLE_MS)); // what somebody does now goes first
      }
    };
    read().catch(() => { if (alive) setState({ loading: false, problem: held.current.length ? null : offlineProblem() }); });
    return () => { alive = false; };
  }, [object, filter, sort, fields, round]);

  useEffect(() => {
    let timer = 0;
    const changed = new Set<string>();
    const replace = async (): Promise<void> => {
      const ids = [...changed].slice(0, 50);
      changed.clear();
      const here = ids.filter((id) => held.current.some((x) => x.id === id));
      if (!here.length) return;
      // As a list, since only lists have the columns that are worked out.
      const r = settle(await api.GET(recordsPath(object), { params: { query: { filter: `id in (${here.map((id) => `'${id}'`).join(", ")})`, fields, limit: here.length } } }));
      if (!r.ok) return;
      const now = new Map((r.data.data as AnyRecord[]).map((x) => [x.id, x]));
      for (const [at, x] of held.current.entries()) held.current[at] = now.get(x.id) ?? x; // in place: pages that still come are added to the same
      setRows(held.current.slice());
    };
    const stop = onChange((c) => {
      if (!c) return setRound((n) => n + 1);
      if (c.object !== object) return;
      setMoved((n) => n + 1);
      changed.add(c.id);
      clearTimeout(timer);
      timer = window.setTimeout(() => void replace().catch(() => undefined), SETTLE_MS);
    });
    return () => {
      stop();
      clearTimeout(timer);
    };
  }, [object, fields]);

  return { rows, total: Math.max(total.n, rows.length), exact: total.exact, ...state, moved, whole, reading, refresh: () => setRound((n) => n + 1) };
}

// The same row as before if it says the same: what is drawn of it stays.
function asBefore(old: AnyRecord | undefined, now: AnyRecord): AnyRecord {
  return old !== undefined && old.id === now.id && JSON.stringify(old) === JSON.stringify(now) ? old : now;
}
