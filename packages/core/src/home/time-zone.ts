import { readlinkSync } from "node:fs";

/** Link of the system to the user's zone. */
const LOCAL_TIME = "/etc/localtime";

/** IANA name of the user's time zone. The runtime knows it too, but asking costs it 14 ms at its first use. */
export function localTimeZone(env: Readonly<Record<string, string | undefined>>, link = LOCAL_TIME): string {
  const told = zoneIn(env["TZ"]) ?? (env["TZ"] === undefined ? zoneIn(linkTarget(link)) : undefined);
  return told ?? Intl.DateTimeFormat().resolvedOptions().timeZone;
}

function linkTarget(link: string): string | undefined {
  try {
    return readlinkSync(link);
  } catch {
    return undefined;
  }
}

/** `Area/City`, alone or at the end of a path to the zone files. */
function zoneIn(text: string | undefined): string | undefined {
  return /^:?(?:.*\/zoneinfo\/(?:posix\/|right\/)?)?([A-Z][\w+-]*(?:\/[A-Za-z][\w+-]*){1,2}|UTC)$/.exec(
    text ?? "",
  )?.[1];
}
