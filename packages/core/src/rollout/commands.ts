import path from "node:path";
import { fieldsOf, listOf, parseJson, textOf } from "@codex/common";
import type { Fields } from "@codex/common";
import type { RolloutLine } from "@codex/protocol";
import type { KnownContext } from "../prompt/known-context.js";
import { decodeContext } from "./stored-context.js";

/** A command that a model asked for, and the settings that it was asked under. */
export type PastCommand = {
  readonly timestamp: string;
  readonly call_id: string;
  readonly argv: readonly string[];
  readonly cwd: string;
  readonly permissions: "default" | "escalated";
  readonly under: Pick<KnownContext, "approval_policy" | "sandbox_policy">;
};

/** Every command of a session, whoever wrote its file. One before the first settings is passed over. */
export function* listCommands(lines: Iterable<RolloutLine>): Generator<PastCommand> {
  let context: KnownContext | undefined;
  for (const { timestamp, type, payload } of lines) {
    const fields = fieldsOf(payload);
    if (type === "turn_context") context = decodeContext(fields) ?? context;
    if (type !== "response_item" || context === undefined) continue;
    const asked = askedFor(fields);
    if (asked === undefined) continue;
    const { workdir, ...command } = asked;
    yield { timestamp, ...command, cwd: path.resolve(context.cwd, workdir), under: context };
  }
}

type Asked = Pick<PastCommand, "call_id" | "argv" | "permissions"> & { readonly workdir: string };

function askedFor(item: Fields): Asked | undefined {
  const call_id = textOf(item["call_id"]);
  if (call_id === undefined) return undefined;
  if (item["type"] === "local_shell_call") {
    const action = fieldsOf(item["action"]);
    const workdir = textOf(action["working_directory"]) ?? ".";
    return command({ call_id, words: action["command"], workdir, permissions: "default" });
  }
  if (item["type"] !== "function_call") return undefined;
  const args = fieldsOf(parseJson(textOf(item["arguments"]) ?? ""));
  const workdir = textOf(args["workdir"]) ?? ".";
  const permissions = isEscalated(args) ? "escalated" : "default";
  return command({ call_id, words: wordsOf(textOf(item["name"]) ?? "", args), workdir, permissions });
}

function command(asked: Omit<Asked, "argv"> & { readonly words: unknown }): Asked | undefined {
  const { words, ...rest } = asked;
  const argv = listOf(words).filter((word) => typeof word === "string");
  return argv.length === 0 ? undefined : { ...rest, argv };
}

/** The argument vector of a shell tool's call; a script gets the shell that reads it (core.md §4.2). */
function wordsOf(tool: string, args: Fields): unknown {
  switch (tool) {
    case "exec_command":
      return script(args["cmd"]);
    case "shell_command":
      return script(args["command"]);
    case "shell":
    case "container.exec":
      return args["command"];
    default:
      return undefined;
  }
}

function script(text: unknown): readonly string[] {
  return typeof text === "string" ? ["bash", "-lc", text] : [];
}

/** 0.45 says it with another word (live.md §8). */
function isEscalated(args: Fields): boolean {
  return args["sandbox_permissions"] === "require_escalated" || args["with_escalated_permissions"] === true;
}
