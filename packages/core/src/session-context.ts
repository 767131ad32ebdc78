import path from "node:path";
import type { Files, OpenRequest, SessionContext, SessionScope } from "@codex/protocol";
import type { Config } from "@codex/config";
import { readGitFacts } from "@codex/git-tooling";
import { readCustomPrompts } from "./home/custom-prompts.js";
import { readGlobalDocs } from "./home/global-docs.js";
import { readHomeSkills } from "./home/skills.js";
import { BASE_INSTRUCTIONS } from "./prompt/instructions.js";
import { directoriesBetween, readDocsOnTheWay, readProjectDocs } from "./prompt/project-docs.js";
import { findSkills, usableSkills } from "./prompt/skills.js";

export type ContextParts = {
  readonly config: Config;
  readonly request: OpenRequest;
  readonly scope: SessionScope;
  /** Name of the user's shell. */
  readonly shell: string;
  /** Absolute; holds `.agents`. */
  readonly user_home: string;
  /** IANA name. */
  readonly timezone: string;
  readonly files: Files;
};

/** What the model is told, from the configuration and the user's and project's files. */
export function createSessionContext(parts: ContextParts): SessionContext {
  const { config, request, files, shell, timezone } = parts;
  const { instructions } = config;
  const { auto_compact_token_limit } = config.model;
  return {
    instructions: request.instructions ?? instructions.base ?? BASE_INSTRUCTIONS,
    has_own_instructions: request.instructions !== undefined || instructions.base !== undefined,
    compact: {
      ...(auto_compact_token_limit === undefined ? {} : { token_limit: auto_compact_token_limit }),
      ...(instructions.compact === undefined ? {} : { prompt: instructions.compact }),
    },
    developer_instructions: instructions.developer,
    shell,
    timezone,
    include: {
      permissions: instructions.include_permissions,
      environment: instructions.include_environment,
      skills: config.skills.include_instructions,
    },
    ...docsOf(parts),
    skills: (cwd, signal) => skillsOf(parts, cwd, signal),
    repository: (cwd, signal) => readGitFacts(files, cwd, signal),
    customPrompts: () => readCustomPrompts(config.home),
  };
}

function docsOf({ config, scope, files }: ContextParts): Pick<SessionContext, "projectDocs" | "docsOnTheWay"> {
  const { project_docs } = config;
  const options = {
    max_bytes: project_docs.include_project ? project_docs.max_bytes : 0,
    fallback_names: project_docs.fallback_filenames,
    root_markers: project_docs.root_markers,
  };
  const told = new Set<string>();
  const warned = new Set<string>();
  return {
    async projectDocs(cwd, signal) {
      const own = await readGlobalDocs(config.home);
      const project = await readProjectDocs(files, cwd, options, signal);
      const { warning } = project;
      if (warning !== undefined && !warned.has(warning)) {
        warned.add(warning);
        scope.emit({ type: "warning", message: warning });
      }
      const text = [own?.text ?? "", project.text].filter(Boolean).join("\n\n--- project-doc ---\n\n");
      return { text, files: [...(own === undefined ? [] : [own.file]), ...project.files] };
    },
    docsOnTheWay: (paths, cwd, signal) => readDocsOnTheWay(files, { paths, cwd, told }, options, signal),
  };
}

/**
 * The project's, from `cwd` up to its root, then those of CODEX_HOME, then those that the user shares between agents; a
 * project that is not trusted has none (core.md §7.1).
 */
async function skillsOf({ config, files, user_home }: ContextParts, cwd: string, signal: AbortSignal) {
  const trusted = config.project.trust === "trusted" ? directoriesBetween(config.project.root, cwd) : [];
  const folders = [...trusted].reverse().map((directory) => path.join(directory, ".agents", "skills"));
  const homes = [path.join(config.home, "skills"), path.join(user_home, ".agents", "skills")];
  const found = await Promise.all([
    ...folders.map((folder) => findSkills(files, folder, signal)),
    ...homes.map((folder) => readHomeSkills(folder)),
  ]);
  return usableSkills(found.flat(), config.skills.disabled);
}
