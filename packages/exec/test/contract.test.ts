import { beforeAll } from "vitest";
import { createDirectEnvironment } from "../src/index.js";
import { itKeepsTheContract } from "./contract.js";
import { builtHelper, workspaceWrite } from "./support.js";

let helper = "";
beforeAll(() => {
  helper = builtHelper();
});

const direct = (options: { readonly helper?: string } = {}) =>
  createDirectEnvironment({ id: "contract", allow_missing: [], ...options });

itKeepsTheContract("this machine", (folder) => Promise.resolve({ where: direct({ helper }), folder }));

itKeepsTheContract("this machine without the helper", (folder) => Promise.resolve({ where: direct(), folder }));

itKeepsTheContract("this machine, confined", async (folder) => {
  const outer = direct({ helper });
  return { where: await outer.confine(await outer.resolve(workspaceWrite(), folder)), folder };
});
