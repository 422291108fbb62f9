// The pages of the live manual.
import { signal } from "@preact/signals";
import { api, settle, type Problem, type Schemas } from "../api/client";
import { locale, t } from "../i18n/t";
import { offlineProblem } from "../ui/states";
import { personName } from "./session";

export type PageHead = Schemas["PageHead"];
export type Page = Schemas["Page"];
export const manualPages = signal<readonly PageHead[] | null>(null);
export const manualVersion = signal(0);
export const manualProblem = signal<Problem | null>(null);
const pages = new Map<string, Page>();

export async function loadManual(again = false): Promise<void> {
  if (manualPages.peek() && !again) return;
  try {
    const r = settle(await api.GET("/api/v1/manual/pages"));
    if (!r.ok) {
      manualProblem.value = r.problem;
      return;
    }
    if (manualVersion.peek() !== r.data.version) pages.clear();
    manualVersion.value = r.data.version;
    manualPages.value = r.data.data;
    manualProblem.value = null;
  } catch {
    if (!manualPages.peek()) manualProblem.value = offlineProblem();
  }
}

export function knownPage(path: string): Page | undefined {
  return pages.get(path);
}
export async function readPage(path: string): Promise<Page | Problem> {
  const known = pages.get(path);
  if (known) return known;
  const [kind = "", name = ""] = path.split("/");
  try {
    const r = settle(await api.GET("/api/v1/manual/pages/{kind}/{name}", { params: { path: { kind, name } } }));
    if (!r.ok) return r.problem;
    pages.set(path, r.data);
    return r.data;
  } catch {
    return offlineProblem();
  }
}

export type Version = Schemas["VersionList"]["data"][number];
export function authorOf(v: Version): string {
  return personName(v.author) || (v.author ? t("somebody who has left") : t("the first start"));
}

export type PageVersion = Schemas["PageVersion"];
// A page as it was in an older version.
export async function readOldPage(path: string, version: number): Promise<PageVersion | Problem> {
  const [kind = "", name = ""] = path.split("/");
  try {
    const r = settle(await api.GET("/api/v1/manual/versions/{version}/pages/{kind}/{name}", { params: { path: { version, kind, name } } }));
    return r.ok ? r.data : r.problem;
  } catch {
    return offlineProblem();
  }
}

// The labels of the roles whose page lists a right, as words: "Administrator or Sales manager"; empty: nobody known.
export async function rolesWith(right: string): Promise<string> {
  await loadManual();
  const heads = (manualPages.peek() ?? []).filter((p) => p.kind === "role");
  const pages = await Promise.all(heads.map((r) => readPage(r.path)));
  const may = pages.flatMap((p) => (!isProblem(p) && new RegExp(`^rights:.*\\b${right}\\b`, "m").test(p.text) ? [p.label] : []));
  return new Intl.ListFormat(locale.peek(), { type: "disjunction" }).format(may);
}

// ---- what changed since one has looked ----
export type ManualDiff = Schemas["ManualDiff"];
export type PageDiff = ManualDiff["pages"][number];
export const newsKnown = signal(false); // whether unseen has been asked for: what it adds must not push a page that stands
export const unseen = signal<ManualDiff | null>(null); // null: nothing changed, or not known yet

export async function readDiff(from: number, to: number): Promise<ManualDiff | Problem> {
  try {
    const r = settle(await api.GET("/api/v1/manual/diff", { params: { query: { from, to } } }));
    return r.ok ? r.data : r.problem;
  } catch {
    return offlineProblem();
  }
}

export async function markSeen(version: number): Promise<void> {
  unseen.value = null;
  try {
    await api.PUT("/api/v1/manual/seen", { body: { version } });
  } catch {
    // Asked again the next time.
  }
}

// Whoever opens the manual for the first time has seen it as it is; later versions are news.
export async function loadUnseen(): Promise<void> {
  try {
    const seen = settle(await api.GET("/api/v1/manual/seen"));
    if (!seen.ok) return;
    if (seen.data.version === 0) return await markSeen(seen.data.live);
    if (seen.data.version >= seen.data.live) {
      unseen.value = null;
      return;
    }
    const diff = await readDiff(seen.data.version, seen.data.live);
    if (!isProblem(diff)) unseen.value = diff.pages.length ? diff : null;
  } catch {
    // News can wait for the connection.
  } finally {
    newsKnown.value = true;
  }
}

export function isProblem(x: object): x is Problem {
  return "detail" in x;
}
