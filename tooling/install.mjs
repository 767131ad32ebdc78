/** Dependencies for the scripts that need no build (.ci/run); shares its stamp with `npm start` and `npm test`. */
import { guarded } from "./guarded.mjs";

guarded(async () => {
  const [{ install }, { ROOT }] = await Promise.all([import("./prepare.mjs"), import("./stamp.mjs")]);
  await install(ROOT);
});
