// Mails to customers and the tone check.
import { api, settle, type Result, type Schemas } from "./client";

export type Words = Schemas["Words"];
export type MailForm = Schemas["MailForm"];
export type MailAddress = MailForm["addresses"][number];
export type MailState = Schemas["MailOfRecord"];
export type Hint = Schemas["ToneHint"];

export const MAILS = "/api/v1/mails";

export async function readMail(object: string, id: string, template: string, signal: AbortSignal): Promise<Result<MailForm>> {
  return settle(await api.GET(`/api/v1/records/${object}/{id}/mail` as "/api/v1/records/deal/{id}/mail", { params: { path: { id }, query: { template: template || undefined } }, signal }));
}
export async function readTone(channel: "email" | "message", text: string, signal: AbortSignal): Promise<Result<Schemas["Tone"]>> {
  return settle(await api.POST("/api/v1/tone", { body: { channel, text }, signal }));
}
