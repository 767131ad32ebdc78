import { chooseLayers, describeGuarantees } from "../../src/index.js";
import { KERNELS, POLICIES } from "./kernels.js";
import { ESCAPE_CASES, LAYERS } from "./layers.js";
import type { Layer } from "./layers.js";

/** By the name of the attempt: did it succeed? */
export type Escapes = Readonly<Record<string, boolean>>;

/** docs/sandbox-layers.md. Written by `vitest run -u` over layers.test.ts, never by hand. */
export function documentation(without: Readonly<Partial<Record<Layer, Escapes>>>): string {
  const layers = Object.keys(LAYERS);
  const rows = Object.entries(ESCAPE_CASES).flatMap(([group, attempts]) =>
    Object.keys(attempts).map((name) => [
      name,
      group,
      ...Object.entries(without).map(([, escapes]) => (escapes[name] === true ? "**red**" : "")),
    ]),
  );
  return [
    "# The sandbox: which layer holds what",
    "",
    "Written by `packages/linux-sandbox/test/layers.test.ts` (`-u` writes it anew), which makes every attempt below on",
    "the real kernel: once against the whole helper, where all of them fail, and once against a helper that was",
    "compiled without one layer (`-DWITHOUT=…`). **red**: without that layer the attempt succeeds. A row without red",
    "is held by more than one layer. More attempts, without this comparison, are in the other tests of the package.",
    "What all this is for stands in [sandbox.md](sandbox.md).",
    "",
    ...table(["attempt", "meant for", ...layers.map((layer) => `without ${layer}`)], rows),
    "",
    "## What is enforced on which kernel",
    "",
    "For `read-only` and `workspace-write`, and for `workspace-write` with",
    '`sandbox.allow_missing = ["protected-metadata"]`. Known secrets are assumed in `~/.ssh`. A refusal starts',
    "nothing and says what to change; paths that somebody named as unreadable are refused wherever namespaces are.",
    "",
    ...table(["kernel", "policy", "what holds"], kernelRows()),
    "",
  ].join("\n");
}

function kernelRows(): readonly (readonly string[])[] {
  return Object.entries(KERNELS).flatMap(([kernel, { facts }]) =>
    Object.entries(POLICIES).map(([name, policy]) => {
      const resolved = { ...policy, secrets: ["~/.ssh"] };
      try {
        return [kernel, name, describeGuarantees(facts, chooseLayers(resolved, facts), resolved)];
      } catch (error) {
        return [kernel, name, `refused: ${error instanceof Error ? error.message : String(error)}`];
      }
    }),
  );
}

/** Padded, as prettier does it. */
function table(head: readonly string[], rows: readonly (readonly string[])[]): readonly string[] {
  const widths = head.map((title, at) => Math.max(3, title.length, ...rows.map((row) => row[at]?.length ?? 0)));
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell, at) => cell.padEnd(widths[at] ?? 0)).join(" | ")} |`;
  return [line(head), line(widths.map((width) => "-".repeat(width))), ...rows.map(line)];
}
