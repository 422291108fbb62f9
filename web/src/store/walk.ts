// The order of a list somebody came from, so that next and previous walk it. By the address of the list.
export interface Walk {
  ids: readonly string[];
  total: number;
}
export const walks = new Map<string, Walk>();
export function keepWalk(href: string, walk: Walk): void {
  walks.delete(href);
  walks.set(href, walk);
  for (const old of walks.keys()) if (walks.size > 10) walks.delete(old);
}
