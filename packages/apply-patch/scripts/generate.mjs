/** Generated patches for the comparison with Codex: a tree and a patch for it, drawn from a seed. */

const WORDS = ["alpha", "beta", "gamma", "delta", "return", "if (x) {", "}", "end", "value = 1", "print('hi')"];
const TYPOGRAPHIC = ["it\u2019s", "a \u2013 b", "\u201cquoted\u201d", "x\u00a0y", "wait\u2014what", "3\u2212\u2009 2"];
const PLAIN = ["it's", "a - b", '"quoted"', "x y", "wait-what", "3-  2"];

/** A repeatable source of chance. */
export function createChance(seed) {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const below = (limit) => Math.floor(next() * limit);
  return { below, often: (share) => next() < share, pick: (list) => list[below(list.length)] };
}

function fileLines(chance, pool = WORDS) {
  return Array.from({ length: 3 + chance.below(18) }, (_, index) => {
    if (chance.often(0.12)) return "";
    const indent = " ".repeat(2 * chance.below(4));
    return indent + chance.pick(pool) + (chance.often(0.6) ? ` ${index}` : "");
  });
}

/** Chunks that fit the lines; each is a list of patch lines. */
function chunksFor(chance, lines) {
  const chunks = [];
  let at = 0;
  for (let left = 1 + chance.below(3); left > 0 && at < lines.length; left -= 1) {
    const start = at + chance.below(Math.max(1, Math.min(5, lines.length - at)));
    const end = Math.min(lines.length, start + 1 + chance.below(4));
    const body = [];
    for (const line of lines.slice(start, end)) {
      const fate = chance.below(6);
      if (fate < 3) body.push(` ${line}`);
      else if (fate === 3) body.push(`-${line}`, `+new ${chance.below(100)}`);
      else if (fate === 4) body.push(`-${line}`);
      else body.push(` ${line}`, `+added ${chance.below(100)}`, ...(chance.often(0.2) ? ["+"] : []));
    }
    const context = start > at && chance.often(0.3) ? `@@ ${lines[at + chance.below(start - at)]}` : "@@";
    chunks.push([context.trimEnd(), ...body]);
    at = end;
  }
  return chunks;
}

function update(name, chunks, moveTo) {
  return [`*** Update File: ${name}`, ...(moveTo === undefined ? [] : [`*** Move to: ${moveTo}`]), ...chunks.flat()];
}

function envelope(...hunks) {
  return ["*** Begin Patch", ...hunks.flat(), "*** End Patch"].join("\n");
}

const text = (lines) => lines.map((line) => `${line}\n`).join("");
const onOld = (change) => (line) => (/^[ -]/.test(line) ? line[0] + change(line.slice(1)) : line);

/** `misses`: the share of patches that no longer fit their file. */
function simple(chance, { pool, change = (line) => line, write = text, misses = 0 } = {}) {
  const lines = fileLines(chance, pool);
  if (chance.often(misses))
    return { tree: { f: write(lines) }, patch: envelope(update("f", chunksFor(chance, fileLines(chance, pool)))) };
  const chunks = chunksFor(chance, lines).map((chunk) => chunk.map(onOld(change)));
  return { tree: { f: write(lines) }, patch: envelope(update("f", chunks)) };
}

function drift(chance) {
  return (line) => {
    const fate = chance.below(20);
    if (fate < 3) return `${line}  `;
    if (fate < 6) return `  ${line}`;
    if (fate < 8) return line.trim();
    if (fate < 9) return `\t${line.trim()}\t`;
    return fate < 10 ? line.replace(" ", "  ") : line;
  };
}

function wrong(chance) {
  const { tree, patch } = simple(chance);
  const lines = patch.split("\n");
  const at = 2 + chance.below(lines.length - 3);
  const fate = chance.below(4);
  if (fate === 0) lines.splice(at, 1);
  else if (fate === 1) lines[at] = `${lines[at]}?`;
  else if (fate === 2) lines.splice(at, 0, "@@ nowhere at all", " alpha");
  else lines.splice(2, 0, ...lines.slice(at, -1));
  return { tree, patch: lines.join("\n") };
}

function move(chance) {
  const lines = fileLines(chance);
  const to = chance.pick(["g", "deep/er/g", "other", "dir", "./f", "other/x", "../f-outside/../root-f"]);
  const tree = { f: text(lines), other: "other\n", "dir/inner": "inner\n" };
  const chunks = chance.often(0.1) ? [] : chunksFor(chance, lines);
  if (chance.often(0.2)) chunks[0]?.push("-not there");
  return { tree, patch: envelope(update("f", chunks, to)) };
}

