// Servers and a client that were written from docs/wire.md alone, in other languages, by their standard libraries.

import { assert, assertEquals } from "@std/assert";
import { byteConnection } from "../../lib/conformance/byte_connection.ts";
import type { Level } from "../../lib/conformance/case.ts";
import { conformanceCases } from "../../lib/conformance/cases.ts";
import { clientCases } from "../../lib/conformance/client_cases.ts";
import { processConnection } from "../../lib/conformance/process_connection.ts";
import type { PeerConnection } from "../../lib/conformance/dialogue.ts";
import { runCases, runClientCases } from "../../lib/conformance/runner.ts";
import { compileGo, hasGo } from "../support/go.ts";
import { hasPython } from "../support/python.ts";

const TIMEOUT_MS = 20_000;
const MAX_LINES = 300;
const LEVELS: readonly Level[] = ["core", "streams"];

const path = (name: string) => new URL(name, import.meta.url).pathname;

/** What the strangers do not offer: their levels are those of plain dari/1. */
const OPTIONAL = /^(?:feature |rpc\.hello$|method sum$|method fail$|a client that follows)/;

/** Runs a server through the levels, of which it has to pass every case of plain dari/1. */
async function assertPasses(open: () => Promise<PeerConnection>): Promise<void> {
  const results = await runCases(conformanceCases, {
    open,
    levels: LEVELS,
    timeoutMs: TIMEOUT_MS,
  });
  const notPassed = results.filter(({ outcome, reason = "" }) =>
    outcome === "failed" || (outcome === "skipped" && !OPTIONAL.test(reason))
  );
  assertEquals(notPassed.map(({ id, outcome, reason }) => ({ id, outcome, reason })), []);
}

Deno.test({
  name: "a server in Python passes the levels core and streams",
  ignore: !hasPython,
  async fn() {
    const args = [path("./server.py"), "0"];
    await using server = new Deno.Command("python3", { args, stdout: "piped" }).spawn();
    const output = server.stdout.getReader();
    const port = Number(new TextDecoder().decode((await output.read()).value));
    await assertPasses(async () => byteConnection(await Deno.connect({ port })));
    await output.cancel();
  },
});

Deno.test({
  name: "a server in Python answers on its standard streams",
  ignore: !hasPython,
  async fn() {
    const connection = await processConnection("python3", [path("./server.py"), "-"]);
    await connection.write(
      new TextEncoder().encode('{"jsonrpc":"2.0","id":1,"method":"rpc.ping"}\n'),
    );
    const answer = new TextDecoder().decode((await connection.read()) ?? undefined);
    assertEquals(JSON.parse(answer).result, "pong");
    connection.close();
  },
});

Deno.test({
  name: "a server in Go passes the levels core and streams",
  ignore: !hasGo,
  async fn() {
    await using compiled = await compileGo(path("./server.go"));
    await assertPasses(() => processConnection(compiled.program, []));
  },
});

Deno.test({
  name: "a client in Python follows its instructions on its standard streams",
  ignore: !hasPython,
  async fn() {
    const start = (text: string) => processConnection("python3", [path("./client.py"), text]);
    const [result] = await runClientCases(clientCases.slice(0, 1), {
      start,
      timeoutMs: TIMEOUT_MS,
    });
    assertEquals([result?.outcome, result?.reason], ["passed", undefined]);
  },
});

Deno.test({
  name: "a client in Python passes every case for clients",
  ignore: !hasPython,
  async fn() {
    using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const args = [path("./client.py"), "--port", String(listener.addr.port)];
    await using client = new Deno.Command("python3", { args, stdin: "piped" }).spawn();
    const input = client.stdin.getWriter();
    const start = async (instructions: string) => {
      await input.write(new TextEncoder().encode(`${instructions}\n`));
      return byteConnection(await listener.accept());
    };
    const results = await runClientCases(clientCases, { start, timeoutMs: TIMEOUT_MS });
    await input.close();
    const notPassed = results.filter(({ outcome, reason = "" }) =>
      outcome !== "passed" && !OPTIONAL.test(reason)
    );
    assertEquals(notPassed.map(({ id, outcome, reason }) => ({ id, outcome, reason })), []);
  },
});

for (const name of ["./server.py", "./server.go", "./client.py"]) {
  Deno.test(`${name} takes at most ${MAX_LINES} lines without comments`, async () => {
    const source = await Deno.readTextFile(path(name));
    const lines = source.split("\n").filter((line) => !/^\s*($|#|\/\/)/.test(line));
    assert(lines.length <= MAX_LINES, `${lines.length} lines`);
  });
}
