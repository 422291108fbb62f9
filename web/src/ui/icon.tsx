import { shapes, type IconName } from "./icons";

export type { IconName };

export function Icon({ name, size = 16, class: cls }: { name: IconName; size?: 16 | 20; class?: string }) {
  return (
    <svg class={cls ? `icon ${cls}` : "icon"} width={size} height={size} viewBox="0 0 24 24" aria-hidden="true">
      <path d={shapes[name]} />
    </svg>
  );
}

// The words pages of objects use for their icons.
const OBJECT_ICONS: Record<string, IconName> = {
  spark: "sparkles", handshake: "handshake", building: "building-2", card: "contact", bubble: "message-square", list: "list",
  box: "box", people: "users", person: "user",
};
export function objectIcon(word: string): IconName {
  return OBJECT_ICONS[word] ?? "layers";
}
