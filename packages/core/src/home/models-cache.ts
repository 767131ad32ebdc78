import { randomUUID } from "node:crypto";
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { decodeCachedModels } from "../model/remote-models.js";
import type { CachedModels, ModelsCache } from "../model/remote-models.js";

/** `models_cache.json` in CODEX_HOME, shared with other programs. A cache that cannot be kept is done without. */
export function createModelsCache(home: string): ModelsCache {
  const file = path.join(home, "models_cache.json");
  return {
    read: () => {
      try {
        return decodeCachedModels(readFileSync(file, "utf8"));
      } catch {
        return undefined;
      }
    },
    write: (cached) => {
      const fresh = `${file}.${randomUUID()}.new`;
      try {
        mkdirSync(home, { recursive: true });
        writeFileSync(fresh, JSON.stringify(encode(cached), null, 2), { flag: "wx", mode: 0o644 });
        renameSync(fresh, file);
      } catch {
        rmSync(fresh, { force: true });
      }
    },
  };
}

function encode(cached: CachedModels): object {
  return { ...cached, fetched_at: new Date(cached.fetched_at).toISOString() };
}
