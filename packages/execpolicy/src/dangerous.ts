import { carriedCommands } from "./carriers.js";
import { longOption, hasShortFlag, optionsOf } from "./option-words.js";
import { baseName } from "./shell/wrapper.js";

/** Something that must never run by itself, whatever the sandbox. */
export type Danger = {
  readonly kind: "forced_removal" | "device" | "permissions" | "shutdown" | "history" | "too_deep";
  /** Completes "the command …". */
  readonly text: string;
  readonly matched: readonly string[];
};

/**
 * The first danger in a command or in what it carries (`sudo`, `env`, `xargs`, `find -exec`, `sh -c` …). Stricter than
 * exec.md §3.2: besides forced removal by `rm`, also `find -delete`, `git clean -f`, shredding and devices, recursive
 * changes of rights on whole systems, power, and forced rewriting of what others see.
 */
export function findDanger(argv: readonly string[]): Danger | undefined {
  const carried = carriedCommands(argv);
  if (carried.type === "too_deep") {
    return { kind: "too_deep", text: "nests commands deeper than can be checked", matched: argv.slice(0, 1) };
  }
  for (const words of carried.commands) {
    const danger = ownDanger(words);
    if (danger !== undefined) return { ...danger, matched: words };
  }
  return undefined;
}

type OwnDanger = Omit<Danger, "matched">;
type Check = (rest: readonly string[], name: string) => OwnDanger | undefined;

const REMOVAL: OwnDanger = { kind: "forced_removal", text: "removes files without asking" };
const DEVICE: OwnDanger = { kind: "device", text: "overwrites a disk or destroys what is on it" };
const SHUTDOWN: OwnDanger = { kind: "shutdown", text: "stops the machine or every process" };
const PERMISSIONS: OwnDanger = { kind: "permissions", text: "changes the rights of a whole system or home" };
const HISTORY: OwnDanger = { kind: "history", text: "discards work that git cannot bring back" };

const TOP_FOLDERS = "bin|boot|dev|etc|home|lib|lib64|opt|root|sbin|srv|sys|usr|var|Users|System|Library|Applications";
/** Places so wide that removing or changing them recursively is never meant lightly. */
const WIDE_TARGET = new RegExp(
  `^(?:/+(?:\\*|\\.{0,2}|(?:${TOP_FOLDERS})(?:/\\*?)?)|(?:~[^/]*|\\$\\{?HOME\\}?)(?:/\\*?)?|` +
    `\\.{1,2}/?|\\*|\\.\\*|\\.git/?)$`,
);
const DISK = /^\/dev\/(?:sd|hd|vd|xvd|nvme|mmcblk|disk|rdisk|mapper|md|loop|mem|kmem)/;

const CHECKS: Readonly<Record<string, Check>> = {
  rm: removal,
  shred: () => REMOVAL,
  srm: () => REMOVAL,
  find: (rest) => (rest.includes("-delete") ? REMOVAL : undefined),
  git: gitDanger,
  dd: (rest) => (rest.some((word) => word.startsWith("of=") && DISK.test(word.slice(3))) ? DEVICE : undefined),
  wipefs: () => DEVICE,
  blkdiscard: () => DEVICE,
  fdisk: () => DEVICE,
  sfdisk: () => DEVICE,
  parted: () => DEVICE,
  mkswap: () => DEVICE,
  diskutil: (rest) => (/^(?:erase|partition|zero|secureErase)/i.test(rest[0] ?? "") ? DEVICE : undefined),
  tee: writesDisk,
  cp: writesDisk,
  mv: writesDisk,
  chmod: recursiveRights,
  chown: recursiveRights,
  chgrp: recursiveRights,
  shutdown: () => SHUTDOWN,
  reboot: () => SHUTDOWN,
  poweroff: () => SHUTDOWN,
  halt: () => SHUTDOWN,
  init: (rest) => (/^[0156]$/.test(rest[0] ?? "") ? SHUTDOWN : undefined),
  telinit: (rest) => (/^[0156]$/.test(rest[0] ?? "") ? SHUTDOWN : undefined),
  systemctl: (rest) =>
    rest.some((word) => /^(?:poweroff|reboot|halt|kexec|suspend|hibernate|emergency|rescue)$/.test(word))
      ? SHUTDOWN
      : undefined,
  kill: (rest) => (rest.slice(1).includes("-1") ? SHUTDOWN : undefined),
  killall5: () => SHUTDOWN,
};

function ownDanger(words: readonly string[]): OwnDanger | undefined {
  const [program = "", ...rest] = words;
  const name = baseName(program).toLowerCase();
  if (/^mkfs(?:\.|$)/.test(name)) return DEVICE;
  const check = Object.hasOwn(CHECKS, name) ? CHECKS[name] : undefined;
  return check?.(rest, name);
}

function removal(rest: readonly string[]): OwnDanger | undefined {
  const options = optionsOf(rest);
  if (hasShortFlag(options, "f") || longOption(options, "force")) return REMOVAL;
  const isRecursive = hasShortFlag(options, "rR") || longOption(options, "recursive");
  const isWide = rest.some((word) => WIDE_TARGET.test(word)) || longOption(options, "no-preserve-root");
  return isRecursive && isWide ? REMOVAL : undefined;
}

function recursiveRights(rest: readonly string[]): OwnDanger | undefined {
  const options = optionsOf(rest);
  const isRecursive = hasShortFlag(options, "R") || longOption(options, "recursive");
  return isRecursive && rest.some((word) => WIDE_TARGET.test(word)) ? PERMISSIONS : undefined;
}

function writesDisk(rest: readonly string[]): OwnDanger | undefined {
  return rest.some((word) => DISK.test(word)) ? DEVICE : undefined;
}

const GIT_VALUED = /^(?:-C|-c|--git-dir|--work-tree|--namespace|--exec-path|--config-env|--super-prefix)$/;

function gitDanger(rest: readonly string[]): OwnDanger | undefined {
  let index = 0;
  while (rest[index]?.startsWith("-") === true) index += GIT_VALUED.test(rest[index] ?? "") ? 2 : 1;
  const operands = rest.slice(index + 1);
  const options = optionsOf(operands);
  switch (rest[index] ?? "") {
    case "clean": {
      const isForced = hasShortFlag(options, "f") || longOption(options, "force");
      const isTrial = hasShortFlag(options, "n") || options.includes("--dry-run");
      return isForced && !isTrial ? REMOVAL : undefined;
    }
    case "push":
      return isForcedPush(operands) ? { ...HISTORY, text: "rewrites or removes what others see" } : undefined;
    case "reset":
      return longOption(options, "hard") ? HISTORY : undefined;
    case "reflog":
      return operands[0] === "expire" || operands[0] === "delete" ? HISTORY : undefined;
    case "stash":
      return operands[0] === "clear" || operands[0] === "drop" ? HISTORY : undefined;
    default:
      return undefined;
  }
}

function isForcedPush(operands: readonly string[]): boolean {
  const options = optionsOf(operands);
  if (hasShortFlag(options, "fd")) return true;
  if (["force", "force-with-lease", "delete", "mirror", "prune"].some((name) => longOption(options, name))) return true;
  return operands.some((word) => /^[+:]./.test(word));
}
