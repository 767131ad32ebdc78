/** `npm test [-- vitest arguments]`: everything, on the built command; the last line is the count. */
import { guarded } from "./guarded.mjs";

/**
 * A file that cannot be loaded, and an error outside every test, are failures like any other.
 * @param {import("vitest/node").Vitest} vitest
 */
function countOf(vitest) {
  const count = { passed: 0, failed: vitest.state.getUnhandledErrors().length, skipped: 0 };
  for (const module of vitest.state.getTestModules()) {
    const states = [...module.children.allTests()].map((test) => test.result().state);
    for (const state of states) count[state === "pending" ? "skipped" : state] += 1;
    if (!module.ok() && !states.includes("failed")) count.failed += 1;
  }
  return count;
}

guarded(async () => {
  const [{ prepare }, { ROOT }] = await Promise.all([import("./prepare.mjs"), import("./stamp.mjs")]);
  await prepare(ROOT);
  process.chdir(ROOT);
  const { parseCLI, startVitest } = await import("vitest/node");
  const { filter, options } = parseCLI(["vitest", "run", ...process.argv.slice(2)]);
  const vitest = await startVitest("test", filter, { ...options, watch: false });
  const { passed, failed, skipped } = countOf(vitest);
  console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`);
  process.exit(failed > 0 ? 1 : Number(process.exitCode ?? 0));
});
