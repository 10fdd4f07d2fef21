import { assertEquals, assertStringIncludes } from "@std/assert";
import { checkLimits, checkNamedOnce } from "../../scripts/check_limits.ts";

const found = (line: string, path = "lib/rpc/server/server.ts"): number =>
  checkLimits(path, `${line}\n`).length;

Deno.test("checkLimits() refuses a constant whose name says that it is a bound", () => {
  for (
    const line of [
      "const MAX_LINES = 7;",
      "export const RETRY_AFTER = 0.05;",
      "const HEADER_BYTES: number = 4 * 8;",
      "const waitMs = 20;",
    ]
  ) {
    assertEquals(found(line), 1, line);
  }
});

Deno.test("checkLimits() names the file, the line and the number", () => {
  const [line] = checkLimits("lib/ops/log.ts", "\nconst MAX_FIELD_LENGTH = 200;\n");
  assertStringIncludes(line ?? "", 'lib/ops/log.ts:2: "200" is a bound');
});

Deno.test("checkLimits() takes numbers that are no bounds, and bounds that come from the limits", () => {
  for (
    const line of [
      "const LF = 0x0a;",
      "const SECRET_MODE = 0o600;",
      "const QUEUE = 2;",
      "const { maxLogFieldLength: MAX_FIELD_LENGTH } = limits;",
      "const seconds = durationMs / 1_000;",
    ]
  ) {
    assertEquals(found(line), 0, line);
  }
});

Deno.test("checkLimits() refuses times and sizes inside a line", () => {
  for (
    const line of [
      "  setTimeout(wake, 250);",
      "  if (text.length > 60_000) return;",
      "  const timer = setTimeout(run, Math.min(ms, 2 ** 31 - 1));",
      "  const buffer = new Uint8Array(16 * 1024);",
      "  await delay(50);",
    ]
  ) {
    assertEquals(found(line), 1, line);
  }
});

Deno.test("checkLimits() reads neither comments nor text", () => {
  const text = [
    "/**",
    " * await delay(1);",
    " */",
    '  print("600_000 iterations"); // 600_000',
    "  print(`",
    "    16 * 1024",
    "  `);",
  ].join("\n");
  assertEquals(checkLimits("lib/cli/app/main.ts", text), []);
});

Deno.test("checkLimits() takes what a specification fixes, in its file alone", () => {
  const line = "const MAX_PORT = 65_535;";
  assertEquals(found(line, "lib/transport/scheme/form.ts"), 0);
  assertEquals(found(line, "lib/transport/tcp.ts"), 1);
});

Deno.test("checkLimits() leaves the limits themselves, tests and the demo alone", () => {
  const line = "const MAX_LINES = 7;";
  for (const path of ["lib/base/limits/rpc.ts", "tests/a_test.ts", "lib/cli/demo/pipe.ts"]) {
    assertEquals(found(line, path), 0, path);
  }
});

Deno.test("checkNamedOnce() finds a name that two tables have", () => {
  const tables = new Map([
    ["lib/base/limits/ops.ts", "export const opsLimits = {\n  maxLines: 1,\n  maxBytes: 2,\n};"],
    ["lib/base/limits/rpc.ts", "export const rpcLimits = {\n  maxBytes: 3,\n};"],
  ]);
  assertEquals(checkNamedOnce(tables), [
    'lib/base/limits/rpc.ts: "maxBytes" is a limit of lib/base/limits/ops.ts already',
  ]);
});
