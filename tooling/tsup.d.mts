import type { Options } from "tsup";

/** `inlinedTypes`: packages whose types are written into the declarations, and where their source is. */
type Library = Options & { readonly inlinedTypes?: Readonly<Record<string, readonly string[]>> };

export function library(options?: Library): Options;
