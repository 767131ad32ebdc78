/**
 * The frame of every root script: an old Node, and trouble that a person can act on, are one message and exit
 * code 1. It imports nothing, and its syntax is old, so that an old Node reads it far enough to say so.
 */
const OLDEST = { major: 20, minor: 19 };

/** @param {() => Promise<void>} script */
export function guarded(script) {
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
  if (major < OLDEST.major || (major === OLDEST.major && minor < OLDEST.minor)) {
    const oldest = `${OLDEST.major}.${OLDEST.minor}`;
    console.error(`This needs Node ${oldest} or newer, and runs on ${process.version}: install a newer Node.`);
    process.exit(1);
  }
  script().catch((error) => {
    console.error(error.constructor.name === "Trouble" ? error.message : error);
    process.exit(1);
  });
}
