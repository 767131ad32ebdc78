import { CodexError, createController } from "@codex/common";
import { Link } from "./link.js";
import type { Client } from "./link.js";

/** The links of one environment, by name: opened when first needed, again when lost, all ended together. */
export class Links implements AsyncDisposable {
  readonly #life = createController();
  readonly #open = new Map<string, Promise<Link>>();

  get signal(): AbortSignal {
    return this.#life.signal;
  }

  async get(name: string, client: () => Promise<Client>): Promise<Link> {
    this.signal.throwIfAborted();
    const known = this.#open.get(name);
    if (known !== undefined) {
      const link = await known.catch(() => undefined);
      if (link?.isOpen === true) return link;
      // another caller may have been quicker
      if (this.#open.get(name) !== known) return this.get(name, client);
    }
    const opening = client().then((made) => Link.open(made, this.signal));
    this.#open.set(name, opening);
    return opening;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const links = await Promise.allSettled(this.#open.values());
    const open = links.flatMap((found) => (found.status === "fulfilled" ? [found.value] : []));
    await Promise.all(open.map((link) => link[Symbol.asyncDispose]()));
    this.#life.abort(new CodexError("internal", "the environment has been disposed"));
  }
}
