import { CodexError } from "@codex/common";
import { dirname } from "node:path";
import { absolutePath } from "./home.js";
import { FILE } from "./keys.js";
import { prepare } from "./schema.js";
import { type KeyPath, type Table } from "./table.js";
import { readTextFile } from "./text-file.js";
import { parseToml } from "./toml.js";

export type LayerName =
  "system" | "user" | "profile" | "project" | "-c" | "session" | "managed" | "flags" | "requirements";

/** One source of settings. Layers are kept low to high. */
export type ConfigLayer = {
  readonly name: LayerName;
  /** Absolute; absent for layers that are no file. */
  readonly file?: string;
  /** Known keys only; paths are absolute. Checked once merged. */
  readonly values: Table;
  readonly unknown: readonly KeyPath[];
};

/** A layer from a file; `undefined` when there is no such file. */
export async function readLayer(name: LayerName, file: string, user_home: string): Promise<ConfigLayer | undefined> {
  const text = readTextFile(file);
  if (text === undefined) return undefined;
  const parsed = await parseToml(text);
  if (parsed.type === "invalid") {
    const place = `${file}:${parsed.position.line}:${parsed.position.column}`;
    const line = parsed.line_text === "" ? "" : `, in: ${parsed.line_text}`;
    throw new CodexError("config_invalid", `${place}: not valid TOML: ${parsed.reason}${line}`);
  }
  return { name, file, ...prepare(FILE, parsed.table, (written) => absolutePath(written, dirname(file), user_home)) };
}

/** A layer that is no file: its paths are relative to `cwd`. */
export function makeLayer(
  name: LayerName,
  values: Table,
  folders: { readonly cwd: string; readonly user_home: string },
): ConfigLayer {
  return { name, ...prepare(FILE, values, (written) => absolutePath(written, folders.cwd, folders.user_home)) };
}

/** How an error names a layer that is no file. */
export function layerLabel(name: LayerName): string {
  switch (name) {
    case "-c":
      return "-c";
    case "session":
      return "session settings:";
    case "flags":
      return "command line:";
    case "system":
    case "user":
    case "profile":
    case "project":
    case "managed":
    case "requirements":
      return `${name} configuration:`;
    default:
      return name satisfies never;
  }
}
