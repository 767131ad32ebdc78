import { expect, it } from "vitest";

import { createPlace, describeForUsers, runScript } from "./support/sandbox.js";

const NODE_HTTP = `const http = require("http");
const server = http.createServer((_request, response) => response.end("inside")).listen(0, "127.0.0.1", () => {
  http.get({ port: server.address().port, host: "127.0.0.1" }, (response) => {
    response.on("data", (part) => console.log(String(part))).on("end", () => server.close());
  });
});`;

const NODE_CHILDREN = `const { execFileSync, fork, spawnSync } = require("child_process");
console.log(String(execFileSync("echo", ["one"])).trim(), spawnSync("cat", { input: "two" }).stdout.toString());
if (process.send === undefined) fork(__filename).on("message", (word) => console.log(word));
else process.send("three");`;

const PYTHON = `import multiprocessing, tempfile, socket, sqlite3, subprocess, threading
def work(lock, value):
    with lock: value.value += 1
if __name__ == "__main__":
    lock, value = multiprocessing.Lock(), multiprocessing.Value("i", 0)
    workers = [multiprocessing.Process(target=work, args=(lock, value)) for _ in range(4)]
    [each.start() for each in workers]; [each.join() for each in workers]
    with multiprocessing.Pool(2) as pool: print(value.value, sum(pool.map(abs, [-1, 2])))
    with tempfile.NamedTemporaryFile() as file: file.write(b"x")
    one, other = socket.socketpair(); one.send(b"x"); other.recv(1)
    database = sqlite3.connect("base.db"); database.execute("create table t (a)"); database.commit()
    print(subprocess.run(["echo", "child"], capture_output=True, text=True).stdout.strip())
`;

const NODE_TEST = `const test = require("node:test"); const assert = require("node:assert");
test("adds", () => assert.equal(1 + 1, 2));`;

/** What a person types, and what must come out. */
const PROGRAMS: Readonly<Record<string, { readonly script: string; readonly stdout: RegExp | string }>> = {
  "git in a repository": {
    script:
      "git -c safe.directory='*' -C $SOURCE status --porcelain > /dev/null && git -C $SOURCE log --oneline | wc -l",
    stdout: /^[1-9]/,
  },
  "python with processes, temporary files and a database": {
    script: `cat > main.py <<'END'\n${PYTHON}END\nTMPDIR=$PWD python3 main.py`,
    stdout: "4 3\nchild\n",
  },
  "a node server and its client": { script: `node -e '${NODE_HTTP}'`, stdout: "inside\n" },
  "node with children": {
    script: `cat > main.js <<'END'\n${NODE_CHILDREN}\nEND\nnode main.js`,
    stdout: "one two\none two\nthree\n",
  },
  "node with workers": {
    script: `node -e 'const { Worker } = require("worker_threads");
      new Worker("require(\\"worker_threads\\").parentPort.postMessage(7)", { eval: true }).on("message", console.log)'`,
    stdout: "7\n",
  },
  "node --test": {
    script: `cat > a.test.js <<'END'\n${NODE_TEST}\nEND\nnode --test . | grep -c '^# pass 1'`,
    stdout: "1\n",
  },
  "bash with process substitution and here documents": {
    script: "diff <(echo a) <(echo a) && cat <<< here && TMPDIR=$PWD sort <<END\nb\na\nEND",
    stdout: "here\na\nb\n",
  },
  "a compiler and its product": {
    script: `export TMPDIR=$PWD; printf '#include <stdio.h>\nint main(void) { puts("built"); }' > a.c && gcc -O2 a.c && ./a.out`,
    stdout: "built\n",
  },
  "make with parallel jobs": {
    script: `export TMPDIR=$PWD; printf 'all: one two\none two:\n\t@echo done\n' > Makefile && make -s -j2`,
    stdout: "done\ndone\n",
  },
  "sort with temporary files": {
    script: "seq 200000 -1 1 | sort -n -S 64k -T . | head -1",
    stdout: "1\n",
  },
  "a terminal of its own": {
    script: `python3 -c 'import pty, os; pty.spawn(["tty"])'`,
    stdout: /\/dev\/pts\/0/,
  },
  "processes and users": {
    script: "ps -o comm= -p $$ && id -un > /dev/null && getent passwd root | cut -d: -f1",
    stdout: "bash\nroot\n",
  },
  "archives, pipes and signals": {
    script: "mkdir d && touch d/a && tar cz d | tar tz && (sleep 60 & kill $!; wait $!; echo $?) 2> /dev/null",
    stdout: "d/\nd/a\n143\n",
  },
  "locks and fifos": {
    script: "flock lock echo locked && mkfifo fifo && (echo through > fifo & cat fifo)",
    stdout: "locked\nthrough\n",
  },
  "limits, priorities and time": {
    script: "ulimit -n 64 && nice -n 5 timeout 5 true && TZ=UTC date -d @0 +%Y",
    stdout: "1970\n",
  },
  perl: { script: `perl -e 'print join(",", sort { $a <=> $b } 3, 1, 2), "\\n"'`, stdout: "1,2,3\n" },
};

describeForUsers("ordinary programs go on working", (user) => {
  it.each(Object.entries(PROGRAMS))("%s", async (_name, { script, stdout }) => {
    const place = createPlace(user);
    const source = new URL("../../..", import.meta.url).pathname;
    const env = {
      SOURCE: source,
      HOME: place.root,
      GIT_CONFIG_COUNT: "1",
      GIT_CONFIG_KEY_0: "safe.directory",
      GIT_CONFIG_VALUE_0: "*",
    };
    const outcome = await runScript(place, script, { env });
    expect(outcome).toMatchObject({
      code: 0,
      stdout: typeof stdout === "string" ? stdout : expect.stringMatching(stdout),
    });
  });
});
