import { assertEquals, assertStrictEquals } from "@std/assert";
import { DariError, type ErrorCode, RpcError } from "../../../lib/base/errors.ts";
import {
  NO_TIMEOUT,
  payloadOf,
  type RequestFrame,
  status,
} from "../../../lib/ipc/pool/wire/frame.ts";
import type { Failure } from "../../../lib/ipc/pool/wire/failure.ts";
import { startRunner } from "../../support/pool_ring.ts";

const place = { slot: 3, generation: 1 };
const other = { slot: 3, generation: 2 };

function request(method: string, at = place): RequestFrame {
  return { ...at, method, timeoutMs: 1_000, isLarge: false, carried: "", params: undefined };
}

function paramsOrder(value: unknown, at = place) {
  const { kind, bytes } = payloadOf(value, "json");
  return { type: "params", place: at, payload: { kind, bytes: bytes.slice() } } as const;
}

Deno.test("run() replies at once to a method that returns, and later to one that promises", async () => {
  const { runner, replies } = startRunner({
    add: (params) => (params as number) + 1,
    later: (params) => Promise.resolve(params),
  });
  assertEquals(runner.run(request("add"), 1), undefined);
  assertEquals(replies(), [{ ...place, status: status.result, value: 2 }]);
  const running = runner.run(request("later"), "x");
  assertEquals(replies(), []);
  await running;
  assertEquals(replies(), [{ ...place, status: status.result, value: "x" }]);
});

Deno.test("run() replies with an error, however the method fails", async () => {
  const cycle: Record<string, unknown> = {};
  cycle.self = cycle;
  const { runner, replies } = startRunner({
    throws: () => {
      throw new DariError("not_found", "no such thing");
    },
    rejects: () => Promise.reject(new DariError("unavailable", "not now")),
    throwsNothing: () => {
      throw undefined;
    },
    returnsFunction: () => () => 1,
    promisesCycle: () => Promise.resolve(cycle),
    streams: () => (async function* () {})(),
    tooLong: () => "x".repeat(1_001),
    throwsLong: () => {
      throw new DariError("not_found", "x".repeat(2_000));
    },
  }, 1_000);
  const codes: [string, ErrorCode][] = Object.entries({
    throws: "not_found",
    rejects: "unavailable",
    throwsNothing: "internal",
    returnsFunction: "internal",
    promisesCycle: "internal",
    streams: "failed_precondition",
    tooLong: "resource_exhausted",
    throwsLong: "not_found",
    missing: "method_not_found",
  });
  codes.push(["constructor", "method_not_found"]);
  for (const [method, code] of codes) {
    await runner.run(request(method), undefined);
    const [reply, ...more] = replies();
    assertEquals([reply?.status, more], [status.error, []]);
    assertEquals((reply?.value as Failure).code, code, method);
  }
});

Deno.test("askParams() asks for the params of its call, and waits until they are posted", async () => {
  const { runner, replies } = startRunner({});
  const asked = runner.askParams(request("add"));
  assertEquals(replies(), [{ ...place, status: status.ask, value: undefined }]);
  runner.handleOrder(paramsOrder("of another call", other));
  runner.handleOrder(paramsOrder([1]));
  assertEquals(await asked, [1]);
});

Deno.test("a method hears of its cancellation by its signal", async () => {
  let seen: AbortSignal | undefined;
  const { runner, replies } = startRunner({
    wait: (_, { signal }) => {
      seen = signal;
      return new Promise((_, reject) => {
        signal.addEventListener("abort", () => reject(signal.reason));
      });
    },
  });
  const running = runner.run(request("wait"), undefined);
  runner.handleOrder({ type: "cancel", place: other });
  assertEquals(seen?.aborted, false);
  runner.handleOrder({ type: "cancel", place });
  assertEquals(seen?.aborted, true);
  await running;
  assertEquals((replies()[0]?.value as Failure).code, "cancelled");
});

Deno.test("the signal is the same each time, and aborted also where it is first asked for afterwards", async () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  let signals: AbortSignal[] = [];
  const { runner } = startRunner({
    late: async (_, context) => {
      await promise;
      signals = [context.signal, context.signal];
    },
  });
  const running = runner.run(request("late"), undefined);
  runner.handleOrder({ type: "cancel", place });
  resolve();
  await running;
  assertEquals(signals[0]?.aborted, true);
  assertStrictEquals(signals[0], signals[1]);
});

Deno.test("a call that is cancelled while it waits for its params is cancelled when it runs", async () => {
  const { runner, replies } = startRunner({ isAborted: (_, { signal }) => signal.aborted });
  const asked = runner.askParams(request("add"));
  runner.handleOrder({ type: "cancel", place });
  runner.handleOrder(paramsOrder(null));
  await asked;
  runner.run(request("isAborted"), null);
  runner.run(request("isAborted", other), null);
  assertEquals(replies().slice(1).map(({ value }) => value), [true, false]);
});

Deno.test("orders before the first call are ignored", () => {
  const { runner, replies } = startRunner({});
  runner.handleOrder({ type: "cancel", place });
  runner.handleOrder(paramsOrder(1));
  assertEquals(replies(), []);
});

Deno.test("a method gets its name, its deadline and its signal", () => {
  const { runner, replies } = startRunner({
    later: (_, { method, deadline, signal }) => [method, deadline - Date.now(), signal.aborted],
    never: (_, { deadline }) => deadline === Infinity,
  });
  runner.run(request("later"), undefined);
  const [method, leftMs, aborted] = replies()[0]?.value as [string, number, boolean];
  assertEquals([method, aborted], ["later", false]);
  assertEquals(leftMs > 900 && leftMs <= 1_000, true, String(leftMs));
  runner.run({ ...request("never", other), timeoutMs: NO_TIMEOUT }, undefined);
  assertEquals(replies()[0]?.value, true);
  runner.run({ ...request("never"), timeoutMs: NO_TIMEOUT - 1 }, undefined);
  assertEquals(replies()[0]?.value, false);
});

Deno.test("an error that is too long loses its stack first, then its data, and its advice never", () => {
  const options = { retryable: false, retryAfterMs: 250 };
  const fail = (message: string, data?: unknown) => () => {
    const error = new RpcError("resource_exhausted", message, { ...options, data });
    error.stack = "s".repeat(500);
    throw error;
  };
  const { runner, replies } = startRunner({
    short: fail("short", "d".repeat(300)),
    longStack: fail("short", "d".repeat(500)),
    longData: fail("short", "d".repeat(1_000)),
    cyclic: () => {
      const data: Record<string, unknown> = {};
      data.self = data;
      throw new RpcError("resource_exhausted", "short", { ...options, data });
    },
    longMessage: fail("m".repeat(1_000)),
  }, 1_000);
  const kept = Object.entries({
    short: ["data", "message", "stack"],
    longStack: ["data", "message"],
    longData: ["message"],
    cyclic: ["message"],
    longMessage: ["message"],
  });
  for (const [method, names] of kept) {
    runner.run(
      request(method, { slot: 1, generation: kept.findIndex(([name]) => name === method) }),
      null,
    );
    const { code, retryable, retryAfterMs, ...rest } = replies()[0]?.value as Failure;
    assertEquals([code, retryable, retryAfterMs], ["resource_exhausted", false, 250]);
    assertEquals(Object.keys(rest).toSorted(), names, method);
    assertEquals(rest.message === "short", method !== "longMessage");
  }
});
