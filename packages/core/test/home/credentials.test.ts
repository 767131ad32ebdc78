import type { Credential } from "@codex/protocol";
import { expect, it } from "vitest";
import { readCredentials } from "../../src/home/credentials.js";

const never = new AbortController().signal;
const KEY: Credential = { type: "api_key", token: "stored" };
const SIGN_IN: Credential = { type: "chatgpt", token: "access" };

function current(env: Readonly<Record<string, string>>, stored?: Credential) {
  const source = { current: () => Promise.resolve(stored), renew: () => Promise.resolve(undefined) };
  return readCredentials({ env, stored: source }).current(never);
}

const BOTH = { CODEX_API_KEY: " c ", OPENAI_API_KEY: "o" };

it("takes CODEX_API_KEY, then a sign-in, then OPENAI_API_KEY, then the stored key", async () => {
  expect(await current(BOTH, SIGN_IN)).toEqual({ type: "api_key", token: "c" });
  expect(await current({ OPENAI_API_KEY: "o" }, SIGN_IN)).toEqual(SIGN_IN);
  expect(await current({ OPENAI_API_KEY: "o" }, KEY)).toEqual({ type: "api_key", token: "o" });
  expect(await current({ CODEX_API_KEY: " ", OPENAI_API_KEY: "" }, KEY)).toEqual(KEY);
  expect(await current({})).toBeUndefined();
});
