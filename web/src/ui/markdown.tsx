// The little Markdown that pages of the manual use, as nodes; nothing is ever parsed as HTML.
import type { ComponentChildren } from "preact";

const INLINE = /(\*\*[^*]+\*\*|\*[^*\s][^*]*\*|`[^`]+`|\[[^\]]+\]\([^)\s]+\))/g;

function inline(text: string): ComponentChildren[] {
  return text.split(INLINE).map((part, i) => {
    if (i % 2 === 0) return part;
    if (part.startsWith("**")) return <strong key={i}>{part.slice(2, -2)}</strong>;
    if (part.startsWith("*")) return <em key={i}>{part.slice(1, -1)}</em>;
    if (part.startsWith("`")) return <code key={i}>{part.slice(1, -1)}</code>;
    const m = /^\[([^\]]+)\]\(([^)\s]+)\)$/.exec(part);
    const href = m?.[2] ?? "";
    if (!/^(https:|mailto:|\/|#|[a-z-]+\/[a-z0-9-]+$)/i.test(href)) return m?.[1] ?? part;
    return <a key={i} href={/^[a-z-]+\/[a-z0-9-]+$/i.test(href) ? `/manual/${href}` : href}>{m?.[1]}</a>;
  });
}

type Block = { kind: "p" | "quote" | "pre"; text: string } | { kind: "ul" | "ol"; items: string[] } | { kind: "table"; rows: string[][] } | { kind: "h"; text: string };

export function blocksOf(text: string): Block[] {
  const blocks: Block[] = [];
  const lines = text.split("\n");
  for (let i = 0; i < lines.length; i++) {
    const line = lines[i] ?? "";
    const last = blocks[blocks.length - 1];
    const before = i > 0 ? (lines[i - 1] ?? "") : "";
    const item = /^\s*(?:([-*+])|(\d+)[.)])\s+(.*)$/.exec(line);
    if (line.trim() === "") continue;
    if (line.startsWith("```")) {
      const body: string[] = [];
      for (i++; i < lines.length && !(lines[i] ?? "").startsWith("```"); i++) body.push(lines[i] ?? "");
      blocks.push({ kind: "pre", text: body.join("\n") });
    } else if (/^#{1,6}\s/.test(line)) {
      blocks.push({ kind: "h", text: line.replace(/^#+\s+/, "") });
    } else if (line.startsWith(">")) {
      const inner = line.replace(/^>\s?/, "");
      if (last?.kind === "quote" && before.startsWith(">")) last.text += `\n${inner}`;
      else blocks.push({ kind: "quote", text: inner });
    } else if (line.trim().startsWith("|")) {
      const cells = line.trim().replace(/^\||\|$/g, "").split("|").map((c) => c.trim());
      if (cells.every((c) => /^:?-+:?$/.test(c))) continue;
      if (last?.kind === "table" && before.trim().startsWith("|")) last.rows.push(cells);
      else blocks.push({ kind: "table", rows: [cells] });
    } else if (item) {
      const kind = item[1] ? "ul" : "ol";
      if (last?.kind === kind && before.trim() !== "") last.items.push(item[3] ?? "");
      else if (last?.kind === kind) last.items.push(item[3] ?? "");
      else blocks.push({ kind, items: [item[3] ?? ""] });
    } else if ((last?.kind === "ul" || last?.kind === "ol") && before.trim() !== "") {
      last.items[last.items.length - 1] += ` ${line.trim()}`;
    } else if (last?.kind === "p" && before.trim() !== "") {
      last.text += ` ${line.trim()}`;
    } else {
      blocks.push({ kind: "p", text: line.trim() });
    }
  }
  return blocks;
}

export function Markdown({ text }: { text: string }) {
  return (
    <>
      {blocksOf(text).map((b, i) => {
        if (b.kind === "p") return <p key={i}>{inline(b.text)}</p>;
        if (b.kind === "h") return <p key={i}><strong>{inline(b.text)}</strong></p>;
        if (b.kind === "quote") return <blockquote key={i}><Markdown text={b.text} /></blockquote>;
        if (b.kind === "pre") return <pre key={i}><code>{b.text}</code></pre>;
        if (b.kind === "ul") return <ul key={i} class="bullets">{b.items.map((x, k) => <li key={k}>{inline(x)}</li>)}</ul>;
        if (b.kind === "ol") return <ol key={i} class="numbers">{b.items.map((x, k) => <li key={k}>{inline(x)}</li>)}</ol>;
        if (b.kind !== "table") return null;
        const [head, ...rows] = b.rows;
        return (
          <table key={i} class="plain-table">
            <thead><tr>{head?.map((c, k) => <th key={k} scope="col">{inline(c)}</th>)}</tr></thead>
            <tbody>{rows.map((r, k) => <tr key={k}>{r.map((c, j) => <td key={j}>{inline(c)}</td>)}</tr>)}</tbody>
          </table>
        );
      })}
    </>
  );
}
