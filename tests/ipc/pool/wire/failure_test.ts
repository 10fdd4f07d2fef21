import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import {
  type DariError,
  type ErrorCode,
  errorTable,
  RpcError,
} from "../../../../lib/base/errors.ts";
import { errorOf, failureOf } from "../../../../lib/ipc/pool/wire/failure.ts";

/** To the pool and back into an error, as JSON. */
function throughJson(error: unknown): DariError {
  return errorOf(JSON.parse(JSON.stringify(failureOf(error))));
}

Deno.test("an error of dari keeps its code, message, advice and data", () => {
  const errors = fc.record({
    code: fc.constantFrom(...Object.keys(errorTable) as ErrorCode[]),
    message: fc.string(),
    retryable: fc.boolean(),
    retryAfterMs: fc.option(fc.nat(), { nil: undefined }),
    data: fc.option(fc.jsonValue().map((value) => JSON.parse(JSON.stringify(value))), {
      nil: undefined,
    }),
  });
  fc.assert(fc.property(errors, ({ code, message, retryable, retryAfterMs, data }) => {
    const after = retryAfterMs === undefined ? {} : { retryAfterMs };
    const error = throughJson(new RpcError(code, message, { retryable, ...after, data }));
    assertEquals(
      [error.code, error.message, error.retryable, error.retryAfterMs],
      [code, message, retryable, retryAfterMs],
    );
    assertEquals(error instanceof RpcError ? error.data : undefined, data);
  }));
});

Deno.test("any other error is internal, with its message and with its stack as the cause", () => {
  const error = throughJson(new RangeError("out of range"));
  assertEquals([error.code, error.message], ["internal", "out of range"]);
  assert(error.cause instanceof Error && error.cause.stack?.includes("failure_test.ts"));
});

Deno.test("a value that is no error is internal, falsy ones too", () => {
  for (const thrown of [undefined, null, 0, "", false, "text", { code: "not_found" }]) {
    const error = throughJson(thrown);
    assertEquals([error.code, error.message], ["internal", String(thrown)]);
  }
});

Deno.test("an error of another copy of the class DariError is known by its form", () => {
  class OtherDariError extends Error {
    readonly code = "not_found";
    readonly retryable = false;
  }
  assertEquals(throughJson(new OtherDariError("no such thing")).code, "not_found");
});

Deno.test("a foreign error whose code only looks like one of dari's is internal", () => {
  const foreign = Object.assign(new Error("no such file"), { code: "ENOENT", retryable: true });
  assertEquals(throughJson(foreign).code, "internal");
  const inherited = Object.assign(new Error("?"), { code: "constructor", retryable: true });
  assertEquals(throughJson(inherited).code, "internal");
  const bare = Object.assign(new Error("?"), { code: "not_found" });
  assertEquals(throughJson(bare).code, "internal");
});
