import { present } from "@codex/common";
import type { PlaceSettings } from "./config.js";
import type { ConfigFile } from "./keys.js";
import type { Report } from "./providers.js";

/** `[environment]`; without it commands run on this machine. */
export function placeSettings(file: ConfigFile, report: Report): PlaceSettings {
  const { type = "direct", image, host, cwd, helper, client } = file.environment ?? {};
  const missing = (key: string, example: string): PlaceSettings => {
    report({ path: ["environment", key], message: `environment.type = "${type}" needs it, like ${example}` });
    return { type: "direct" };
  };
  if (client?.length === 0)
    report({ path: ["environment", "client"], message: "expected a program, found an empty list" });
  for (const [key, path] of Object.entries({ cwd, helper })) {
    if (path?.startsWith("/") === false) {
      report({
        path: ["environment", key],
        message: "expected an absolute path, since it is one of the other machine",
      });
    }
  }
  switch (type) {
    case "direct":
      return { type };
    case "docker":
      return image === undefined || image === ""
        ? missing("image", '"node:22"')
        : { type, image, ...present("client", client) };
    case "ssh":
      if (host === undefined || host === "") return missing("host", '"user@machine"');
      return { type, host, ...present("cwd", cwd), ...present("helper", helper), ...present("client", client) };
    default:
      return type satisfies never;
  }
}
