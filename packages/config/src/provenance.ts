import type { ConfigLayer } from "./layer.js";
import { keyText, splitKey, valueAt, type KeyPath } from "./table.js";
import { readTextFile } from "./text-file.js";
import { locateKey, type Position } from "./toml.js";

/** A layer that sets a key. */
export type Origin = { readonly layer: ConfigLayer; readonly path: KeyPath; readonly value: unknown };

/** Who sets a dotted key, the winner first. Empty: nobody, the built-in default holds. */
export function originsOf(config: { readonly layers: readonly ConfigLayer[] }, key: string): readonly Origin[] {
  return originsAt(config.layers, splitKey(key) ?? []);
}

export function originsAt(layers: readonly ConfigLayer[], path: KeyPath): readonly Origin[] {
  return layers.toReversed().flatMap((layer) => {
    const value = path.length === 0 ? undefined : valueAt(layer.values, path);
    return value === undefined ? [] : [{ layer, path, value }];
  });
}

/** Where in its file an origin stands. Reads the file again. `undefined` for layers that are no file. */
export async function locate(origin: Pick<Origin, "layer" | "path">): Promise<Position | undefined> {
  if (origin.layer.file === undefined) return undefined;
  const text = readTextFile(origin.layer.file);
  return text === undefined ? undefined : await locateKey(text, origin.path);
}

/** `FILE:LINE:COLUMN: key`, or how the key was given. */
export async function describeOrigin(origin: Pick<Origin, "layer" | "path">, label: string): Promise<string> {
  const key = keyText(origin.path);
  if (origin.layer.file === undefined) return `${label} ${key}`;
  const position = await locate(origin);
  const place = position === undefined ? "" : `:${position.line}:${position.column}`;
  return `${origin.layer.file}${place}: ${key}`;
}
