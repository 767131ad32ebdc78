import { describe, expect, it } from "vitest";
import { ERROR_TABLE, errorInfo, isErrorCode } from "../src/errors.js";
import { isSessionId, sessionId } from "../src/ids.js";
import { addUsage, NO_USAGE } from "../src/usage.js";

describe("the error table", () => {
  it("gives each code its wire form, with the HTTP status where the form has one", () => {
    expect(errorInfo("unauthorized", 401)).toBe("unauthorized");
    expect(errorInfo("connection_failed")).toEqual({ http_connection_failed: { http_status_code: null } });
    expect(errorInfo("rate_limited", 429)).toEqual({ response_too_many_failed_attempts: { http_status_code: 429 } });
  });

  it("pins which failures may be tried again", () => {
    const retried = Object.entries(ERROR_TABLE)
      .filter(([, row]) => row.retry === "backoff")
      .map(([code]) => code);
    expect(retried).toEqual([
      "stream_disconnected",
      "response_stream_failed",
      "connection_failed",
      "unexpected_status",
      "internal_server_error",
      "rate_limited",
    ]);
  });

  it("knows its own codes only", () => {
    expect(isErrorCode("internal")).toBe(true);
    expect(isErrorCode("toString")).toBe(false);
    expect(isErrorCode(7)).toBe(false);
  });
});

describe("ids and usage", () => {
  it("takes only a UUID for a session", () => {
    expect(isSessionId("01890a5d-ac96-774b-bcce-b302099a8057")).toBe(true);
    expect(() => sessionId("../../etc/passwd")).toThrow("not a session id");
  });

  it("adds usage field by field", () => {
    const one = { ...NO_USAGE, input_tokens: 2, total_tokens: 3 };
    expect(addUsage(one, one)).toEqual({ ...NO_USAGE, input_tokens: 4, total_tokens: 6 });
  });
});
