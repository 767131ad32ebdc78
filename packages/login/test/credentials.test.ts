import { spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync, renameSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { manualClock, startResponsesServer, temporaryHome } from "@codex/test-support";
import type { Reply, ResponsesServer, TemporaryFolder } from "@codex/test-support";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createStoredCredentials } from "../src/index.js";
import type { FileLock } from "../src/index.js";

const NOW = Date.UTC(2026, 10, 22, 12);
const NAMESPACE = "https://api.openai.com/auth";

/** flock(2) through the system's program, as `@codex/exec` does it. */
const lock: FileLock = async (descriptor) => {
  const child = spawn("flock", ["-n", "-x", "3"], { stdio: ["ignore", "ignore", "ignore", descriptor] });
  const [code] = await once(child, "exit");
  return code === 0;
};

function jwt(claims: object): string {
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString("base64url");
  return `${part({ alg: "none" })}.${part(claims)}.c2ln`;
}

/** Access token number `n`, good for `minutes`. */
function access(n: number, minutes = 60): string {
  return jwt({ n, exp: NOW / 1000 + minutes * 60 });
}

function auth(access_token: string, more: object = {}): object {
  return {
    auth_mode: "chatgpt",
    OPENAI_API_KEY: null,
    tokens: { id_token: jwt({}), access_token, refresh_token: "rt_1", account_id: "acc", login_owner_id: "kept" },
    last_refresh: "2026-11-22T11:00:00.123456789Z",
    agent_identity: { also: "kept" },
    ...more,
  };
}

let server: ResponsesServer;
let home: TemporaryFolder;
let renewals: unknown[];

function answer(reply: Reply): void {
  server.route("POST /oauth/token", {
    type: "decided",
    decide: (request) => {
      renewals.push(request.body);
      return reply;
    },
  });
}

function fresh(n: number): Reply {
  return { type: "status", status: 200, body: { access_token: access(n), refresh_token: `rt_${n}` } };
}

beforeEach(async () => {
  server = await startResponsesServer();
  home = await temporaryHome();
  renewals = [];
  answer(fresh(2));
});

afterEach(async () => {
  await home[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
});

function credentials(now = 0) {
  const clock = manualClock({ start: NOW + now });
  const refresh_url = server.url.replace("/v1", "/oauth/token");
  return createStoredCredentials({ home: home.path, clock, lock, refresh_url, headers: { originator: "codex_exec" } });
}

const never = new AbortController().signal;

async function store(content: object): Promise<void> {
  await home.write("auth.new", JSON.stringify(content), 0o600);
  renameSync(join(home.path, "auth.new"), join(home.path, "auth.json"));
}

async function stored(): Promise<Record<string, object>> {
  return JSON.parse((await home.read("auth.json")) ?? "");
}

describe("what is stored", () => {
  it.each<[string, object, unknown]>([
    ["an API key", { auth_mode: "apikey", OPENAI_API_KEY: " sk-1 " }, { type: "api_key", token: "sk-1" }],
    ["an API key in an old file", { OPENAI_API_KEY: "sk-1" }, { type: "api_key", token: "sk-1" }],
    ["nothing", {}, undefined],
    ["a way we do not know", auth(access(1), { auth_mode: "bedrockApiKey" }), undefined],
    ["tokens", auth(access(1)), { type: "chatgpt", token: access(1), account_id: "acc" }],
    [
      "tokens in an old file, whose account is a claim",
      {
        tokens: {
          access_token: access(1),
          id_token: jwt({ [NAMESPACE]: { chatgpt_account_id: "claimed", chatgpt_account_is_fedramp: true } }),
        },
      },
      { type: "chatgpt", token: access(1), account_id: "claimed", is_fedramp: true },
    ],
  ])("may be %s", async (_, content, credential) => {
    await store(content);
    expect(await credentials().current(never)).toEqual(credential);
    expect(renewals).toEqual([]);
  });

  it("may be missing, or broken, which is told without its content", async () => {
    expect(await credentials().current(never)).toBeUndefined();
    await home.write("auth.json", '{"OPENAI_API_KEY": "sk-secret');
    const error: unknown = await credentials()
      .current(never)
      .catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: "config_invalid" });
    expect(String(error)).not.toContain("secret");
  });
});

