/** Scripts drawn from the grammar of bash, not from what our parser takes: every construct may turn up anywhere. */
import fc from "fast-check";

/** Programs that the harness puts on PATH; those starting with `no` fail. */
export const PROGRAMS = ["ok1", "ok2", "no1", "no2", "git-x", "g++"] as const;
/** Builtins that the harness replaces by programs where the shell lets it. */
export const BUILTINS = ["echo", "cd", "true", "false", "printf", "test", "pwd", "type", "umask", "kill"] as const;

const plainPiece = fc.constantFrom(
  ..."a foo -x --opt=v ./p/q.ts x,y k=v a+=1 HEAD~1 a^ %1 @ a:b a#b é привет 12 . .. - -- +x a@ = a% / //".split(" "),
  ..."if then do in time case fi function select eval exec command".split(" "),
);
const quotedContent = fc
  .array(
    fc.constantFrom(
      ..."a b c * ? [x] { } ~ # ; & | && < > ( ) ! = - é 日本 '' ! \\d \\. \\| /tmp/x".split(" "),
      " ",
      "  ",
      "\t",
      "\n",
      "it is",
    ),
    { maxLength: 3 },
  )
  .map((parts) => parts.join(""));
const singleQuoted = fc
  .oneof(
    { weight: 8, arbitrary: quotedContent },
    { weight: 1, arbitrary: fc.constantFrom("$X", "`ok1 s`", "$(ok1 s)", '"', "\\") },
  )
  .map((text) => `'${text.replaceAll("'", "")}'`);
const doubleQuoted = fc
  .oneof(
    { weight: 12, arbitrary: quotedContent },
    {
      weight: 3,
      arbitrary: fc.constantFrom('\\"', "\\\\", "\\$X", "\\`", "a\\\nb", "it's", "a!b", "\\!", "\\n", "é\\d"),
    },
    { weight: 1, arbitrary: fc.constantFrom("$X", "${X}", "$(ok1 s)", "`ok1 s`", "a$", "$((1+1))", "$") },
  )
  .map((text) => `"${text}"`);
const escaped = fc.constantFrom(
  ..."\\* \\; \\$ \\\\ \\' \\\" \\| \\& \\~ \\# \\( \\) \\{ \\a \\= \\!".split(" "),
  "\\ ",
  "\\\n",
);
const expansion = fc.constantFrom(
  ..."$X ${X} ${X:-y} $(ok1\ts) `ok2` $((1+1)) $'a\\tb' $\"x\" * ? a* [a-z]1 {a,b} {1..3} {-x,foo} ~ ~/x a=~ b:~ !x ${ }".split(
    " ",
  ),
  "<(ok1)",
  "é|ok1",
  "\r",
  "\u00a0",
  "\x7f",
  "@(a|b)",
);
const piece = fc.oneof(
  { weight: 60, arbitrary: plainPiece },
  { weight: 14, arbitrary: singleQuoted },
  { weight: 14, arbitrary: doubleQuoted },
  { weight: 8, arbitrary: escaped },
  { weight: 1, arbitrary: expansion },
);
const word = fc.array(piece, { minLength: 1, maxLength: 2 }).map((parts) => parts.join(""));

const name = fc.oneof(
  { weight: 60, arbitrary: fc.constantFrom(...PROGRAMS) },
  { weight: 24, arbitrary: fc.constantFrom(...BUILTINS) },
  {
    weight: 4,
    arbitrary: fc.constantFrom(
      ..."'ok1' \"ok1\" \\ok1 ok''1 o\\k1 ok\\\n1 ok{1,2} ok? $X X=1 X+=1 X[0]=1 1 eval exec command builtin time ! export".split(
        " ",
      ),
      ..."local readonly set unset trap exit return . source alias coproc [ [[ ok1=2 ~ - -x =ok1 :".split(" "),
    ),
  },
);
const blank = fc.oneof(
  { weight: 20, arbitrary: fc.constantFrom(" ", "  ", "\t") },
  { weight: 1, arbitrary: fc.constantFrom(" \\\n", "\\\n ", "\\\n") },
);
const prefix = fc.oneof(
  { weight: 70, arbitrary: fc.constant("") },
  { weight: 1, arbitrary: fc.constantFrom("X=1 ", "X= ", "! ", "time ", ">out ", "{fd}>out ") },
);
const suffix = fc.oneof(
  { weight: 50, arbitrary: fc.constant("") },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      " 2>&1",
      " >out",
      ">/dev/null",
      " <a1",
      " <<<x",
      " # end",
      "#end",
      " <<EOF\nbody\nEOF\n",
      "2>&1",
    ),
  },
);
const simple = fc
  .tuple(
    prefix,
    name,
    fc.array(
      fc.tuple(blank, word).map((parts) => parts.join("")),
      { maxLength: 4 },
    ),
    suffix,
  )
  .map(([before, program, words, after]) => before + program + words.join("") + after);

const compound = simple.chain((command) =>
  fc.constantFrom(
    `(${command})`,
    `{ ${command}; }`,
    `if ${command}; then ok1; fi`,
    `for i in a b; do ${command}; done`,
    `while no1; do ${command}; done`,
    `case a in a) ${command};; esac`,
    `f() { ${command}; }; f`,
    `function f { ${command}; }`,
    `[[ -n x ]] && ${command}`,
    `((1)) && ${command}`,
    `ok1 $(${command})`,
    `ok1 <<EOF\n$(${command})\nEOF\nok2`,
    `eval '${command.replaceAll("'", "")}'`,
  ),
);
const command = fc.oneof({ weight: 40, arbitrary: simple }, { weight: 1, arbitrary: compound });
const separator = fc.oneof(
  {
    weight: 40,
    arbitrary: fc.constantFrom(" && ", "&&", " || ", "||", ";", " ; ", "; ", " | ", "|", "\n", " \n ", "\n\n"),
  },
  { weight: 8, arbitrary: fc.constantFrom(" &&\n", " ||\n\n", " |\n", "; \n", " && \\\n") },
  {
    weight: 2,
    arbitrary: fc.constantFrom(" & ", " |& ", ";;", " ; ; ", "\n; ", "&& &&", "&", " \\; ", "#c\n", " #c\n", "\r\n"),
  },
);

export const shellScript = fc
  .tuple(
    fc.constantFrom("", "", "", "", " ", "\n", "\t"),
    command,
    fc.array(fc.tuple(separator, command), { maxLength: 3 }),
    fc.constantFrom("", "", "", "", "", ";", "\n", " ", " ;\n", "\\\n", " &", " &&", "\\"),
  )
  .map(([start, first, rest, end]) => start + first + rest.flat().join("") + end);
