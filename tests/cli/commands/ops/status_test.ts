import { assertEquals, assertMatch } from "@std/assert";
import { linesOf } from "../../../../lib/cli/commands/ops/status.ts";
import { startServer } from "../../../support/dari_server.ts";
import { dari } from "../../../support/dari_command.ts";

Deno.test("dari status shows one look at a server, for people and for programs", async () => {
  await using server = await startServer();
  const on = ["--data", server.data];
  const { out, code } = await dari(["status", ...on]);
  assertEquals(code, 0);
  assertMatch(out, /^version {6}0\.\d+\.\d+$/m);
  assertMatch(out, /^listens on {3}tls:/m);
  assertMatch(out, /^certificate {2}server: good for /m);
  assertMatch(out, /^connections {2}1 \(unix 1\)$/m);
  const { out: json } = await dari(["status", "--json", ...on]);
  assertEquals(JSON.parse(json).threads, 1);
});

Deno.test("a certificate that has expired, and calls that failed, are told", () => {
  const lines = linesOf({
    ...{ version: "1.2.3", atMs: 10_000, startedAtMs: 0, addresses: [], threads: 3 },
    connections: { unix: 3 },
    sharingMemory: 2,
    calls: { total: 1_234, failed: 5, active: 2 },
    certificates: { server: { notAfterMs: 8_000 } },
    store: { bytes: 2048, operations: 7 },
    residentBytes: 2 ** 20,
  });
  assertEquals(lines, [
    "version      1.2.3",
    "up           10s, 3 threads",
    "connections  3 (unix 3, 2 in shared memory)",
    "calls        1,234, 5 failed, 2 running",
    "certificate  server: expired since 2s",
    "store        2.0 KiB, 7 reads and writes",
    "memory       1.0 MiB",
  ]);
});
