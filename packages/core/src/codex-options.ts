import type { CodexDeps, SessionScope, ToolSource } from "@codex/protocol";
import type { Env, LoadOptions } from "@codex/config";
import type { Callbacks } from "./embed/answers.js";
import type { SessionPorts } from "./embed/ports.js";
import type { EmbeddedTool } from "./tools/embedded.js";

/** How an embedder or the command line sets Codex up. Everything may be left out. */
export type CodexOptions = Partial<CodexDeps> &
  SessionPorts &
  Callbacks & {
    /** Default: the environment of this process. */
    readonly env?: Env;
    /**
     * Where the configuration of all sessions comes from: `overrides: ["key=value"]`, a profile, another home. `strict`
     * refuses keys that nobody knows. Keys for one session are `config` of `start`.
     */
    readonly config?: Omit<LoadOptions, "cwd" | "env" | "session">;
    /** File of a recording that answers instead of a model; a request that differs from the recorded one fails. */
    readonly replay?: string;
    /** How many recorded requests are replayed before a real model goes on; absent: all, and none after them. */
    readonly replay_from?: number;
    /** File to write a recording of the model's answers to. */
    readonly record?: string;
    /** Tools of whoever embeds Codex, beside its own. */
    readonly tools?: readonly EmbeddedTool[];
    /** Offers the sub-agent tools. Default: where the feature `multi_agent` is switched on. */
    readonly agents?: boolean;
    /** More tools for one session, such as those of servers; ends with it. */
    readonly sources?: (scope: SessionScope) => Promise<readonly ToolSource[]>;
    /** The Linux sandbox helper; default: the one that came with `@codex/linux-sandbox`. */
    readonly helper?: string;
  };
