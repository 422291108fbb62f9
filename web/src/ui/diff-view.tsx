// What changed between two versions of the manual, in words: settings as sentences, texts with what went struck through and
// what came underlined. Colour only helps; the marks are lines and, for those who listen, words.
import { t, tn } from "../i18n/t";
import type { PageDiff } from "../store/manual";
import { StatusChip } from "./status";

type Passage = PageDiff["passages"][number];
type Piece = Passage["pieces"][number];

function PieceText({ piece }: { piece: Piece }) {
  if (piece.how === "removed") return <del><span class="sr">{t("removed:")} </span>{piece.text}<span class="sr"> {t("end of what was removed")}</span></del>;
  if (piece.how === "added") return <ins><span class="sr">{t("added:")} </span>{piece.text}<span class="sr"> {t("end of what was added")}</span></ins>;
  return <>{piece.text}</>;
}

function PassageText({ passage }: { passage: Passage }) {
  const where = passage.section || t("Text");
  return (
    <div class="diff-passage">
      <p class="meta">{where} · {passage.line ? t("line {n}", { n: passage.line }) : t("was line {n}", { n: passage.line_before })}</p>
      <p class="diff-text">{passage.pieces.map((p, i) => <span key={i}>{i > 0 ? " " : ""}<PieceText piece={p} /></span>)}</p>
    </div>
  );
}

export function changeText(page: PageDiff): string {
  const n = page.sentences.length + page.passages.length;
  if (page.change === "added") return t("new page");
  if (page.change === "removed") return t("page removed");
  return n ? tn(n, "{n} change", "{n} changes") : t("only its layout");
}

export function DiffView({ pages, version }: { pages: readonly PageDiff[]; version: number | null }) {
  return (
    <div class="diff">
      {pages.map((p) => (
        <article key={p.path} id={p.path.replace("/", "-")} class="diff-page" aria-labelledby={`diff-${p.path}`}>
          <h2 id={`diff-${p.path}`}>
            {p.change === "removed" ? p.label : <a href={`/manual/${p.path}${version ? `?version=${version}` : ""}`}>{p.label}</a>}
            <StatusChip tone={p.change === "added" ? "ok" : p.change === "removed" ? "bad" : "info"} icon={p.change === "added" ? "plus" : p.change === "removed" ? "x" : "pencil"}>{changeText(p)}</StatusChip>
          </h2>
          {p.sentences.length > 0 && <ul class="bullets">{p.sentences.map((s, i) => <li key={i}>{s.text}</li>)}</ul>}
          {p.passages.map((x, i) => <PassageText key={i} passage={x} />)}
          {p.change === "changed" && p.sentences.length + p.passages.length === 0 && <p class="muted">{t("Blanks, line breaks or notes: what people read and what runs is the same.")}</p>}
        </article>
      ))}
    </div>
  );
}
