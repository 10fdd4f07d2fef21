import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import fc from "fast-check";
import { limits } from "../../lib/base/limits.ts";
import { createLog, LOG_LEVELS, type LogFormat, type LogLevel } from "../../lib/ops/log.ts";
import { TestClock } from "../support/clock.ts";

function lineOf(message: string, fields?: Record<string, unknown>, format?: LogFormat): string {
  const lines: string[] = [];
  createLog((line) => lines.push(line), new TestClock(0), format).write("warn", message, fields);
  assertEquals(lines.length, 1);
  return lines[0] ?? "";
}

Deno.test("a log line tells time, level, message and fields", () => {
  assertEquals(
    lineOf("a connection was cut", { peer: "127.0.0.1:9", reason: "too long", none: undefined }),
    '1970-01-01T00:00:00.000Z warn a connection was cut peer=127.0.0.1:9 reason="too long" none=undefined',
  );
});

Deno.test("a log line in JSON is one JSON value with time, level, message and fields", () => {
  const error = new Error("it broke\nin two");
  const fields = {
    peer: "127.0.0.1:9",
    count: 3,
    ok: true,
    none: undefined,
    error,
    text: "\u202e",
  };
  const line = lineOf("a connection was cut", fields, "json");
  assertEquals(line.includes("\u202e"), false);
  const { error: stack, ...others } = JSON.parse(line);
  assertEquals(others, {
    time: "1970-01-01T00:00:00.000Z",
    level: "warn",
    message: "a connection was cut",
    peer: "127.0.0.1:9",
    count: 3,
    ok: true,
    text: "\u202e",
  });
  assertEquals(stack, error.stack);
});

Deno.test("nothing that a peer sent breaks out of its line or its field", () => {
  fc.assert(fc.property(fc.string({ unit: "binary" }), (text) => {
    const line = lineOf("said", { text });
    // deno-lint-ignore no-control-regex
    assertEquals(/[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]/.test(line), false);
    assertMatch(line, /^\S+ warn said text=(?:[^\s"=]+|".*")$/);
  }));
});

Deno.test("a field is escaped once, as JSON has it", () => {
  assertStringIncludes(lineOf("said", { text: "a\nb\x1b" }), ' text="a\\nb\\u001b"');
  assertStringIncludes(lineOf("said", { text: "C:\\new" }), ' text="C:\\\\new"');
});

Deno.test("a field is cut behind its longest length", () => {
  const longest = "x".repeat(limits.maxLogFieldLength);
  assertEquals(lineOf("said", { text: longest }).endsWith(` text=${longest}`), true);
  assertEquals(lineOf("said", { text: `${longest}y` }).endsWith(`${longest}…`), true);
});

Deno.test("an error is logged with its whole stack and its causes, up to its longest length", () => {
  const cause = new Error("the disk is full");
  const error = new Error("cannot save", { cause });
  const [, quoted = ""] = / error=(".*")$/.exec(lineOf("failed", { error })) ?? [];
  assertEquals(JSON.parse(quoted), `${error.stack}\nCaused by: ${cause.stack}`);
  const long = new Error("x".repeat(limits.maxLogErrorLength));
  const line = lineOf("failed", { error: long });
  assertEquals(line.includes("x".repeat(limits.maxLogErrorLength - 10)), true);
  assertEquals(line.length < limits.maxLogErrorLength + 100, true);
  const circle = new Error("round");
  circle.cause = circle;
  assertEquals(lineOf("failed", { error: circle }).length < 2 * limits.maxLogErrorLength, true);
});

Deno.test("an error whose causes are left out ends with an ellipsis", () => {
  const error = new Error("", { cause: new Error("the disk is full") });
  error.stack = "x".repeat(limits.maxLogErrorLength);
  assertEquals(lineOf("failed", { error }).endsWith(` error=${error.stack}…`), true);
});

Deno.test("what cannot be read is logged as that", () => {
  const trap = new Proxy({}, {
    get() {
      throw new Error("a trap");
    },
    getPrototypeOf() {
      throw new Error("a trap");
    },
  });
  for (const error of [trap, Object.create(null)]) {
    assertStringIncludes(lineOf("failed", { error }), 'error="a value that cannot be read"');
  }
});

Deno.test("a log leaves out what is below its level", () => {
  const levelsFrom = (lowest: LogLevel): string[] => {
    const lines: string[] = [];
    const log = createLog((line) => lines.push(line), new TestClock(0), "text", lowest);
    for (const level of LOG_LEVELS) log.write(level, "said");
    return lines.map((line) => line.split(" ")[1] ?? "");
  };
  assertEquals(levelsFrom("debug"), ["debug", "info", "warn", "error"]);
  assertEquals(levelsFrom("info"), ["info", "warn", "error"]);
  assertEquals(levelsFrom("error"), ["error"]);
});

Deno.test("a message has a bound, as fields have", () => {
  const longest = "m".repeat(limits.maxLogErrorLength);
  assertEquals(lineOf(longest).endsWith(` ${longest}`), true);
  assertEquals(lineOf(`${longest}m`).endsWith(` ${longest}…`), true);
});

Deno.test("a megabyte of a peer's controls and secrets is one short line without either", () => {
  const key = `dari_0123456789ab_${"x".repeat(49)}`;
  const text = `\x1b[2J\u202e${key}${"n".repeat(1_000_000)}`;
  for (const format of ["text", "json"] as const) {
    const line = lineOf(`printed: ${text}`, { text, error: new Error(text) }, format);
    // deno-lint-ignore no-control-regex -- they are what must not be there
    assertEquals(/[\x00-\x1f\x7f-\x9f\u202e]|xxx/.test(line), false);
    assertEquals(line.length < 4 * limits.maxLogErrorLength, true);
  }
});

Deno.test("a secret that the cut goes through is not in the line", () => {
  const before = "x".repeat(limits.maxLogFieldLength - 30);
  const line = lineOf("failed", { text: `${before} dari_0123456789ab_${"s".repeat(49)}` });
  assertEquals(line.includes("sss"), false);
});
