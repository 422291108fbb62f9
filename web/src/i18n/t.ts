// Every word people see goes through here. The English sentence is the key; a catalogue maps it to another language.
import { signal } from "@preact/signals";

type Values = Record<string, string | number>;
export type Catalogue = Record<string, string>;

const catalogue = signal<Catalogue>({});
export const locale = signal<string>(typeof navigator === "undefined" ? "en" : (navigator.language || "en"));

export function setCatalogue(words: Catalogue): void {
  catalogue.value = words;
}

function fill(text: string, values: Values | undefined): string {
  if (!values) return text;
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => {
    const v = values[name];
    return v === undefined ? whole : typeof v === "number" ? v.toLocaleString(locale.value) : v;
  });
}

export function t(text: string, values?: Values): string {
  return fill(catalogue.value[text] ?? text, values);
}

// One or many: tn(3, "{n} record", "{n} records").
export function tn(n: number, one: string, other: string, values?: Values): string {
  const form = new Intl.PluralRules("en").select(n) === "one" ? one : other;
  return fill(catalogue.value[form] ?? form, { n, ...values });
}
