import { describe, expect, it } from "vitest";
import type { Task } from "../../../web/src/api/client";
import { settleOrder } from "../../../web/src/store/tasks";

const queue = (ids: string): Task[] => [...ids].map((id) => ({ id, title: id }) as unknown as Task);
const order = (old: string, now: string, anchors: string): [string, string] => {
  const { tasks, held } = settleOrder(queue(old), queue(now), new Set(anchors));
  return [tasks.map((x) => x.id).join(""), held.map((x) => x.id).join("")];
};

describe("the queue after a change by others", () => {
  it("does not move the open task: what would stand before it is held back", () => {
    expect(order("abc", "xabc", "a")).toEqual(["abc", "x"]);
    expect(order("abc", "xaybc", "b")).toEqual(["abc", "xy"]);
  });
  it("takes what comes behind into its place", () => {
    expect(order("abc", "aybc", "a")).toEqual(["aybc", ""]);
    expect(order("abc", "abcz", "b")).toEqual(["abcz", ""]);
  });
  it("lets go what is gone, also before the open one", () => {
    expect(order("abc", "bc", "b")).toEqual(["bc", ""]);
    expect(order("abc", "bc", "a")).toEqual(["bc", ""]);
  });
  it("keeps the order down to the last thing looked at", () => {
    expect(order("abcd", "dcba", "ab")).toEqual(["abdc", ""]);
  });
  it("follows the server where nothing is looked at", () => {
    expect(order("", "xy", "")).toEqual(["xy", ""]);
    expect(order("abc", "cxa", "q")).toEqual(["cxa", ""]);
  });
});
