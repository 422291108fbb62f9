// Every word people see goes through here. The English sentence is the key; a catalogue maps it to another language.
import { signal } from "@preact/signals";

type Values = Record<string, string | number>;
export type Catalogue = Record<string, string>;

const catalogue = signal<Catalogue>({});
export const locale = signal<string>(typeof navigator === "undefined" ? "en" : (navigator.language || "en"));

export function setCatalogue(words: Catalogue): void {
  catalogue.value = words;
}

// Making a format costs as much as using it a hundred times, so each is made once.
const numbers = new Map<string, Intl.NumberFormat>();
export function numberFormat(kind: string, options?: Intl.NumberFormatOptions): Intl.NumberFormat {
  const key = `${locale.value} ${kind}`;
  let f = numbers.get(key);
  if (!f) numbers.set(key, (f = new Intl.NumberFormat(locale.value, options)));
  return f;
}
const plural = new Intl.PluralRules("en");

function fill(text: string, values: Values | undefined): string {
  if (!values) return text;
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => {
    const v = values[name];
    return v === undefined ? whole : typeof v === "number" ? numberFormat("plain").format(v) : v;
  });
}

export function t(text: string, values?: Values): string {
  return fill(catalogue.value[text] ?? text, values);
}

// One or many: tn(3, "{n} record", "{n} records").
export function tn(n: number, one: string, other: string, values?: Values): string {
  const form = plural.select(n) === "one" ? one : other;
  return fill(catalogue.value[form] ?? form, { n, ...values });
}
