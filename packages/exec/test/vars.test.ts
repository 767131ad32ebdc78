import { describe, expect, it } from "vitest";
import type { WithheldVars } from "@codex/protocol";
import { DEFAULT_SHELL_ENVIRONMENT, childVars, forcedVars, withheldVars } from "../src/index.js";
import type { ChildVarsOptions, ShellEnvironmentPolicy } from "../src/index.js";

const KEY = "shell_environment_policy.ignore_default_excludes=true";

const inherited = {
  PATH: "/bin",
  Home: "/h",
  LANG: "de",
  EDITOR: "vi",
  AWS_SECRET: "s",
  my_token: "t",
  OPENAI_API_KEY: "o",
  CODEX_API_KEY: "c",
  LD_PRELOAD: "x.so",
  DYLD_INSERT_LIBRARIES: "y",
  OPENAI_IDENTITY_TOKEN_FILE: "f",
  GONE: undefined,
};
const vars = (policy: Partial<ShellEnvironmentPolicy>): Record<string, string> =>
  childVars({ inherited, policy: { ...DEFAULT_SHELL_ENVIRONMENT, ...policy } });

describe("the variables of a command", () => {
  it("are all of ours but Codex's own credentials and the loader's", () => {
    expect(vars({})).toEqual({ PATH: "/bin", Home: "/h", LANG: "de", EDITOR: "vi", AWS_SECRET: "s", my_token: "t" });
  });

  it.each<[string, Partial<ShellEnvironmentPolicy>, Record<string, string>]>([
    ["core, in any case", { inherit: "core" }, { PATH: "/bin", Home: "/h", LANG: "de" }],
    ["none", { inherit: "none" }, {}],
    ["default excludes", { ignore_default_excludes: false }, { PATH: "/bin", Home: "/h", LANG: "de", EDITOR: "vi" }],
    ["exclude", { exclude: ["*_*", "?ath"] }, { Home: "/h", LANG: "de", EDITOR: "vi" }],
    [
      "exclude means whole names",
      { inherit: "core", exclude: ["AT", "L.NG"] },
      { PATH: "/bin", Home: "/h", LANG: "de" },
    ],
    [
      "set brings back",
      { inherit: "none", exclude: ["A"], set: { A: "1", LD_PRELOAD: "z" } },
      { A: "1", LD_PRELOAD: "z" },
    ],
    ["include_only filters set too", { include_only: ["P*", "B"], set: { A: "1", B: "2" } }, { PATH: "/bin", B: "2" }],
    ["never passed on", { inherit: "none", set: { OPENAI_IDENTITY_TOKEN_FILE: "f" } }, {}],
    ["what no process can take", { inherit: "none", set: { "": "1", "A=B": "1", C: "a\0b", D: "1" } }, { D: "1" }],
  ])("follow the policy: %s", (_what, policy, expected) => {
    expect(vars(policy)).toEqual(expected);
  });

  it("leave out what looks like a secret where commands are confined, unless the user says otherwise", () => {
    const facts = { inherited, policy: DEFAULT_SHELL_ENVIRONMENT, secrets: "withheld" } as const;
    expect(childVars(facts)).toEqual({ PATH: "/bin", Home: "/h", LANG: "de", EDITOR: "vi" });
    const open = { ...facts, policy: { ...DEFAULT_SHELL_ENVIRONMENT, ignore_default_excludes: true } };
    expect(childVars(open)).toMatchObject({ AWS_SECRET: "s", my_token: "t" });
    const set = { ...facts, policy: { ...DEFAULT_SHELL_ENVIRONMENT, set: { my_token: "mine" } } };
    expect(childVars(set)).toMatchObject({ my_token: "mine" });
  });

  it("leave out a provider's key, and take what is forced last", () => {
    const policy = { ...DEFAULT_SHELL_ENVIRONMENT, inherit: "all", set: { TERM: "xterm" } } as const;
    const options = { inherited: { MY_PROVIDER_KEY: "k", A: "1" }, policy, credentials: ["MY_PROVIDER_KEY"] };
    expect(childVars({ ...options, forced: { TERM: "dumb" } })).toEqual({ A: "1", TERM: "dumb" });
  });
});

describe("what is withheld", () => {
  const SECRETS = { names: ["AWS_SECRET", "my_token"], allow_with: KEY };
  const LOGINS = { names: ["CODEX_API_KEY", "OPENAI_API_KEY"], allow_with: "shell_environment_policy.set" };

  it.each<[string, Partial<ChildVarsOptions>, Partial<ShellEnvironmentPolicy>, readonly WithheldVars[]]>([
    ["secrets and logins, where commands are confined", { secrets: "withheld" }, {}, [SECRETS, LOGINS]],
    ["logins alone, where they are not", {}, {}, [LOGINS]],
    ["logins alone, where secrets are passed", { secrets: "withheld" }, { ignore_default_excludes: true }, [LOGINS]],
    ["secrets, where the user wants that", {}, { ignore_default_excludes: false }, [SECRETS, LOGINS]],
    ["a provider's key", { credentials: ["EDITOR"] }, { exclude: ["*KEY"] }, [{ ...LOGINS, names: ["EDITOR"] }]],
    ["nothing that is not inherited", { secrets: "withheld" }, { inherit: "core" }, []],
    ["nothing that the user left out", { secrets: "withheld" }, { include_only: ["PATH"] }, []],
    [
      "nothing that the user gave",
      { secrets: "withheld" },
      { exclude: ["*KEY"], set: { AWS_SECRET: "1", my_token: "2" } },
      [],
    ],
  ])("names %s", (_what, options, policy, expected) => {
    expect(withheldVars({ inherited, ...options, policy: { ...DEFAULT_SHELL_ENVIRONMENT, ...policy } })).toEqual(
      expected,
    );
  });
});

describe("forced variables", () => {
  it("switch off colours and pagers", () => {
    expect(forcedVars({ network: true })).toEqual({
      NO_COLOR: "1",
      TERM: "dumb",
      LANG: "C.UTF-8",
      LC_CTYPE: "C.UTF-8",
      LC_ALL: "C.UTF-8",
      COLORTERM: "",
      PAGER: "cat",
      GIT_PAGER: "cat",
      GH_PAGER: "cat",
      CODEX_CI: "1",
    });
  });

  it("say that there is no network and whose command it is", () => {
    expect(forcedVars({ network: false, session_id: "s1" })).toMatchObject({
      CODEX_SANDBOX_NETWORK_DISABLED: "1",
      CODEX_THREAD_ID: "s1",
    });
  });
});
