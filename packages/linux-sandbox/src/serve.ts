/** A network that commands of one session share, as descriptors of the process that holds it (`native/network.c`). */
export type SharedNetwork = { readonly holder: number; readonly user: number; readonly net: number };

/** What a command server says (`native/serve.c`). */
export type ServerLine =
  | { readonly type: "pipes"; readonly descriptors: readonly string[] }
  | { readonly type: "network"; readonly user: number; readonly net: number }
  | { readonly type: "no_network" }
  /** `said`: about a failed start, for `readStatus`; `signal`: a number, 0 for none. */
  | {
      readonly type: "ended";
      readonly id: number;
      readonly code: number;
      readonly signal: number;
      readonly said: string;
    };

const KINDS = { run: 0, feed: 1, signal: 2, network: 3 } as const;
const HEADER = 16;
/** Bytes of words and variables that one command may have. The kernel's own limit is mostly lower. */
const MOST_REQUEST_BYTES = 16 * 1024 * 1024;

export type RunRequest = {
  readonly id: number;
  /** Behind the helper's name: what `confine` or `unconfined` gave for a `served` command, without its first word. */
  readonly words: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** `closed`: /dev/null. */
  readonly stdin: "closed" | "pipe";
};

/** Asks for a command; `undefined`: its words and variables are too long, or one of them has a NUL. */
export function runFrame({ id, words, env, stdin }: RunRequest): Uint8Array | undefined {
  const variables = Object.entries(env).map(([name, value]) => `${name}=${value}`);
  const all = [...words, ...variables];
  const strings = `${all.join("\0")}\0`;
  const size = Buffer.byteLength(strings);
  if (size > MOST_REQUEST_BYTES || strings.split("\0").length !== all.length + 1) return undefined;
  const whole = Buffer.allocUnsafe(HEADER + size);
  writeHeader(whole, [stdin === "pipe" ? KINDS.feed : KINDS.run, id, words.length, size]);
  whole.write(strings, HEADER);
  return whole;
}

export function signalFrame(id: number, signal: number): Uint8Array {
  return header(KINDS.signal, id, signal);
}

/** Asks for a network to be shared. */
export function networkFrame(): Uint8Array {
  return header(KINDS.network, 0, 0);
}

export function parseServerLine(line: string): ServerLine | undefined {
  const [type, ...rest] = line.split(" ");
  if (type === "pipes") return { type, descriptors: rest };
  if (type === "network") {
    const [user, net] = rest.map(Number);
    return user === undefined || net === undefined ? { type: "no_network" } : { type, user, net };
  }
  const ended = /^ended (\d+) (\d+) (\d+) (.*)$/s.exec(line);
  if (ended === null) return undefined;
  const [, id, code, signal, said = ""] = ended;
  return { type: "ended", id: Number(id), code: Number(code), signal: Number(signal), said };
}

function header(kind: number, id: number, number: number): Uint8Array {
  const whole = Buffer.allocUnsafe(HEADER);
  writeHeader(whole, [kind, id, number, 0]);
  return whole;
}

function writeHeader(whole: Buffer, numbers: readonly number[]): void {
  for (const [index, number] of numbers.entries()) whole.writeUInt32LE(number, index * 4);
}