function several(chance) {
  const tree = {};
  const hunks = [];
  for (let index = 0; index < 2 + chance.below(3); index += 1) {
    const lines = fileLines(chance);
    const name = chance.pick(["a", "b", "c/d", "c/e"]) + (chance.often(0.9) ? index : "");
    if (chance.often(0.9)) tree[name] = text(lines);
    const fate = chance.below(5);
    if (fate === 0) hunks.push([`*** Delete File: ${name}`]);
    else if (fate === 1) hunks.push([`*** Add File: ${chance.often(0.5) ? name : `new/${name}`}`, "+added", "+"]);
    else hunks.push(update(name, chunksFor(chance, lines), fate === 2 ? `moved/${name}` : undefined));
  }
  return { tree, patch: envelope(...hunks) };
}

function fileEnd(chance) {
  const lines = [...fileLines(chance), ...chance.pick([[], [], [""]])];
  const tail = lines.slice(-1 - chance.below(2));
  const body = chance.pick([
    () => ["@@", ...tail.map((line) => ` ${line}`), "+after", "*** End of File"],
    () => ["@@", ...tail.map((line) => `-${line}`), "+instead", "*** End of File"],
    () => ["@@", ` ${lines[0]}`, "+early", "*** End of File"],
    () => [`@@ ${lines[0]}`.trimEnd(), "+pure", "+insertion"],
    () => ["+no marker"],
    () => ["@@", ...tail.map((line) => ` ${line}`), "+before blank", ""],
    () => lines.map((line) => `-${line}`),
  ])();
  const extra = chance.often(0.3) ? ["@@", `-${lines.at(-1)}`, "+again", "*** End of File"] : [];
  return { tree: { f: text(lines) }, patch: envelope(update("f", [body, extra])) };
}

function malformed(chance) {
  const { tree, patch } = simple(chance);
  const lines = patch.split("\n");
  const junk = [
    "junk",
    "@@",
    "*** End of File",
    "",
    " ",
    "*** Move to: z",
    "*** Add File: ",
    "*** Update File: f",
    "@@x",
  ];
  junk.push("*** Begin Patch", "*** End Patch", " *** End Patch", "\tx", "*** Add File: n", "*** Delete File: f");
  for (let count = 1 + chance.below(2); count > 0; count -= 1) {
    const at = chance.below(lines.length);
    const fate = chance.below(4);
    if (fate === 0) lines.splice(at, 1);
    else if (fate === 1) lines[at] = (lines[at] ?? "").slice(1);
    else lines.splice(at, 0, chance.pick(junk));
  }
  const whole = lines.join(chance.often(0.15) ? "\r\n" : "\n");
  const wrapped = chance.pick([whole, whole, `\n  ${whole}  \n\n`, `<<'EOF'\n${whole}\nEOF`, `<<EOF\n${whole}`]);
  return { tree, patch: wrapped };
}

/** Class name → generator. `preserve`: Codex is run in its mode that keeps line endings. */
export const CLASSES = {
  plain: { generate: (chance) => simple(chance, { misses: 0.2 }) },
  whitespace: { generate: (chance) => simple(chance, { change: drift(chance), misses: 0.2 }) },
  unicode: {
    generate: (chance) => {
      const flip = chance.often(0.5);
      const [file, patch] = flip ? [TYPOGRAPHIC, PLAIN] : [PLAIN, TYPOGRAPHIC];
      const change = (line) => file.reduce((all, each, at) => all.replace(each, patch[at]), line);
      const broken = (line) => (chance.often(0.05) ? `${line}\u2032` : change(line));
      return simple(chance, { pool: file, change: broken });
    },
  },
  "wrong context": { generate: wrong },
  moves: { generate: move },
  "several files": { generate: several },
  "no final newline": {
    generate: (chance) => simple(chance, { write: (lines) => text(lines).replace(/\n$/, ""), misses: 0.2 }),
  },
  CRLF: {
    preserve: true,
    generate: (chance) => {
      const mixed = chance.often(0.3);
      const ending = () => (mixed ? chance.pick(["\r\n", "\n", "\r"]) : "\r\n");
      const change = chance.often(0.2) ? () => "not there" : (line) => line;
      return simple(chance, { change, write: (lines) => lines.map((line) => line + ending()).join("") });
    },
  },
  "file end": { generate: fileEnd },
  malformed: { generate: malformed },
};
