// The main job through a generated client: a lead comes in, its next step is shown with its reason, the step is done.
import createClient from "openapi-fetch";
import type { paths } from "./schema.js";

declare const process: { env: Record<string, string | undefined> };

const api = createClient<paths>({
  baseUrl: process.env["BASE"] ?? "",
  headers: { Authorization: `Bearer ${process.env["TOKEN"]}` },
});

function must<T>(answer: { data?: T; error?: unknown; response: Response }): T {
  if (answer.data === undefined) throw new Error(`${answer.response.status} ${JSON.stringify(answer.error)}`);
  return answer.data;
}

const me = must(await api.GET("/api/v1/me"));
const lead = must(
  await api.POST("/api/v1/records/lead", {
    body: { name: "Mia Kane", company: "Harbor Health", email: "mia.kane@harbor.example", owner: me.id },
    headers: { "Idempotency-Key": "client-test-1" },
  }),
);
const again = must(
  await api.POST("/api/v1/records/lead", {
    body: { name: "Mia Kane", company: "Harbor Health", email: "mia.kane@harbor.example", owner: me.id },
    headers: { "Idempotency-Key": "client-test-1" },
  }),
);
if (again.id !== lead.id) throw new Error("the same request made two leads");

const day = must(await api.GET("/api/v1/my-day", { params: { query: { limit: 50 } } }));
const task = day.data.find((t) => t.record?.id === lead.id);
if (!task) throw new Error(`no task for the new lead: ${JSON.stringify(day.data)}`);
if (!task.why?.page) throw new Error("the task gives no reason");

must(
  await api.POST("/api/v1/records/activity", {
    body: { kind: "email", direction: "out", subject: "Thank you for writing", links: [lead.id] },
  }),
);
const found = must(await api.GET("/api/v1/search", { params: { query: { q: "harbor hea" } } }));
if (!found.data.some((r) => r.id === lead.id)) throw new Error("search does not find the lead");
const after = must(await api.GET("/api/v1/my-day", { params: { query: { limit: 50 } } }));
if (after.data.some((t) => t.id === task.id && t.title === "First reply")) throw new Error("the reply did not meet the step");
console.log("main job done");
