import { readFile } from "node:fs/promises";
import { join, relative, sep } from "node:path";
import { Command } from "commander";
import { loadConfig, type Config } from "@codex/config";
import { CodexError } from "@codex/common";
import { createCodex, listDropped } from "@codex/core";
import { isSessionId } from "@codex/protocol";
import { captureRequest } from "../capture-request.js";
import { commandWord } from "../command-word.js";
import { workingDirectory } from "../config-flags.js";
import { EXIT, type ExitCode } from "../exit-codes.js";
import { parse, type Parsed } from "../flags.js";
import { printParsed } from "../print-parsed.js";
import { partsOf, renderReport, type SourceFile } from "../prompt-report.js";
import { codexOptions } from "../task.js";
import { VERSION } from "../version.js";
import { execOptions, parseTask, type ExecFlags } from "./exec-flags.js";

/** `codex debug prompt`, `codex debug schema` and `codex debug dropped`. */
export async function debug(argv: readonly string[]): Promise<ExitCode> {
  const { command, rest } = commandWord(argv);
  if (command === "prompt") return debugPrompt(rest);
  if (command === "dropped") return debugDropped(rest);
  if (command === "schema") return (await import("./debug-schema.js")).debugSchema(rest);
  if (command === "--help" || command === "-h") {
    process.stdout.write(HELP);
    return EXIT.ok;
  }
  process.stderr.write("error: codex debug prompt [PROMPT], codex debug schema, or codex debug dropped SESSION\n");
  return EXIT.usage;
}

const HELP = `Usage: codex debug prompt [PROMPT] | dropped SESSION | schema

  prompt   Show the request that codex exec would send, with the size and source of every part
  dropped  List what the compactions of a session left out of its conversation
  schema   Print JSON Schema of the protocol

Each has a --help of its own.
`;

/** `codex debug prompt [PROMPT]`: what `codex exec` takes. */
function parseDebugPrompt(argv: readonly string[]): Parsed<ExecFlags> {
  const command = execOptions(new Command("codex debug prompt"))
    .description(
      "Show the request that codex exec would send, with the size and source of every part; --json: as it is.",
    )
    .argument("[PROMPT]", "the task");
  return parseTask(command, argv, () => ({ prompt: command.args[0], ...command.opts<Omit<ExecFlags, "prompt">>() }));
}

/** Prints the request that `codex exec PROMPT` would send; it goes to a server of our own instead, and nothing runs. */
async function debugPrompt(argv: readonly string[]): Promise<ExitCode> {
  const parsed = parseDebugPrompt(argv);
  if (parsed.type !== "run") return printParsed(parsed, "debug prompt");
  const flags = parsed.value;
  const prompt = flags.prompt ?? "(your prompt)";
  const cwd = await workingDirectory(process.cwd(), flags.cd);
  const options = codexOptions(flags, { env: process.env, version: VERSION });
  const config = await loadConfig({ ...options.config, cwd, env: process.env });
  await using server = await captureRequest();
  const id = config.settings.model_provider;
  const { env_key } = config.provider;
  // the request never leaves this machine, so any key will do
  const keys = { CODEX_API_KEY: "none", ...(env_key === undefined ? {} : { [env_key]: "none" }) };
  const env = { ...process.env, ...keys, CODEX_OSS_BASE_URL: server.url };
  await using codex = createCodex({ ...options, env });
  const place = id === "openai" ? { openai_base_url: server.url } : { [`model_providers.${id}.base_url`]: server.url };
  const overrides = { ...place, notify: [] };
  await using session = await codex.open({ type: "new", settings: { cwd }, ephemeral: true, config: overrides });
  session.submit({ type: "user_input", items: [{ type: "text", text: prompt }] });
  for await (const { msg } of session.events) if (msg.type === "task_complete") break;
  const { body } = server;
  if (body === undefined) throw new CodexError("internal", "no request was made");
  process.stdout.write(flags.json === true ? `${body}\n` : renderReport(await reportParts(body, prompt, config), body));
  return EXIT.ok;
}

async function reportParts(body: string, prompt: string, config: Config) {
  const { base, developer } = config.instructions;
  const instructions = base === undefined ? "built in" : "the configuration";
  return partsOf(JSON.parse(body), { instructions, developer, prompt, files: await docsFiles(config) });
}

/** Files whose text may stand in the AGENTS.md part. */
async function docsFiles({ home, settings, project, project_docs }: Config): Promise<readonly SourceFile[]> {
  const below = relative(project.root, settings.cwd).split(sep).filter(Boolean);
  const folders = below.reduce<readonly string[]>(
    (all, name) => [...all, join(all.at(-1) ?? "", name)],
    [project.root],
  );
  const names = ["AGENTS.override.md", "AGENTS.md", ...project_docs.fallback_filenames];
  const paths = [home, ...folders].flatMap((folder) => names.map((name) => join(folder, name)));
  const texts = await Promise.all(paths.map((path) => readFile(path, "utf8").catch(() => "")));
  return paths.map((path, index) => ({ path, text: (texts[index] ?? "").trim() }));
}

/** Lists what the compactions of a session left out of its conversation. */
async function debugDropped(argv: readonly string[]): Promise<ExitCode> {
  const command = new Command("codex debug dropped")
    .description("List what the compactions of a session left out of its conversation.")
    .argument("<SESSION>", "the id of a session")
    .allowExcessArguments(false);
  const parsed = parse(command, argv, () => {
    const [id = ""] = command.args;
    return isSessionId(id) ? id : command.error(`error: ${JSON.stringify(id)} is no id of a session`);
  });
  if (parsed.type !== "run") return printParsed(parsed, "debug dropped");
  const id = parsed.value;
  await using codex = createCodex({ env: process.env });
  const { path, lines } = await codex.read(id);
  const dropped = listDropped(lines);
  const text = dropped.map(({ timestamp, items }) => {
    const rows = items.map((item) => `${String(item.tokens).padStart(7)}  ${item.kind.padEnd(24)} ${item.text}`);
    return [`compaction of ${timestamp}: ${items.length} items left out`, ...rows].join("\n");
  });
  process.stdout.write(`${[...text, `${dropped.length} compactions; every item stands in ${path}`].join("\n\n")}\n`);
  return EXIT.ok;
}
