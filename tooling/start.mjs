/** `npm start [-- ARGS]` is `codex ARGS`, from this checkout, in the folder where it was typed. */
import { guarded } from "./guarded.mjs";

guarded(async () => {
  const [{ prepare }, { ROOT }, { pathToFileURL }] = await Promise.all([
    import("./prepare.mjs"),
    import("./stamp.mjs"),
    import("node:url"),
  ]);
  await prepare(ROOT);
  const { INIT_CWD, npm_lifecycle_event } = process.env;
  if (npm_lifecycle_event === "start" && INIT_CWD !== undefined) process.chdir(INIT_CWD);
  const main = `${ROOT}packages/cli/dist/main.js`;
  // In this process, not in a child: terminal, signals and exit code need no forwarding, and a second Node costs 40 ms.
  process.argv.splice(1, 1, main);
  // A newcomer has neither a task nor a key: show the recorded session on a throw-away repository.
  const { CODEX_API_KEY, OPENAI_API_KEY } = process.env;
  if (process.argv.length === 2 && !CODEX_API_KEY && !OPENAI_API_KEY) process.argv.push("demo");
  await import(pathToFileURL(main).href);
});
