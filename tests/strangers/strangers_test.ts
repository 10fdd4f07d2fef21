// Servers that were written from docs/wire.md alone, in other languages, by their standard libraries.

import { assert, assertEquals } from "@std/assert";
import { conformanceCases } from "../../lib/conformance/cases.ts";
import { processConnection } from "../../lib/conformance/process_connection.ts";
import { runCases } from "../../lib/conformance/runner.ts";
import { hasPython } from "../support/python.ts";

const TIMEOUT_MS = 20_000;
const MAX_LINES = 300;

Deno.test({
  name: "a server in Python passes the levels core and streams",
  ignore: !hasPython,
  async fn() {
    const script = new URL("./server.py", import.meta.url).pathname;
    const results = await runCases(conformanceCases, {
      open: () => processConnection("python3", [script, "-"]),
      levels: ["core", "streams"],
      timeoutMs: TIMEOUT_MS,
    });
    const failed = results.filter(({ outcome }) => outcome === "failed");
    assertEquals(failed.map(({ id, wanted }) => ({ id, wanted })), []);
    const skipped = results.filter(({ outcome }) => outcome === "skipped");
    assertEquals(skipped.map(({ id }) => id), []);
  },
});

Deno.test("a stranger takes at most 300 lines of code", async () => {
  const source = await Deno.readTextFile(new URL("./server.py", import.meta.url));
  const lines = source.split("\n").filter((line) => line.trim() !== "");
  assert(lines.length <= MAX_LINES, `${lines.length} lines`);
});
