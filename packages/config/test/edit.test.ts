import { lstatSync, readFileSync, readdirSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { parse } from "smol-toml";
import { describe, expect, it } from "vitest";
import { editFile, setKey } from "../src/index.js";
import { createScene, refusal } from "./support.js";

const free = { lock: () => Promise.resolve(true) };
const never = new AbortController().signal;

describe("one key is set", () => {
  it.each([
    ["", ["model"], "gpt", `model = "gpt"\n`],
    [`# mine\nmodel = "a" # why\n`, ["model"], "b", `# mine\nmodel = "b" # why\n`],
    [`model = "a"`, ["model_verbosity"], "low", `model = "a"\nmodel_verbosity = "low"\n`],
    [`# top\n[features]\nundo = true\n`, ["model"], "b", `# top\nmodel = "b"\n\n[features]\nundo = true\n`],
    [
      `[features]\nundo = true # ours\n\n[tui]\n`,
      ["features", "hooks"],
      false,
      `[features]\nundo = true # ours\nhooks = false\n\n[tui]\n`,
    ],
    [`[features]\n`, ["features", "hooks"], true, `[features]\nhooks = true\n`],
    [`a = 1\r\n[features]\r\nx = 1\r\n`, ["features", "y"], 2, `a = 1\r\n[features]\r\nx = 1\r\ny = 2\r\n`],
    [`features = { undo = true }\n`, ["features", "hooks"], true, `features = { undo = true, hooks = true }\n`],
    [`features = {}\n`, ["features", "hooks"], true, `features = { hooks = true }\n`],
    [
      `features.undo = true\nmodel = "a"\n`,
      ["features", "hooks"],
      true,
      `features.undo = true\nfeatures.hooks = true\nmodel = "a"\n`,
    ],
    [
      `model = "a"\n`,
      ["projects", "/a b", "trust_level"],
      "trusted",
      `model = "a"\n\n[projects."/a b"]\ntrust_level = "trusted"\n`,
    ],
    [`notify = [\n  "a", # one\n]\nmodel = "x"\n`, ["notify"], ["b"], `notify = ["b"]\nmodel = "x"\n`],
    [`x = """\n[features]\n"""\n`, ["features", "undo"], true, `x = """\n[features]\n"""\n\n[features]\nundo = true\n`],
  ])("%j %j", async (before, path, value, after) => {
    expect(await setKey(before, path, value)).toBe(after);
  });

  it("not below something that is no table, and not in what is no TOML", async () => {
    expect(await refusal(setKey(`model = "a"\n`, ["model", "x"], 1))).toBe(
      "model.x: cannot be set here; edit the file by hand",
    );
    expect(await refusal(setKey(`model = \n`, ["model"], 1))).toMatch(/^1:9: not valid TOML: /);
  });

  it("and every other byte stays, whatever the file looks like", async () => {
    const word = fc.stringMatching(/^[a-z]{1,6}$/);
    const value = fc.oneof(fc.string(), fc.boolean(), fc.integer(), fc.array(fc.string(), { maxLength: 3 }));
    const comment = fc.stringMatching(/^[ -~]{0,20}$/);
    const pair = fc
      .tuple(word, value, comment)
      .map(([key, inner, note]) => ({ key, line: `${key}  =  ${JSON.stringify(inner)} # ${note}` }));
    const section = fc.tuple(fc.uniqueArray(pair, { selector: ({ key }) => key, maxLength: 4 }), comment);
    const tables = fc.dictionary(word, section, { maxKeys: 4 });
    await fc.assert(
      fc.asyncProperty(
        section,
        tables,
        fc.array(word, { minLength: 1, maxLength: 2 }),
        value,
        async (top, below, path, set) => {
          const body = ([pairs, note]: typeof top) => [`# ${note}`, ...pairs.map(({ line }) => line)];
          const heads = new Set(top[0].map(({ key }) => key));
          const named = Object.entries(below).filter(([name]) => !heads.has(name));
          const text = [...body(top), ...named.flatMap(([name, part]) => ["", `[${name}]`, ...body(part)]), ""].join(
            "\n",
          );
          fc.pre(named.every(([name]) => path[0] !== name || path.length === 2));
          const after = await setKey(text, path, set).catch(() => undefined);
          fc.pre(after !== undefined);
          if (after === undefined) return;
          const old = valueAt(parse(text), path);
          const kept = sharedStart(text, after) + sharedEnd(text, after);
          expect(kept).toBeGreaterThanOrEqual(text.length - (old === undefined ? 0 : JSON.stringify(old).length));
          expect(valueAt(parse(after), path)).toEqual(set);
        },
      ),
      { numRuns: 300 },
    );
  });
});

function valueAt(table: unknown, path: readonly string[]): unknown {
  return path.reduce((inner: unknown, key) => {
    return typeof inner === "object" && inner !== null && Object.hasOwn(inner, key)
      ? Reflect.get(inner, key)
      : undefined;
  }, table);
}

function sharedStart(left: string, right: string): number {
  let length = 0;
  while (length < left.length && left[length] === right[length]) length += 1;
  return length;
}

function sharedEnd(left: string, right: string): number {
  const rest = Math.min(left.length, right.length) - sharedStart(left, right);
  let length = 0;
  while (length < rest && left.at(-1 - length) === right.at(-1 - length)) length += 1;
  return length;
}

describe("a configuration file is edited", () => {
  it("through its symlink, keeping its mode, and leaving nothing else behind", async () => {
    using scene = createScene();
    const real = scene.write("dotfiles/codex.toml", `model = "a"\n`);
    const file = join(scene.home, "config.toml");
    symlinkSync(real, file);
    await editFile({ file, path: ["model"], value: "b" }, free, never);
    expect(readFileSync(real, "utf8")).toBe(`model = "b"\n`);
    expect(lstatSync(file).isSymbolicLink()).toBe(true);
    expect(statSync(real).mode & 0o777).toBe(0o644);
    expect(readdirSync(join(scene.base, "dotfiles"))).toEqual(["codex.toml"]);
  });

  it("made with its folder, for its owner only", async () => {
    using scene = createScene();
    const file = join(scene.base, "new", "config.toml");
    await editFile({ file, path: ["features", "undo"], value: true }, free, never);
    expect(readFileSync(file, "utf8")).toBe("[features]\nundo = true\n");
    expect(statSync(file).mode & 0o777).toBe(0o600);
  });

  it.each([
    [["modle"], "x", "modle: unknown key; did you mean model?"],
    [["model_verbosity"], "loud", `model_verbosity: expected one of "low", "medium", "high", found "loud"`],
    [["features", "undoo"], true, "features.undoo: unknown key; did you mean features.undo?"],
  ])("only with a key and a value that it may hold: %j", async (path, value, message) => {
    using scene = createScene();
    const file = scene.user(`model = "a"\n`);
    expect(await refusal(editFile({ file, path, value }, free, never))).toBe(message);
    expect(readFileSync(file, "utf8")).toBe(`model = "a"\n`);
  });

  it("not while another program writes, and not when it is broken already", async () => {
    using scene = createScene();
    const file = scene.user(`model = \n`);
    expect(await refusal(editFile({ file, path: ["model"], value: "b" }, free, never))).toMatch(
      `${file}: 1:9: not valid TOML`,
    );
    let tries = 0;
    writeFileSync(file, "");
    const busy = { lock: () => Promise.resolve((tries += 1) > 2) };
    await editFile({ file, path: ["model"], value: "b" }, busy, never);
    expect({ tries, text: readFileSync(file, "utf8") }).toEqual({ tries: 3, text: `model = "b"\n` });
  });
});
