import type { ConfigLayer } from "./layer.js";
import { nearestKey } from "./nearest.js";
import { keyText, type KeyPath } from "./table.js";

/** Something in the configuration has no effect. Told to the user, never an end. */
export type ConfigWarning = {
  readonly code:
    "unknown_key" | "unknown_feature" | "project_ignored" | "project_key_ignored" | "deprecated" | "required";
  /** One line, naming file or flag, and key. */
  readonly message: string;
};

/** Names shown per layer. */
const SHOWN = 20;

/** One warning per layer and kind: a file of another program must not flood the screen. */
export function unknownKeyWarnings(layers: readonly ConfigLayer[]): readonly ConfigWarning[] {
  return layers.flatMap((layer) => {
    const features = layer.unknown.filter((path) => path[0] === "features" && path.length === 2);
    const others = layer.unknown.filter((path) => !features.includes(path));
    const where = layer.file === undefined ? layer.name : `${layer.name} configuration ${layer.file}`;
    return [
      ...warning("unknown_key", `${where}: unknown`, others.map(withNearest)),
      ...warning("unknown_feature", `${where}: unknown feature`, features.map(withNearest)),
    ];
  });
}

function withNearest(path: KeyPath): string {
  const near = nearestKey(path);
  return near === undefined ? keyText(path) : `${keyText(path)} (did you mean ${near}?)`;
}

function warning(code: ConfigWarning["code"], start: string, names: readonly string[]): readonly ConfigWarning[] {
  if (names.length === 0) return [];
  const more = names.length > SHOWN ? `, and ${names.length - SHOWN} more` : "";
  const kind = code === "unknown_key" ? (names.length === 1 ? " key" : " keys") : names.length === 1 ? "" : "s";
  return [{ code, message: `${start}${kind}, ignored: ${names.slice(0, SHOWN).join(", ")}${more}` }];
}
