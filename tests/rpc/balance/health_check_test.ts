import { assertEquals, assertThrows } from "@std/assert";
import { DariError, type ErrorCode, RpcError, TransportError } from "../../../lib/base/errors.ts";
import { limits } from "../../../lib/base/limits.ts";
import { askHealth, healthSettings } from "../../../lib/rpc/balance/health_check.ts";

const settings = healthSettings();
const answered = (answer: unknown) => askHealth({ ask: () => Promise.resolve(answer) }, settings);
const refused = (error: unknown) => askHealth({ ask: () => Promise.reject(error) }, settings);

Deno.test("askHealth() asks for a service, and the server as a whole by no name", async () => {
  const asked: unknown[] = [];
  const ask = (...question: unknown[]) => {
    asked.push(question);
    return Promise.resolve({ status: "SERVING" });
  };
  assertEquals(await askHealth({ ask }, settings), true);
  assertEquals(await askHealth({ ask }, { ...settings, service: "mail" }), true);
  assertEquals(asked, [
    ["rpc.health", {}, limits.callTimeoutMs],
    ["rpc.health", { service: "mail" }, limits.callTimeoutMs],
  ]);
});

Deno.test("askHealth() takes a server for one that takes no calls, whatever rubbish it answers", async () => {
  const rubbish = [
    { status: "NOT_SERVING" },
    { status: "UNKNOWN" },
    { status: "serving" },
    { status: ["SERVING"] },
    {},
    [],
    null,
    undefined,
    "SERVING",
    42,
    true,
  ];
  for (const answer of rubbish) assertEquals(await answered(answer), false);
});

Deno.test("askHealth() takes a server that does not tell for one that takes calls", async () => {
  const codes = ["method_not_found", "permission_denied", "unauthenticated", "resource_exhausted"];
  for (const code of codes as ErrorCode[]) {
    assertEquals(await refused(new RpcError(code, "")), true, code);
  }
});

Deno.test("askHealth() never throws", async () => {
  const errors = [
    new RpcError("internal", ""),
    new DariError("deadline_exceeded", "too late"),
    new DariError("method_not_found", "not the server's words"),
    new TransportError("unavailable", "it ended"),
    new Error("anything"),
    "text",
    undefined,
  ];
  for (const error of errors) assertEquals(await refused(error), false);
});

Deno.test("healthSettings() refuses times that are none", () => {
  for (const value of [0, -1, NaN]) {
    assertThrows(() => healthSettings({ intervalMs: value }), RangeError, "must be above 0");
    assertThrows(() => healthSettings({ timeoutMs: value }), RangeError, "must be above 0");
  }
});

Deno.test("askHealth() takes a server that does not answer in time for one that takes no calls", async () => {
  const ask = () => new Promise<never>(() => {});
  assertEquals(await askHealth({ ask }, healthSettings({ timeoutMs: 1 })), false);
});
