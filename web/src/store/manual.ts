// The pages of the live manual.
import { signal } from "@preact/signals";
import { api, settle, type Problem, type Schemas } from "../api/client";
import { offlineProblem } from "../ui/states";

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
export function isProblem(x: Page | Problem): x is Problem {
  return "detail" in x;
}
