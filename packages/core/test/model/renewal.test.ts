import { CodexError } from "@codex/common";
import { ev, startResponsesServer } from "@codex/test-support";
import type { Credential } from "@codex/protocol";
import { expect, it } from "vitest";
import { ask, clientOf } from "./fixture.js";
import type { ClientOptions } from "./fixture.js";

const REFUSED = { type: "status", status: 401, body: { error: { message: "expired" } } } as const;
const GOOD = [ev.message("hi"), ev.completed()];

function token(name: string): Credential {
  return { type: "chatgpt", token: name, account_id: "acc", is_fedramp: true };
}

/** A sign-in that is renewed to these tokens, one after the other. */
function signedIn(...renewed: readonly (string | Error)[]): ClientOptions & { readonly refused: string[] } {
  const refused: string[] = [];
  const left = [...renewed];
  return {
    refused,
    spec: { requires_openai_auth: true, request_max_retries: 0 },
    provider: {
      credentials: {
        current: () => Promise.resolve(token("first")),
        renew: (old) => {
          refused.push(old.token);
          const next = left.shift();
          if (next instanceof Error) return Promise.reject(next);
          return Promise.resolve(next === undefined ? undefined : token(next));
        },
      },
    },
  };
}

it("a 401 asks for another token and asks again, without a retry that anybody sees", async () => {
  await using server = await startResponsesServer(REFUSED, REFUSED, GOOD);
  const options = signedIn("second", "third");
  const { items, error } = await ask(clientOf(server.url, options));
  expect(error).toBeUndefined();
  expect(items.at(-1)).toMatchObject({ type: "completed" });
  expect(options.refused).toEqual(["first", "second"]);
  expect(server.requests.map(({ headers }) => headers.authorization)).toEqual([
    "Bearer first",
    "Bearer second",
    "Bearer third",
  ]);
  expect(server.requests[2]?.headers).toMatchObject({ "chatgpt-account-id": "acc", "x-openai-fedramp": "true" });
});

it("the third 401 is the last", async () => {
  await using server = await startResponsesServer(REFUSED, REFUSED, REFUSED);
  const { error } = await ask(clientOf(server.url, signedIn("second", "third", "fourth")));
  expect(error).toMatchObject({ code: "unauthorized", retry: "no", message: expect.stringContaining("sign in again") });
});

it("without another token the 401 stands; a key is never renewed", async () => {
  await using server = await startResponsesServer(REFUSED, REFUSED);
  expect((await ask(clientOf(server.url, signedIn()))).error).toMatchObject({ code: "unauthorized" });
  const options = signedIn("second");
  const keyed = { ...options, env: { K: "key" }, spec: { env_key: "K", request_max_retries: 0 } };
  expect((await ask(clientOf(server.url, keyed))).error).toMatchObject({ code: "unauthorized" });
  expect(options.refused).toEqual([]);
});

it("says what the renewal said", async () => {
  await using server = await startResponsesServer(REFUSED);
  const ended = new CodexError("unauthorized", "The ChatGPT sign-in ended: it was revoked.");
  expect((await ask(clientOf(server.url, signedIn(ended)))).error).toBe(ended);
});
