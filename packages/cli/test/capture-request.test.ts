import { once } from "node:events";
import { connect } from "node:net";
import { expect, it } from "vitest";
import { captureRequest } from "../src/capture-request.js";

it("survives whoever leaves in the middle of a request", async () => {
  const failures: unknown[] = [];
  const note = (error: unknown): void => void failures.push(error);
  process.on("unhandledRejection", note);
  try {
    await using server = await captureRequest();
    const socket = connect(Number(new URL(server.url).port), "127.0.0.1");
    socket.write("POST /v1/responses HTTP/1.1\r\nhost: a\r\nexpect: 100-continue\r\ncontent-length: 9\r\n\r\nhalf");
    await once(socket, "data");
    socket.resetAndDestroy();
    // the reset is on its way before these bytes are
    await fetch(`${server.url}/responses`, { method: "POST", body: "whole" });
    expect([server.body, failures]).toEqual(["whole", []]);
  } finally {
    process.off("unhandledRejection", note);
  }
});
