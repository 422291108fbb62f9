// What the guide of the manual has to say about the words, while they are being written.
import { useEffect, useState } from "preact/hooks";
import { readTone, type Hint } from "../../api/mail";

const PAUSE_MS = 300;

export interface Tone {
  hints: readonly Hint[];
  state: "asking" | "known" | "unreachable";
}
// The last answer stands until the next one comes.
export function useTone(channel: "email" | "message", text: string): Tone {
  const [tone, setTone] = useState<Tone>({ hints: [], state: "asking" });
  useEffect(() => {
    if (!text.trim()) return setTone({ hints: [], state: "known" });
    const stop = new AbortController();
    const timer = setTimeout(() => {
      readTone(channel, text, stop.signal).then((r) => setTone(r.ok ? { hints: r.data.hints, state: "known" } : { hints: [], state: "unreachable" }), () => {
        if (!stop.signal.aborted) setTone({ hints: [], state: "unreachable" });
      });
    }, PAUSE_MS);
    return () => {
      clearTimeout(timer);
      stop.abort();
    };
  }, [channel, text]);
  return tone;
}
