import type { Environment, ResolvedPolicy, TurnContext } from "@codex/protocol";
import { homePlace } from "../approvals/asking.js";

export type Place = "confined" | "direct";

/** Where the actions of one turn happen. The policy is resolved and the sandbox set up once, when first needed. */
export interface Places {
  resolved(): Promise<ResolvedPolicy>;
  /** Throws `sandbox_unavailable`. What may not even be read stays hidden: then nothing leaves the sandbox. */
  at(place: Place): Promise<Environment>;
  /** Where things run when nobody says otherwise. */
  home(): Promise<Environment>;
}

export function createPlaces({ environment, settings }: TurnContext): Places {
  const resolve = keep(() => environment.resolve(settings.sandbox_policy, settings.cwd));
  const confine = keep(async () => environment.confine(await resolve()));
  const at = async (place: Place): Promise<Environment> => {
    const leaves = place === "direct" && (await resolve()).denied.length === 0;
    return leaves ? environment : confine();
  };
  return { resolved: resolve, at, home: () => at(homePlace(settings.sandbox_policy)) };
}

/** One value for everybody; a failure is tried again by the next. */
function keep<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => {
    made ??= make().catch((error: unknown) => {
      made = undefined;
      throw error;
    });
    return made;
  };
}
