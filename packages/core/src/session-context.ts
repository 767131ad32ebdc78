import type { Files, OpenRequest, SessionContext, SessionScope } from "@codex/protocol";
import type { Config } from "@codex/config";
import { readGlobalDocs } from "./home/global-docs.js";
import { BASE_INSTRUCTIONS } from "./prompt/instructions.js";
import { readProjectDocs } from "./prompt/project-docs.js";

export type ContextParts = {
  readonly config: Config;
  readonly request: OpenRequest;
  readonly scope: SessionScope;
  /** Name of the user's shell. */
  readonly shell: string;
  /** IANA name. */
  readonly timezone: string;
  readonly files: Files;
};

/** What the model is told before the first prompt, from the configuration and the user's and project's files. */
export function createSessionContext(parts: ContextParts): SessionContext {
  const { config, request, scope, shell, timezone, files } = parts;
  const { instructions, project_docs } = config;
  return {
    instructions: request.instructions ?? instructions.base ?? BASE_INSTRUCTIONS,
    has_own_instructions: request.instructions !== undefined || instructions.base !== undefined,
    compact: {
      ...(config.model.auto_compact_token_limit === undefined
        ? {}
        : { token_limit: config.model.auto_compact_token_limit }),
    },
    developer_instructions: instructions.developer,
    shell,
    timezone,
    include: { permissions: instructions.include_permissions, environment: instructions.include_environment },
    async projectDocs(cwd, signal) {
      const own = await readGlobalDocs(config.home);
      if (!project_docs.include_project) return own;
      const options = {
        max_bytes: project_docs.max_bytes,
        fallback_names: project_docs.fallback_filenames,
        root_markers: project_docs.root_markers,
      };
      const project = await readProjectDocs(files, cwd, options, signal);
      if (project.warning !== undefined) scope.emit({ type: "warning", message: project.warning });
      return [own, project.text].filter(Boolean).join("\n\n--- project-doc ---\n\n");
    },
  };
}
