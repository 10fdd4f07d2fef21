import { assertEquals, assertThrows } from "@std/assert";
import { DariError } from "../../../lib/base/errors.ts";
import { limits } from "../../../lib/base/limits.ts";
import { readPassedDescriptors } from "../../../lib/transport/passed/passed_descriptors.ts";

const read = (variables: Record<string, string>) =>
  readPassedDescriptors({ get: (name) => variables[name], pid: 7 });

Deno.test("readPassedDescriptors() counts from descriptor 3, with names where systemd tells them", () => {
  const two = { LISTEN_FDS: "2", LISTEN_PID: "7" };
  assertEquals(read({ ...two, LISTEN_FDNAMES: "web:dari.socket" }), [
    { fd: 3, name: "web" },
    { fd: 4, name: "dari.socket" },
  ]);
  assertEquals(read(two).map(({ name }) => name), ["unknown", "unknown"]);
});

for (
  const [variables, message] of [
    [{}, "has handed over no socket (LISTEN_FDS is not set)"],
    [{ LISTEN_FDS: "0", LISTEN_PID: "7" }, "has handed over no socket"],
    [{ LISTEN_FDS: "1", LISTEN_PID: "8" }, 'for process "8" (LISTEN_PID), and this is process 7'],
    [{ LISTEN_FDS: "1" }, 'for process "" (LISTEN_PID)'],
    [{ LISTEN_FDS: "-1", LISTEN_PID: "7" }, 'LISTEN_FDS is "-1"'],
    [
      { LISTEN_FDS: String(limits.maxPassedSockets + 1), LISTEN_PID: "7" },
      `a number from 1 to ${limits.maxPassedSockets}`,
    ],
    [
      { LISTEN_FDS: "2", LISTEN_PID: "7", LISTEN_FDNAMES: "web" },
      'LISTEN_FDNAMES has 1 names ("web")',
    ],
  ] as const
) {
  Deno.test(`readPassedDescriptors() refuses ${JSON.stringify(variables)}`, () => {
    const error = assertThrows(() => read(variables), DariError, message);
    assertEquals(error.code, "configuration");
  });
}
