import { assert, assertEquals, assertMatch } from "@std/assert";
import { dari, failed } from "../../support/dari_command.ts";

Deno.test("dari bench measures every transport, one call at a time and many", async () => {
  const { out, err, code } = await dari(["bench", "--time", "20ms"]);
  assertEquals([err, code], ["", 0]);
  const lines = out.split("\n");
  for (const line of lines) {
    assertMatch(line, /^\w+ +\d+ in flight +\d+ calls\/s +p50 \d+\.\d{3} ms +p99 \d+\.\d{3} ms$/);
  }
  assertEquals(lines.map((line) => line.slice(0, 8).trim()), [
    ...["tls    1", "tls   64", "tcp    1", "tcp   64", "unix   1", "unix  64"],
  ]);
});

Deno.test("dari bench --json prints one JSON array of figures", async () => {
  const { out, code } = await dari(["bench", "--time", "20ms", "--json"]);
  const figures = JSON.parse(out);
  assertEquals([figures.length, code], [6, 0]);
  for (const { callsPerSecond, p50Ms, p99Ms } of figures) {
    assert(callsPerSecond > 0 && p50Ms > 0 && p99Ms >= p50Ms);
  }
});

Deno.test("dari bench refuses a time that is none", async () => {
  assertEquals(
    await dari(["bench", "--time", "1"]),
    failed(64, '--time takes a time such as 500ms, 90s, 15m, 24h or 90d, not "1"'),
  );
});
