import { temporaryFolder } from "@codex/test-support";
import { symlinkSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { localTimeZone } from "../../src/home/time-zone.js";

const RUNTIME = Intl.DateTimeFormat().resolvedOptions().timeZone;

it.each([
  ["Europe/Vienna", "Europe/Vienna"],
  [":Europe/Vienna", "Europe/Vienna"],
  ["/usr/share/zoneinfo/America/Argentina/Ushuaia", "America/Argentina/Ushuaia"],
  ["Etc/GMT+5", "Etc/GMT+5"],
  ["UTC", "UTC"],
  ["CET-1CEST,M3.5.0,M10.5.0/3", RUNTIME],
  ["", RUNTIME],
])("takes TZ=%j for %s", (TZ, zone) => {
  expect(localTimeZone({ TZ })).toBe(zone);
});

it("follows the system's link, and else asks the runtime", async () => {
  await using folder = await temporaryFolder("codex-zone-");
  const link = join(folder.path, "localtime");
  expect(localTimeZone({}, link)).toBe(RUNTIME);
  symlinkSync("../usr/share/zoneinfo/posix/Asia/Tokyo", link);
  expect(localTimeZone({}, link)).toBe("Asia/Tokyo");
});
