import { assertEquals, assertThrows } from "@std/assert";
import { DariError, type ErrorCode, RpcError, TransportError } from "../../../lib/base/errors.ts";
import { askHealth, healthSettings } from "../../../lib/rpc/balance/health_check.ts";

const settings = healthSettings();
const answered = (answer: unknown) => askHealth({ call: () => Promise.resolve(answer) }, settings);
const refused = (error: unknown) => askHealth({ call: () => Promise.reject(error) }, settings);

Deno.test("askHealth() asks for a service, and the server as a whole by no name", async () => {
  const asked: unknown[] = [];
  const call = (...call: unknown[]) => {
    asked.push(call);
    return Promise.resolve({ status: "SERVING" });
  };
  assertEquals(await askHealth({ call }, settings), true);
  assertEquals(await askHealth({ call }, { ...settings, service: "mail" }), true);
  const { timeoutMs } = settings;
  assertEquals(asked, [
    ["rpc.health", {}, { timeoutMs }],
    ["rpc.health", { service: "mail" }, { timeoutMs }],
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
  for (const code of ["method_not_found", "permission_denied", "unauthenticated"] as ErrorCode[]) {
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
