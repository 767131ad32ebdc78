import type { ResolvedPolicy } from "@codex/protocol";

import type { HelperFailure, Probe } from "../../src/index.js";

export const failure = (stage: string, errno = "EPERM"): HelperFailure => ({
  code: "sandbox_unavailable",
  stage,
  errno,
  message: `cannot do ${stage}`,
});

export const whole: Probe = {
  landlock: 7,
  seccomp: undefined,
  namespaces: undefined,
  network: undefined,
  switches: {},
};

export const readOnly: ResolvedPolicy = {
  policy: { type: "read-only" },
  cwd: "/w",
  writable: [],
  denied: [],
  network: false,
  allow_missing: [],
};

export const writing: ResolvedPolicy = {
  ...readOnly,
  policy: {
    type: "workspace-write",
    writable_roots: [],
    network_access: false,
    exclude_slash_tmp: false,
    exclude_tmpdir_env_var: false,
  },
  writable: [
    { root: "/tmp", read_only: ["/tmp/.git"] },
    { root: "/w", read_only: ["/w/.codex", "/w/.git"] },
  ],
};

export const consenting: ResolvedPolicy = { ...writing, allow_missing: ["protected-metadata"] };
export const denying: ResolvedPolicy = { ...consenting, denied: ["/home/me/.ssh"] };

type Answers = readonly [read_only: string, writing: string, consenting: string, denying: string];

/** What is chosen for each policy; a refusal is told by words that its message must have. */
export const KERNELS: Readonly<Record<string, { readonly facts: Probe; readonly answers: Answers }>> = {
  "everything there is": { facts: whole, answers: ["namespaces", "namespaces", "namespaces", "namespaces"] },
  "no Landlock": {
    facts: { ...whole, landlock: 0 },
    answers: ["namespaces", "namespaces", "namespaces", "namespaces"],
  },
  "no network namespace": {
    facts: { ...whole, network: failure("network") },
    answers: ["namespaces", "namespaces", "namespaces", "namespaces"],
  },
  "AppArmor in the way": {
    facts: { ...whole, namespaces: failure("mounts"), switches: { apparmor_restrict_unprivileged_userns: "1" } },
    answers: ["landlock", "AppArmor", "landlock", "unreadable"],
  },
  "the switch of old Debian": {
    facts: { ...whole, namespaces: failure("namespaces"), switches: { unprivileged_userns_clone: "0" } },
    answers: ["landlock", "unprivileged_userns_clone", "landlock", "unreadable"],
  },
  "no user namespaces by limit": {
    facts: { ...whole, namespaces: failure("namespaces", "ENOSPC"), switches: { max_user_namespaces: "0" } },
    answers: ["landlock", "max_user_namespaces", "landlock", "unreadable"],
  },
  "a container, Landlock 5": {
    facts: { ...whole, landlock: 5, namespaces: failure("namespaces"), switches: { seccomp_mode: "2" } },
    answers: ["landlock", "container", "landlock", "unreadable"],
  },
  "neither namespaces nor a good Landlock": {
    facts: { ...whole, landlock: 2, namespaces: failure("namespaces") },
    answers: ["too old (ABI 2)", "too old (ABI 2)", "too old (ABI 2)", "too old (ABI 2)"],
  },
  "neither namespaces nor Landlock": {
    facts: { ...whole, landlock: 0, namespaces: failure("namespaces") },
    answers: ["not there either", "not there either", "not there either", "not there either"],
  },
  "no seccomp": {
    facts: { ...whole, seccomp: failure("seccomp", "EINVAL") },
    answers: ["needs seccomp", "needs seccomp", "needs seccomp", "needs seccomp"],
  },
};

/** Those of a person, for the documentation. */
export const POLICIES = {
  "read-only": readOnly,
  "workspace-write": writing,
  "workspace-write, consenting": consenting,
} as const satisfies Readonly<Record<string, ResolvedPolicy>>;
