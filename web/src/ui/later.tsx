// "Not now": a date is needed, a reason is not.
import { useId, useState } from "preact/hooks";
import { formatNear, fromLocalInput, toLocalInput } from "../i18n/format";
import { t } from "../i18n/t";
import { Button } from "./button";
import { DateField } from "./date-field";
import { Popover } from "./menu";

function isLater(instant: string): boolean {
  return Date.parse(instant) > Date.now();
}

export function laterChoices(now: number): [string, string][] {
  const at = (days: number, hour: number): string => {
    const [day = ""] = toLocalInput(now + days * 86_400_000).split("T");
    return fromLocalInput(`${day}T${String(hour).padStart(2, "0")}:00`);
  };
  const weekday = new Date(`${toLocalInput(now).slice(0, 10)}T00:00:00Z`).getUTCDay();
  const monday = ((8 - weekday) % 7) || 7;
  return [
    [t("In 2 hours"), new Date(now + 2 * 3_600_000).toISOString()],
    [t("Tomorrow morning"), at(1, 9)],
    ...(monday > 1 ? [[t("Monday morning"), at(monday, 9)] as [string, string]] : []),
    [t("In a week"), at(7, 9)],
  ];
}

export function Later({ label, put, focus, act }: { label: string; put: (until: string) => void; focus?: string; act?: string }) {
  const [own, setOwn] = useState("");
  const id = useId();
  return (
    <Popover label={label} icon="clock" kind="quiet" focus={focus} act={act}>
      {(close) => {
        const choose = (until: string): void => {
          close();
          put(until);
        };
        return (
          <div class="not-now">
            {laterChoices(Date.now()).map(([name, until]) => <button key={name} type="button" class="menu-item" onClick={() => choose(until)}><span class="grow">{name}</span><span class="meta">{formatNear(until)}</span></button>)}
            <form onSubmit={(e) => { e.preventDefault(); if (isLater(own)) choose(own); }}>
              <label for={id}>{t("Another time")}</label>
              <div class="row top"><DateField id={id} value={null} time ahead onValue={(v) => setOwn(v ?? "")} /><Button type="submit" disabled={!isLater(own)}>{t("Set")}</Button></div>
            </form>
          </div>
        );
      }}
    </Popover>
  );
}
