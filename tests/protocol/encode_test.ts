import { assertEquals, assertThrows } from "@std/assert";
import { limits } from "../../lib/base/limits.ts";
import { DariError, errorTable } from "../../lib/base/errors.ts";
import {
  encodeError,
  encodeParams,
  encodeRequest,
  encodeResult,
  encodeStopping,
} from "../../lib/protocol/encode.ts";

const cycle: Record<string, unknown> = {};
cycle.self = cycle;

const unwritable: Record<string, unknown> = {
  "a BigInt": 1n,
  "a BigInt inside": { rows: [1n] },
  "a cycle": cycle,
  "NaN": NaN,
  "NaN inside": { rows: [1, NaN] },
  "Infinity": -Infinity,
  "a function": () => {},
  "a symbol": Symbol("s"),
  "what throws when written": {
    toJSON: () => {
      throw new Error("no");
    },
  },
};

for (const [what, value] of Object.entries(unwritable)) {
  Deno.test(`encodeResult() refuses ${what} instead of sending something else`, () => {
    const error = assertThrows(() => encodeResult(1, value), DariError);
    assertEquals(error.code, "internal");
  });
}

Deno.test("encodeParams() refuses what JSON cannot carry, and names the method and the place", () => {
  const error = assertThrows(
    () => encodeParams("add", { a: 1n }),
    DariError,
    `The params of "add" cannot be sent: params.a: a BigInt cannot travel as JSON`,
  );
  assertEquals(error.code, "invalid_params");
});

Deno.test("encodeResult() writes undefined as null, and finite numbers as JSON does", () => {
  assertEquals(encodeResult(1, undefined), '{"jsonrpc":"2.0","id":1,"result":null}');
  for (const number of [0, -1.5, 1e21, 5e-324, Number.MAX_SAFE_INTEGER]) {
    assertEquals(encodeResult("a", number), `{"jsonrpc":"2.0","id":"a","result":${number}}`);
  }
});

Deno.test("encodeResult() writes null and dates", () => {
  assertEquals(
    encodeResult(1, { none: null, when: new Date(0) }),
    '{"jsonrpc":"2.0","id":1,"result":{"none":null,"when":"1970-01-01T00:00:00.000Z"}}',
  );
});

Deno.test("encodeError() writes every public code with its number, name and advice", () => {
  for (const [code, row] of Object.entries(errorTable)) {
    if (code === "io") continue;
    const error = new DariError(code as keyof typeof errorTable, "said", { retryAfterMs: 5 });
    const sent = JSON.parse(encodeError(3, error)).error;
    assertEquals(
      sent,
      row.public
        ? {
          code: row.wire,
          message: "said",
          data: { name: code, retryable: row.retryable, retryAfterMs: 5 },
        }
        : { code: -32603, message: "Internal error", data: { name: "internal", retryable: false } },
    );
  }
});

Deno.test("encodeError() tells callers of a failing disk that it is not their fault, and no path", () => {
  const error = new DariError("io", 'Cannot write "/srv/secret"', { retryable: false });
  assertEquals(JSON.parse(encodeError(3, error)).error, {
    code: errorTable.unavailable.wire,
    message: "The server could not read or write its disk; try again later",
    data: { name: "unavailable", retryable: true, retryAfterMs: limits.diskRetryAfterMs },
  });
});

Deno.test("encodeStopping() says that the call was not run, which no handler's error does", () => {
  assertEquals(JSON.parse(encodeStopping("a")), {
    jsonrpc: "2.0",
    id: "a",
    error: {
      code: -32006,
      message: "The server is stopping; connect again",
      data: { name: "unavailable", retryable: true, stopping: true },
    },
  });
  const said = new DariError("unavailable", "The server is stopping; connect again");
  assertEquals(JSON.parse(encodeError("a", said)).error.data.stopping, undefined);
});

Deno.test("encodeError() reveals nothing of an error that is not dari's", () => {
  for (
    const thrown of [new Error("/etc/secret"), undefined, null, "secret", { message: "secret" }]
  ) {
    assertEquals(encodeError(null, thrown).includes("secret"), false);
  }
});

Deno.test("a line holds no LF, whatever it carries", () => {
  const text = encodeRequest(1, "a\nb", encodeParams("a\nb", { "c\n": "d\n" }), { auth: "e\n" });
  assertEquals(text.includes("\n"), false);
});
