import { assert, assertEquals, assertFalse, assertInstanceOf } from "@std/assert";
import {
  DariError,
  type ErrorCode,
  errorTable,
  exitCodeOf,
  RpcError,
  TransportError,
} from "../../lib/base/errors.ts";

const rows = Object.entries(errorTable);

Deno.test("errorTable gives every public code a wire number of its own", () => {
  const numbers = rows.filter(([, row]) => row.public).map(([, row]) => row.wire);
  assertEquals(new Set(numbers).size, numbers.length);
});

Deno.test("errorTable has the numbers of JSON-RPC 2.0, section 5.1", () => {
  const codes: ErrorCode[] = [
    "parse_error",
    "invalid_request",
    "method_not_found",
    "invalid_params",
    "internal",
  ];
  const numbers = codes.map((code) => errorTable[code].wire);
  assertEquals(numbers, [-32700, -32600, -32601, -32602, -32603]);
});

Deno.test("errorTable sends private errors as internal errors", () => {
  for (const [code, row] of rows) {
    // Private until its method is seen to declare it, and then sent under its own number.
    if (code === "declared_error") continue;
    assertEquals(row.wire === errorTable.internal.wire, !row.public, code);
  }
});

Deno.test("errorTable uses exit codes of sysexits.h", () => {
  for (const [code, row] of rows) {
    assert([64, 65, 69, 70, 74, 75, 77, 78].includes(row.exit), `${code}: ${row.exit}`);
  }
});

Deno.test("errorTable advises to retry what may succeed later, and nothing else", () => {
  const retryable = rows.filter(([, row]) => row.retryable).map(([code]) => code);
  assertEquals(retryable, ["deadline_exceeded", "resource_exhausted", "unavailable"]);
});

Deno.test("errorTable exits with EX_USAGE, EX_IOERR, EX_CONFIG, EX_UNAVAILABLE and EX_NOPERM", () => {
  const exits = Object.fromEntries(rows.map(([code, row]) => [code, row.exit]));
  const { usage, io, configuration, unavailable, permission_denied } = exits;
  assertEquals([usage, io, configuration, unavailable, permission_denied], [64, 74, 78, 69, 77]);
  assertEquals([exits.internal, exits.data, exits.deadline_exceeded], [70, 65, 75]);
});

Deno.test("DariError takes its retry advice from the table, unless an option overrides it", () => {
  assert(new DariError("unavailable", "gone").retryable);
  assertFalse(new DariError("not_found", "none").retryable);
  assertFalse(new DariError("unavailable", "gone", { retryable: false }).retryable);
  assertEquals(new DariError("unavailable", "gone", { retryAfterMs: 50 }).retryAfterMs, 50);
});

Deno.test("DariError keeps its cause, a falsy one too, and has none by default", () => {
  assertEquals(new DariError("io", "broke", { cause: 0 }).cause, 0);
  assertFalse("cause" in new DariError("io", "broke"));
});

Deno.test("subclasses of DariError carry their own name", () => {
  const error = new RpcError("not_found", "none", { data: { hint: 1 } });
  assertInstanceOf(error, DariError);
  assertEquals([error.name, error.data], ["RpcError", { hint: 1 }]);
  assertEquals(new TransportError("unavailable", "gone").name, "TransportError");
});

Deno.test("exitCodeOf() gives 70 for whatever is not a DariError", () => {
  assertEquals(exitCodeOf(new DariError("usage", "say more")), 64);
  assertEquals(exitCodeOf(new TypeError("a bug")), 70);
  assertEquals(exitCodeOf(undefined), 70);
});
