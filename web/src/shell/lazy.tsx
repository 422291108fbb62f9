// A screen's code comes when it is first wanted. While it travels, the place keeps its size.
import type { ComponentChildren, ComponentType } from "preact";
import { createContext, h } from "preact";
import { useContext, useEffect, useState } from "preact/hooks";
import { t } from "../i18n/t";
import { ProblemNote } from "../ui/states";

const Fallback = createContext<ComponentChildren>(null);

export function Suspense({ fallback, children }: { fallback: ComponentChildren; children: ComponentChildren }) {
  return <Fallback.Provider value={fallback}>{children}</Fallback.Provider>;
}

// around: what the words stand in, where the code cannot be had. want: it comes before it is needed, so that keys pressed at once
// land in it.
export function lazy<P extends object>(load: () => Promise<ComponentType<P>>, around = (note: ComponentChildren): ComponentChildren => <div class="screen">{note}</div>): ComponentType<P> & { want: () => void } {
  let ready: ComponentType<P> | null = null;
  const get = async (): Promise<void> => { ready ??= await load(); };
  function Lazy(props: P) {
    const [, again] = useState(0);
    const [broken, setBroken] = useState(false);
    const fallback = useContext(Fallback);
    useEffect(() => {
      if (!ready) get().then(() => again((n) => n + 1), () => setBroken(true));
    }, []);
    if (ready) return h(ready, props);
    if (broken) return <>{around(<ProblemNote retry={() => location.reload()} problem={{ type: "about:blank", title: "", status: 0, code: "io.failed", request_id: "", detail: t("This screen could not be loaded. There may be no connection, or a newer version of the program.") }} />)}</>;
    return <>{fallback}</>;
  }
  return Object.assign(Lazy, { want: () => void get().catch(() => undefined) });
}
