import { parse } from "smol-toml";
import { describe, expect, it } from "vitest";
import { parseOverride } from "../src/overrides.js";

/** The rule without any shortcut: TOML, else the text without its outer quotes. */
function slowly(text: string): unknown {
  try {
    const table = parse(`value = ${text}`);
    if (Object.keys(table).length === 1) return table["value"];
    return text;
  } catch {
    return text.replace(/^["']+|["']+$/g, "");
  }
}

describe("parseOverride", () => {
  it.each([
    ["model=gpt-5", ["model"], "gpt-5"],
    [" a.b = 1 ", ["a", "b"], 1],
    ["a=b=c", ["a"], "b=c"],
    [`projects."/a.b=c".trust_level=trusted`, ["projects", "/a.b=c", "trust_level"], "trusted"],
    ["projects.'/x y'.trust_level=trusted", ["projects", "/x y", "trust_level"], "trusted"],
    ["a={ b = [1, 2], c.d = true }", ["a"], { b: [1, 2], c: { d: true } }],
    ["a=", ["a"], ""],
    ["a=with some spaces", ["a"], "with some spaces"],
    ["a=1\nb=2", ["a"], "1\nb=2"],
  ])("%j", async (text, path, value) => {
    expect(await parseOverride(text)).toEqual({ path, value });
  });

  it.each([
    ["true", "false", "True", "0", "-0", "+1", "007", "12", "-7", "1_000", "1.5", "1e3", "0x10", "inf", "nan", "-inf"],
    ["999999999999999", "9007199254740993", "on-request", "a/b", "/etc/x", "~/x", "https://a.b:1/v1", "x y", "a.b"],
    [`"quoted"`, `'quoted'`, `"esc\\n"`, `"open`, `'a"b'`, `"a'b"`, `""`, `"""m"""`, "[1]", "[1", "{a=1}", "{", "#"],
    ["1 # c", "true # c", "1979-05-27", "07:32:00", "é", "a\tb", `"a\tb"`, "\u0000", "truetrue", "nanx"],
  ])("gives the value that the parser alone would give: %s %s %s …", async (...texts) => {
    for (const text of texts) {
      const { value } = await parseOverride(`k=${text}`);
      expect({ text, value }).toStrictEqual({ text, value: slowly(text) });
    }
  });
});
