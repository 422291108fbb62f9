// The public API, typed by the description of this installation. A refusal is a value; only a broken network throws.
import { signal } from "@preact/signals";
import createClient from "openapi-fetch";
import type { components, paths } from "./schema";

export type Schemas = components["schemas"];
export type Problem = Schemas["Problem"];
export type Me = Schemas["Me"];
export type Task = Schemas["Task"];
export type ObjectShape = Schemas["ObjectShape"];
export type FieldShape = Schemas["FieldShape"];
export type AnyRecord = Schemas["AnyRecord"];

export class Offline extends Error {}
// Did the server answer when it was asked last, whatever it was asked?
export const online = signal(true);

export type Result<T> = { ok: true; data: T; etag: string | null } | { ok: false; problem: Problem };

const raw: typeof fetch = async (input, init) => {
  let response: Response;
  try {
    response = await fetch(input, init);
  } catch (e) {
    if (e instanceof DOMException && e.name === "AbortError") throw e;
    online.value = false;
    throw new Offline("The server cannot be reached.");
  }
  online.value = true;
  if (response.status === 401) signedOut();
  return response;
};

export const api = createClient<paths>({ baseUrl: "/", fetch: raw });
export type Api = typeof api;

let onSignedOut: () => void = () => undefined;
export function whenSignedOut(fn: () => void): void {
  onSignedOut = fn;
}
function signedOut(): void {
  onSignedOut();
}

// What openapi-fetch answers, as one value.
export function settle<T>(answer: { data?: T; error?: unknown; response: Response }): Result<T> {
  if (answer.response.ok) return { ok: true, data: answer.data as T, etag: answer.response.headers.get("ETag") };
  return { ok: false, problem: problemOf(answer.error, answer.response.status) };
}

export function problemOf(error: unknown, status: number): Problem {
  if (typeof error === "object" && error !== null && "detail" in error && "code" in error) return error as Problem;
  return { type: "about:blank", title: "The server answered in an unknown way.", status, detail: `Status ${status}`, code: "internal", request_id: "" };
}

// Addresses of records are the same for every object; the types are those of one of them.
export type RecordsPath = "/api/v1/records/deal";
export function recordsPath(object: string): RecordsPath {
  return `/api/v1/records/${object}` as RecordsPath;
}
export function recordPath(object: string): "/api/v1/records/deal/{id}" {
  return `/api/v1/records/${object}/{id}` as "/api/v1/records/deal/{id}";
}

export function newKey(): string {
  return crypto.randomUUID();
}