describe("tokens are renewed", () => {
  it.each<[string, object, boolean]>([
    ["with four minutes left", auth(access(1, 4)), true],
    ["with six minutes left", auth(access(1, 6)), false],
    ["after eight days, when they tell no end", auth(jwt({}), { last_refresh: "2026-11-14T11:59:00Z" }), true],
    ["not after seven", auth(jwt({}), { last_refresh: "2026-11-15T12:00:00Z" }), false],
    ["not when somebody else does that", auth(access(1, 1), { auth_mode: "chatgptAuthTokens" }), false],
  ])("%s", async (_, content, isRenewed) => {
    await store(content);
    const credential = await credentials().current(never);
    expect(renewals).toHaveLength(isRenewed ? 1 : 0);
    if (isRenewed) expect(credential).toEqual({ type: "chatgpt", token: access(2), account_id: "acc" });
  });

  it("and stored, with every key that we do not know, in a file of its owner", async () => {
    await store(auth(access(1, 1)));
    await credentials().current(never);
    expect(renewals).toEqual([
      { client_id: expect.stringMatching(/^app_/), grant_type: "refresh_token", refresh_token: "rt_1" },
    ]);
    expect(server.requests[0]?.headers).toMatchObject({ originator: "codex_exec" });
    const before = auth(access(1, 1));
    expect(await stored()).toEqual({
      ...before,
      tokens: { ...(await stored())["tokens"], access_token: access(2), refresh_token: "rt_2", login_owner_id: "kept" },
      last_refresh: "2026-11-22T12:00:00.000Z",
    });
    expect(statSync(join(home.path, "auth.json")).mode & 0o777).toBe(0o600);
  });

  it("reads a file that another program is writing right now", async () => {
    await home.write("auth.json", '{"OPENAI_');
    const reading = credentials().current(never);
    await store({ OPENAI_API_KEY: "sk-1" });
    expect(await reading).toMatchObject({ token: "sk-1" });
  });

  it("once, however many ask, each with a lock of its own", async () => {
    await store(auth(access(1)));
    const refused = { type: "chatgpt", token: access(1), account_id: "acc" } as const;
    const askers = Array.from({ length: 8 }, () => credentials().renew(refused, never));
    for (const credential of await Promise.all(askers)) expect(credential).toMatchObject({ token: access(2) });
    expect(renewals).toHaveLength(1);
  });

  it("not at all, when another process did it while we waited for the lock", async () => {
    await store(auth(access(1)));
    const descriptor = openSync(join(home.path, "auth.json.lock"), "a");
    expect(await lock(descriptor)).toBe(true);
    const refused = { type: "chatgpt", token: access(1), account_id: "acc" } as const;
    let isDone = false;
    const renewing = credentials()
      .renew(refused, never)
      .finally(() => (isDone = true));
    await store(auth(access(7)));
    expect(isDone).toBe(false);
    closeSync(descriptor);
    expect(await renewing).toMatchObject({ token: access(7) });
    expect(renewals).toEqual([]);
  });

  it("after a 401: first from storage, then by the issuer", async () => {
    await store(auth(access(1)));
    const own = credentials();
    const first = await own.current(never);
    await store(auth(access(3)));
    const second = await own.renew(first ?? { type: "api_key", token: "" }, never);
    expect([second?.token, renewals.length]).toEqual([access(3), 0]);
    const third = await own.renew(second ?? { type: "api_key", token: "" }, never);
    expect([third?.token, renewals.length]).toEqual([access(2), 1]);
    expect(await own.current(never)).toEqual(third);
  });

  it("never for an API key", async () => {
    await store({ OPENAI_API_KEY: "sk-1" });
    expect(await credentials().renew({ type: "api_key", token: "sk-1" }, never)).toBeUndefined();
  });
});

describe("a renewal that fails", () => {
  const refused = { type: "chatgpt", token: access(1), account_id: "acc" } as const;

  it.each([
    [{ error: { code: "refresh_token_expired" } }, 400, "it has expired"],
    [{ error: "refresh_token_reused" }, 400, "used already"],
    [{ code: "refresh_token_invalidated" }, 403, "it was revoked"],
    [{}, 401, "no longer valid"],
  ])("for good (%j) says why, and is not tried again", async (body, status, reason) => {
    answer({ type: "status", status, body });
    await store(auth(access(1)));
    const own = credentials();
    for (let attempt = 0; attempt < 2; attempt += 1) {
      const error: unknown = await own.renew(refused, never).catch((thrown: unknown) => thrown);
      expect(error).toMatchObject({ code: "unauthorized", retry: "no", message: expect.stringContaining(reason) });
      expect(String(error)).toContain("sign in again");
    }
    expect(renewals).toHaveLength(1);
  });

  it.each<[string, Reply]>([
    ["a broken issuer", { type: "status", status: 500 }],
    ["a broken connection", { type: "reset" }],
  ])("for %s may be tried again, and meanwhile the old token serves", async (_, reply) => {
    answer(reply);
    await store(auth(access(1, 3)));
    const own = credentials();
    expect(await own.current(never)).toMatchObject({ token: access(1, 3) });
    const error: unknown = await own
      .renew({ ...refused, token: access(1, 3) }, never)
      .catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: "unauthorized", retry: "backoff" });
    expect(renewals).toHaveLength(2);
  });

  it("because a program that knows no lock was faster, takes what that program stored", async () => {
    server.route("POST /oauth/token", {
      type: "decided",
      decide: () => {
        writeFileSync(join(home.path, "auth.json"), JSON.stringify(auth(access(9))));
        return { type: "status", status: 400, body: { error: "refresh_token_reused" } };
      },
    });
    await store(auth(access(1)));
    expect(await credentials().renew(refused, never)).toMatchObject({ token: access(9) });
  });

  it("because another account signed in, says so", async () => {
    await store(auth(access(1), { tokens: { access_token: access(5), account_id: "other" } }));
    await expect(credentials().renew(refused, never)).rejects.toThrow("another account signed in");
  });

  it("shows no token", async () => {
    answer({ type: "status", status: 400, body: { error: "refresh_token_expired", refresh_token: "rt_1" } });
    await store(auth(access(1)));
    const error: unknown = await credentials()
      .renew(refused, never)
      .catch((thrown: unknown) => thrown);
    expect(JSON.stringify(error) + String(error)).not.toMatch(/rt_1|eyJ/);
  });

  it("ends when the turn does", async () => {
    answer({ type: "silence" });
    await store(auth(access(1)));
    const controller = new AbortController();
    const renewing = credentials().renew(refused, controller.signal);
    await server.request(0);
    controller.abort(new Error("stop"));
    await expect(renewing).rejects.toThrow("stop");
  });
});
