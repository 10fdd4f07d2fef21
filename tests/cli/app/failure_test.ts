import { assertEquals } from "@std/assert";
import { DariError, RpcError } from "../../../lib/base/errors.ts";
import { limits } from "../../../lib/base/limits.ts";
import * as failure from "../../../lib/cli/app/failure.ts";

const failureLines = (error: unknown) => failure.failureLines(error, "dari", (text) => text);
const failureJson = (error: unknown) => failure.failureJson(error, (text) => text);
const issues = [{ path: ["a"], message: "is missing" }, { path: ["list", 0], message: "no text" }];

Deno.test("each thing that is wrong with params has a line of its own", () => {
  const message = 'Invalid params for "f": a: is missing; list.0: no text';
  const error = new RpcError("invalid_params", message, { data: { issues } });
  assertEquals(failureLines(error), [
    'dari: Invalid params for "f":',
    "  a: is missing",
    "  list.0: no text",
  ]);
  const hinted = new RpcError("invalid_params", `${message}; write a=1`, { data: { issues } });
  assertEquals(failureLines(hinted).at(-1), "  write a=1");
});

Deno.test("issues that have not the form of the wire, or are not in the message, change nothing", () => {
  for (
    const data of [undefined, null, 3, { issues: 3 }, { issues: [null, { path: 3 }] }, { issues }]
  ) {
    const error = new RpcError("invalid_params", "two\nlines", { data });
    assertEquals(failureLines(error), ["dari: two\\u000alines"]);
  }
});

Deno.test("an error in JSON has code and message, and what a server sent", () => {
  const error = new RpcError("invalid_params", "no", { data: { issues } });
  assertEquals(JSON.parse(JSON.stringify(failureJson(error))), {
    error: { code: "invalid_params", message: "no", data: { issues } },
  });
  assertEquals(JSON.parse(JSON.stringify(failureJson(new DariError("usage", "no")))), {
    error: { code: "usage", message: "no" },
  });
  assertEquals(failureJson("thrown").error.code, "internal");
  assertEquals(failureLines(new Error("thrown")), ["dari: internal error: thrown"]);
});

Deno.test("a message names what can be typed here, and who speaks", () => {
  const error = new DariError("usage", "see dari user list");
  const say = (text: string) => text.replace("dari user", "./svc user");
  assertEquals(failure.failureLines(error, "svc", say), ["svc: see ./svc user list"]);
  assertEquals(failure.failureJson(error, say).error.message, "see ./svc user list");
});

Deno.test("an internal error of a server names its request, unless that is longer than any is", () => {
  const lineOf = (requestId: unknown) =>
    failureLines(new RpcError("internal", "Internal error", { data: { requestId } }))[0] ?? "";
  const longest = "x".repeat(limits.maxRequestIdLength);
  assertEquals(lineOf(longest).includes(`request ${longest})`), true);
  assertEquals(lineOf(`${longest}x`).includes("request"), false);
  assertEquals(lineOf(7).includes("request"), false);
});
