// What a screen shows when it has nothing, cannot, or may not.
import type { ComponentChildren } from "preact";
import { useEffect, useState } from "preact/hooks";
import type { Problem } from "../api/client";
import { t } from "../i18n/t";
import { Button } from "./button";
import { Icon, type IconName } from "./icon";

export function EmptyState({ icon, title, children }: { icon: IconName; title: string; children?: ComponentChildren }) {
  return (
    <div class="empty">
      <Icon name={icon} size={20} />
      <p class="empty-title">{title}</p>
      {children}
    </div>
  );
}

// What happened, and the way out.
export function ProblemNote({ problem, retry }: { problem: Problem; retry?: () => void }) {
  return (
    <div class="note bad" role="alert">
      <Icon name="circle-alert" />
      <div class="grow stack">
        <p>{problem.detail}</p>
        {problem.reason && <p>{t("Why: {reason}", { reason: problem.reason })}</p>}
        {problem.way_out && <p>{problem.way_out}</p>}
        <p class="row wrap">
          {retry && <Button act onClick={retry}>{t("Try again")}</Button>}
          {problem.page && <a href={`/manual/${problem.page}`}>{t("The rule in the manual")}</a>}
        </p>
      </div>
    </div>
  );
}

export function offlineProblem(): Problem {
  return {
    type: "about:blank", title: t("The server cannot be reached."), status: 0, code: "io.failed", request_id: "",
    detail: t("The server cannot be reached. What you change is kept on this device and sent when it is back."),
  };
}

// Nothing for 300 ms, then boxes of the final size.
export function Skeleton({ rows, height = 40 }: { rows: number; height?: number }) {
  const [late, setLate] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setLate(true), 300);
    return () => clearTimeout(timer);
  }, []);
  return (
    <div class={late ? "skeleton" : "skeleton early"} aria-hidden="true">
      {Array.from({ length: rows }, (_, i) => <div key={i} style={{ height: `${height}px` }}><span /></div>)}
    </div>
  );
}
