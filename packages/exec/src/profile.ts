import { createOutputBuffer } from "./buffer.js";
import { capture } from "./output.js";
import { writeProfileScript } from "./profile-script.js";
import { changes, isSameState, parseState, probeOf } from "./profile-state.js";
import { decodeText } from "./text.js";
import type { Environment, ExecRequest, OutputChunk } from "@codex/protocol";
import type { OutputBuffer } from "./buffer.js";
import type { ProfileScript } from "./profile-script.js";
import type { ListingShell, ShellState } from "./profile-state.js";
import type { Shell } from "./shell.js";

/** What the user's profile makes of a shell. */
export type Profile = {
  readonly kind: ListingShell;
  /** To exported variables; `undefined`: it removes that one. */
  readonly vars: ReadonlyMap<string, string | undefined>;
  /** To everything else. */
  readonly script: ProfileScript;
};

export type ProfileOptions = {
  readonly where: Environment;
  /** Absolute. */
  readonly cwd: string;
  /** The variables that commands get. */
  readonly env: Readonly<Record<string, string>>;
};

/** Milliseconds that a profile may take; a slower one is run for each command as before. */
const PATIENCE = 10_000;
/** Bytes of errors that are looked at. */
const COMPLAINT = 1024;
/** The kernel takes 128 KiB for one variable: this many characters of up to 4 bytes, and so many variables. */
const PIECE = 30_000;
const MOST_PIECES = 8;
const PIECES = Array.from({ length: MOST_PIECES }, (_, index) => `CODEX_PROFILE_${index}`);
/** The variable for one of the texts that zsh is given between `NEXT`. */
const PART = "CODEX_PROFILE_PART";

/** Not reading any file of the user's; `.zshenv`, which every zsh reads, is part of what is taken. */
const WITHOUT_PROFILE: Readonly<Record<ListingShell, string>> = { bash: "-c", zsh: "-fc" };

/**
 * Runs the profile once for a whole session, so that a command need not start a login shell (exec.md §5.5).
 * `undefined` unless a shell that is given what the profile left behind was seen to be the same as a login shell. That
 * is not so for one that ends the shell, changes the directory, limits or descriptors, or gives other values the second
 * time or in another directory. What it prints is not kept. Only bash and zsh can be asked.
 */
export async function readProfile(
  shell: Shell,
  options: ProfileOptions,
  signal: AbortSignal,
): Promise<Profile | undefined> {
  const { kind, path } = shell;
  if (kind === "sh") return undefined;
  const stateOf = (argv: readonly string[], more: Partial<ExecRequest> = {}): Promise<ShellState | undefined> =>
    askedState(options, { argv, ...more }, signal);
  const script = probeOf(kind);
  const plain = await stateOf([path, WITHOUT_PROFILE[kind], script]);
  const login = await stateOf([path, "-lc", script]);
  if (plain === undefined || login === undefined || login.pwd !== plain.pwd) return undefined;
  const again = await stateOf([path, "-lc", script], { cwd: "/" });
  if (again === undefined || again.pwd.trim() !== "/" || !isSameState(login, again)) return undefined;
  const profile: Profile = {
    kind,
    vars: changes(plain.exported, login.exported),
    script: writeProfileScript(kind, { plain, login }, `unset ${[PART, ...PIECES].join(" ")}`),
  };
  if (piecesOf(profile.script).length > MOST_PIECES) return undefined;
  const asked = { argv: [path, "-lc", script], cwd: options.cwd, env: options.env, stdin: "closed" } as const;
  const { argv, env } = skipProfile(asked, shell, profile);
  const taken = await stateOf(argv, { env });
  return taken?.noise === "" && taken.pwd === login.pwd && isSameState(login, taken) ? profile : undefined;
}

/**
 * The same command without a login shell; anything else as it is. What the profile left behind comes in variables of
 * the command's environment, which are gone before its own script begins: neither a file nor an argument has any of it.
 */
export function skipProfile(request: ExecRequest, shell: Shell, profile: Profile): ExecRequest {
  const [program, flag, script, ...rest] = request.argv;
  if (program !== shell.path || flag !== "-lc" || script === undefined) return request;
  const env = { ...request.env };
  for (const [name, value] of profile.vars) {
    if (value === undefined) delete env[name];
    else env[name] = value;
  }
  const pieces = piecesOf(profile.script);
  pieces.forEach((piece, index) => (env[PIECES[index] ?? ""] = piece));
  const begun = pieces.length === 0 ? script : begin(script, profile, pieces.length);
  return { ...request, argv: [program, WITHOUT_PROFILE[profile.kind], begun, ...rest], env };
}

/**
 * Commands without their login shell, as soon as the profile has been read: that begins, in `place`, with the first
 * command that has one. Until then, and where it cannot be read, commands stay as they are.
 */
export function createProfileShortcut(
  shell: Shell,
  place: () => Promise<Environment>,
  signal: AbortSignal,
): (request: ExecRequest) => ExecRequest {
  let profile: Profile | undefined;
  let begun = false;
  const read = async ({ cwd, env }: ExecRequest): Promise<void> => {
    profile = await readProfile(shell, { where: await place(), cwd, env }, signal);
  };
  return (request) => {
    if (profile !== undefined) return skipProfile(request, shell, profile);
    if (!begun && request.argv[0] === shell.path && request.argv[1] === "-lc") {
      begun = true;
      // a place that cannot be had is told by the command itself
      read(request).catch(() => undefined);
    }
    return request;
  };
}

/** All in the first line: errors name the line that they named before. */
function begin(script: string, { kind, script: { changes_syntax } }: Profile, pieces: number): string {
  const variables = PIECES.slice(0, pieces).map((name) => `$${name}`);
  const quoted = script.replaceAll(/['\\]/g, "\\$&").replaceAll("\n", "\\n");
  const parsed_later = changes_syntax ? `eval $'${quoted}'` : script;
  const text = variables.join("");
  const parts = `for ${PART} in "\${(@ps:\\x1e:)\${:-${text}}}"; do eval "$${PART}"; done`;
  return `${kind === "bash" ? `eval "${text}"` : parts}; ${parsed_later}`;
}

function piecesOf({ text }: ProfileScript): readonly string[] {
  return text.match(new RegExp(`[^]{1,${PIECE}}`, "gu")) ?? [];
}

async function askedState(
  { where, cwd, env }: ProfileOptions,
  asked: Pick<ExecRequest, "argv"> & Partial<ExecRequest>,
  signal: AbortSignal,
): Promise<ShellState | undefined> {
  const process = where.exec({ cwd, env, stdin: "closed", timeout_ms: PATIENCE, ...asked }, signal);
  const complained = createOutputBuffer(COMPLAINT);
  const captured = await capture(withoutComplaints(process.output, complained), { signal });
  const exit = await process.exit;
  if (exit.type !== "exited" || exit.code !== 0 || captured.omitted_bytes > 0) return undefined;
  const state = parseState(decodeText(Buffer.concat([captured.head, captured.tail])));
  return state === undefined ? undefined : { ...state, noise: state.noise + decodeText(complained.take().head) };
}

/** Errors come when they like, also in the middle of what is read. */
async function* withoutComplaints(output: AsyncIterable<OutputChunk>, complained: OutputBuffer) {
  for await (const chunk of output) {
    if (chunk.stream === "stdout") yield chunk;
    else complained.push(chunk.data);
  }
}
