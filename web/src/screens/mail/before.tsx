// What to look at before a mail goes: what is not filled in yet, and what the guide says about the words. Pressing one goes to it.
// And beside it, why the template says what it says.
import { t, tn } from "../../i18n/t";
import { Icon } from "../../ui/icon";
import { StatusChip, WhyLink } from "../../ui/status";
import type { Words } from "../../api/mail";
import { sentence } from "../day/task-card";
import { placeOf, untouched, type Gap, type Span } from "./gaps";
import type { Tone } from "./tone";

interface Props {
  subject: string;
  body: string;
  words: Words | null;
  gaps: readonly Gap[];
  tone: Tone;
  show: (span: Span) => void;
}

// A sentence that is too long is told by its beginning.
function short(text: string): string {
  const flat = text.replace(/\s+/g, " ").trim();
  return flat.length <= 60 ? flat : `${flat.slice(0, 59).trimEnd()}…`;
}

function GoTo({ span, text, show }: { span: Span; text: string; show: (span: Span) => void }) {
  return <button type="button" class="link-button" onClick={() => show(span)}><span class="sr">{t("Go to:")} </span>{text}</button>;
}

export function Before({ subject, body, words, gaps, tone, show }: Props) {
  const plain = untouched(body, words, gaps);
  // What was mended since the guide was asked is gone at once.
  const hints = tone.hints.map((h) => ({ hint: h, span: placeOf(h, subject, body) })).filter((x) => x.span !== null || !x.hint.words);
  const fill = gaps.length + plain.length;
  const said = [fill ? tn(fill, "{n} place to fill in", "{n} places to fill in") : "", hints.length ? tn(hints.length, "{n} hint on the tone", "{n} hints on the tone") : ""].filter(Boolean).join(" · ")
    || (!subject.trim() && !body.trim() ? t("Nothing is written yet.") : tone.state === "asking" ? t("The tone is being checked …") : tone.state === "unreachable" ? t("The tone could not be checked: no answer from the server.") : t("Nothing to mend."));
  const fine = !fill && !hints.length && tone.state === "known" && body.trim() !== "";
  return (
    <section class="mail-part mail-before" aria-label={t("Before it goes")}>
      <h3>{t("Before it goes")}</h3>
      <p class="row" role="status"><Icon name={fine ? "circle-check" : fill ? "triangle-alert" : hints.length ? "message-square" : "circle"} class={fine ? "ok" : fill ? "warn" : ""} /><span>{said}</span></p>
      {fill + hints.length > 0 && (
        <ul>
          {gaps.map((g) => (
            <li key={`${g.where} ${g.at}`}>
              <GoTo span={g} text={g.text} show={show} />
              <p class="meta">{g.kind === "field" ? t("The record does not say it. Write it here, or fill it in on the record.") : t("To be put into your own words.")}</p>
            </li>
          ))}
          {plain.map((p) => (
            <li key={`own ${p.name}`}>
              <GoTo span={p.span} text={p.name} show={show} />
              <p class="meta">{t("Stands as in the template: make it yours.")}</p>
            </li>
          ))}
          {hints.map(({ hint, span }, i) => (
            <li key={`${hint.page} ${hint.words} ${i}`}>
              {span && <GoTo span={span} text={`“${short(hint.words)}”`} show={show} />}
              <p>{hint.text}</p>
              <p class="meta">{hint.why} <WhyLink page={hint.page} label={hint.page_label} /></p>
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}

export function WhyWords({ words }: { words: Words }) {
  return (
    <section class="mail-part" aria-label={t("Why these words")}>
      <h3>{t("Why these words")}</h3>
      <ul>
        {words.passages.map((p) => (
          <li key={p.name}>
            <p class="row wrap"><b>{p.name}</b>{p.personal && <StatusChip tone="info" icon="pencil">{t("make it yours")}</StatusChip>}</p>
            {p.why && <p class="meta">{sentence(p.why)}</p>}
          </li>
        ))}
      </ul>
      <p><WhyLink page={words.page} label={t("Template: {name}", { name: words.label })} /></p>
    </section>
  );
}
