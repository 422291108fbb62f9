// Mails to customers and the tone check, as the server answers them.
import { api, settle, type Result } from "./client";
import type { Words } from "../store/tasks";

export interface MailAddress {
  address: string;
  name: string;
  label: string; // of the field it stands in
  object: string;
  record: string;
  record_title: string;
}
export interface MailInfo {
  mail: "on" | "off";
  from: string;
  reply_to: string;
  addresses: readonly MailAddress[];
  templates: readonly { page: string; label: string }[];
  words: Words | null;
}
export interface MailState {
  id: string;
  activity: string;
  to: string;
  state: "waiting" | "sent" | "failed";
  at: string;
  sent: string | null;
  error: string;
}
export interface Hint {
  page: string;
  page_label: string;
  words: string; // what it is about, as it stands in the text; "": the whole
  at: number;    // characters before it
  text: string;
  why: string;
}
export const MAILS = "/api/v1/mails";

type Loose = (path: string, init: object) => Promise<{ data?: unknown; error?: unknown; response: Response }>;

export async function readMail(object: string, id: string, template: string, signal: AbortSignal): Promise<Result<MailInfo>> {
  return settle(await (api.GET as unknown as Loose)(`/api/v1/records/${object}/${id}/mail`, { params: { query: template ? { template } : {} }, signal })) as Result<MailInfo>;
}
export async function readTone(channel: string, text: string, signal: AbortSignal): Promise<Result<{ hints: readonly Hint[] }>> {
  return settle(await (api.POST as unknown as Loose)("/api/v1/tone", { body: { channel, text }, signal })) as Result<{ hints: readonly Hint[] }>;
}
