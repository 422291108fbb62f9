// What a group is called.
import type { FieldShape } from "../../api/client";
import { locale, t } from "../../i18n/t";
import { showValue } from "../../store/values";
import { OTHERS, type Group } from "./lines";

export function groupLabel(field: FieldShape | undefined, group: Group): string {
  if (group.key === OTHERS) return t("Others");
  if (!field || group.key === "") return field ? t("No {field}", { field: field.label.toLowerCase() }) : "";
  if (field.type === "date") return new Intl.DateTimeFormat(locale.value, { month: "long", year: "numeric", timeZone: "UTC" }).format(new Date(`${group.key}-01T00:00:00Z`));
  return showValue(field, group.value) || group.key;
}
