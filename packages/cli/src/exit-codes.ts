/** What the shell sees. `codex sandbox` passes on the status of its command instead. */
export const EXIT = {
  ok: 0,
  /** The run failed, was interrupted, or could not start. */
  failed: 1,
  /** The command line was not understood; nothing was done. */
  usage: 2,
  /** Nobody reads standard output any more, as a shell reports death by SIGPIPE. */
  unread: 141,
} as const;

export type ExitCode = number;
