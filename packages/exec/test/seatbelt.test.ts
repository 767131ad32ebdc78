import { describe, expect, it } from "vitest";
import { seatbeltArguments } from "../src/index.js";
import type { ResolvedPolicy } from "@codex/protocol";

const READ_ONLY: ResolvedPolicy = {
  policy: { type: "read-only" },
  cwd: "/work",
  writable: [],
  denied: [],
  network: false,
  allow_missing: [],
};

/** Everything but the part that is the same for every policy. */
function varying(policy: ResolvedPolicy): { readonly rules: string; readonly rest: readonly string[] } {
  const [program, flag, text = "", ...rest] = seatbeltArguments(policy, ["/bin/ls", "-l"]);
  expect([program, flag]).toEqual(["/usr/bin/sandbox-exec", "-p"]);
  const [, rules = ""] = text.split("(vnode-type CHARACTER-DEVICE)))\n");
  return { rules, rest };
}

describe("the Seatbelt profile", () => {
  it("denies by default, and lets a program run, read a few facts and use terminals", () => {
    expect(seatbeltArguments(READ_ONLY, [])[2]).toMatchSnapshot();
  });

  it("lets a read-only command read and nothing else", () => {
    expect(varying(READ_ONLY)).toEqual({ rules: "\n(allow file-read*)\n", rest: ["--", "/bin/ls", "-l"] });
  });

  it("lets roots be written, without what stays read-only in them", () => {
    const writable = [
      { root: "/work", read_only: ["/work/.git", "/work/.codex"] },
      { root: "/private/tmp", read_only: [] },
    ];
    expect(varying({ ...READ_ONLY, writable })).toEqual({
      rules: `
(allow file-read*)
(allow file-write* (require-all (subpath (param "WRITABLE_ROOT_0"))
  (require-not (require-any (literal (param "WRITABLE_ROOT_0_EXCLUDED_0")) (subpath (param "WRITABLE_ROOT_0_EXCLUDED_0"))))
  (require-not (require-any (literal (param "WRITABLE_ROOT_0_EXCLUDED_1")) (subpath (param "WRITABLE_ROOT_0_EXCLUDED_1"))))))
(allow file-write* (require-all (subpath (param "WRITABLE_ROOT_1"))))
`,
      rest: [
        "-DWRITABLE_ROOT_0=/work",
        "-DWRITABLE_ROOT_0_EXCLUDED_0=/work/.git",
        "-DWRITABLE_ROOT_0_EXCLUDED_1=/work/.codex",
        "-DWRITABLE_ROOT_1=/private/tmp",
        "--",
        "/bin/ls",
        "-l",
      ],
    });
  });

  it("takes denied paths back, reading and writing, also inside a root", () => {
    const writable = [{ root: "/work", read_only: [] }];
    const { rules, rest } = varying({ ...READ_ONLY, writable, denied: ["/work/secret"] });
    expect(rules).toBe(
      '\n(allow file-read*)\n(allow file-write* (require-all (subpath (param "WRITABLE_ROOT_0"))))\n' +
        '(deny file-read* file-write* (require-any (literal (param "DENIED_0")) (subpath (param "DENIED_0"))))\n',
    );
    expect(rest.slice(0, 2)).toEqual(["-DWRITABLE_ROOT_0=/work", "-DDENIED_0=/work/secret"]);
  });

  it("hides known secrets as it hides what was named", () => {
    const { rest } = varying({ ...READ_ONLY, denied: ["/work/secret"], secrets: ["/home/me/.ssh"] });
    expect(rest.slice(0, 2)).toEqual(["-DDENIED_0=/work/secret", "-DDENIED_1=/home/me/.ssh"]);
  });

  it("keeps protected names from being made, there or not, with all below them", () => {
    const writable = [{ root: "/work", read_only: ["/work/.codex"] }];
    const { rules } = varying({ ...READ_ONLY, writable });
    const name = '(param "WRITABLE_ROOT_0_EXCLUDED_0")';
    expect(rules).toContain(`(require-not (require-any (literal ${name}) (subpath ${name})))`);
  });

  it("names no path in its text: what a folder is called cannot become a rule", () => {
    const root = '/work/")) (allow default) ((';
    const [, , text = "", parameter] = seatbeltArguments({ ...READ_ONLY, writable: [{ root, read_only: [] }] }, []);
    expect(text).not.toContain("allow default");
    expect(parameter).toBe(`-DWRITABLE_ROOT_0=${root}`);
  });

  it("opens the network only when the policy does", () => {
    expect(varying(READ_ONLY).rules).not.toContain("network");
    expect(varying({ ...READ_ONLY, network: true }).rules).toContain("(allow network-outbound");
  });

  it("closes what it opens", () => {
    const [, , text = ""] = seatbeltArguments({ ...READ_ONLY, network: true, denied: ["/x"] }, []);
    const code = text.replaceAll(/"[^"]*"|;.*$/gm, "");
    expect(code.split("(").length).toBe(code.split(")").length);
  });
});
