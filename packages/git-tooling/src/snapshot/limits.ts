/** Bounds of what is held; beyond `files` there is no undo at all, beyond the others single paths are not covered. */
export type Limits = {
  readonly files: number;
  /** Bytes of one file. */
  readonly file_bytes: number;
  /** Bytes read for one snapshot, of files of up to 1 MiB. */
  readonly new_bytes: number;
  /** The same of larger ones: source comes before data. */
  readonly large_bytes: number;
  /** Files of a folder whose name says that a tool can make it again. */
  readonly rebuilt_files: number;
  /** Milliseconds of a look for which a command waits without a word about it. */
  readonly wait_ms: number;
};

export const LIMITS: Limits = {
  files: 250_000,
  file_bytes: 256 << 20,
  new_bytes: 512 << 20,
  large_bytes: 512 << 20,
  rebuilt_files: 2000,
  wait_ms: 5000,
};
