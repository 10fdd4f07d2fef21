import { assert, assertEquals, assertRejects } from "@std/assert";
import { DariError, TransportError } from "../../lib/base/errors.ts";
import { limits } from "../../lib/base/limits.ts";
import { connect } from "../../lib/endpoint/connect.ts";
import { serve } from "../../lib/endpoint/serve.ts";
import { ServedProgram, type ServedProgramOptions } from "../../lib/endpoint/served_program.ts";
import { listenMemory } from "../../lib/transport/memory.ts";
import { hasPython } from "../support/python.ts";

const PROGRAM = new URL("../support/bad_program.py", import.meta.url).pathname;
const env = { PATH: "/usr/local/bin:/usr/bin:/bin" };

/** A server in front of a program that misbehaves, a client of it, and what was told. */
async function startProgram(how: string, options: Partial<ServedProgramOptions> = {}) {
  const told: string[] = [];
  const program = await ServedProgram.start({
    command: `${python()} '${PROGRAM}' '${how}'`,
    env,
    tell: (line) => told.push(line),
    ...options,
  });
  const memory = listenMemory();
  const server = await serve({ listen: memory, methods: program.methods, observer: [] });
  const client = await connect(memory);
  return {
    client,
    told,
    async [Symbol.asyncDispose]() {
      await client.close();
      await server.close();
      await program[Symbol.asyncDispose]();
    },
  };
}

/** The interpreter itself: a version manager's stand-in needs an environment. */
function python(): string {
  const { stdout } = new Deno.Command("python3", {
    args: ["-c", "import sys; print(sys.executable)"],
  }).outputSync();
  return new TextDecoder().decode(stdout).trim();
}

function test(name: string, fn: () => Promise<void>): void {
  Deno.test(name, { ignore: !hasPython }, fn);
}

const sum = { a: 1, b: 2 };

test("a program on its standard streams is served with the methods that it tells", async () => {
  await using served = await startProgram("nothing");
  assertEquals(await served.client.call("add", sum), 3);
  await assertRejects(() => served.client.call("rpc.unknown"), DariError);
});

test("a line that is no message harms nothing, at the start and between replies", async () => {
  await using banner = await startProgram("banner");
  assertEquals(await banner.client.call("add", sum), 3);
  assertEquals(banner.told.map((line) => line.replace(/^.*: /, "")), ["Loading the model ..."]);
  await using rubbish = await startProgram("rubbish");
  assertEquals(await rubbish.client.call("misbehave"), "after rubbish");
  assertEquals(await rubbish.client.call("add", sum), 3);
});

test("a program that dies in a reply fails its call, and is started again", async () => {
  await using served = await startProgram("dies in a reply");
  const error = await assertRejects(() => served.client.call("misbehave"), DariError);
  assertEquals([error.code, error.retryAfterMs], ["unavailable", limits.programRetryAfterMs]);
  assertEquals(error.message, 'The program behind "misbehave" has ended; it is started again');
  let sumAgain: unknown;
  while (sumAgain !== 3) sumAgain = await served.client.call("add", sum).catch(() => undefined);
  assert(served.told.some((line) => line.endsWith("has ended (code 1)")), served.told.join("\n"));
});

test("a call that is never answered ends by its deadline, and others are served", async () => {
  await using served = await startProgram("never answers");
  const late = served.client.call("misbehave", {}, { timeoutMs: 100 });
  assertEquals(await served.client.call("add", sum), 3);
  assertEquals((await assertRejects(() => late, DariError)).code, "deadline_exceeded");
  assertEquals(await served.client.call("add", sum), 3);
});

test("a flood of standard error is cut, and counted", async () => {
  await using served = await startProgram("floods");
  assertEquals(await served.client.call("misbehave"), "flooded");
  const lines = served.told.filter((line) => line.endsWith("something is wrong"));
  assert(lines.length < 50_000 / 10, `${lines.length} lines were told`);
});

test("a second answer to the same call is ignored", async () => {
  await using served = await startProgram("answers twice");
  assertEquals(await served.client.call("misbehave"), "first");
  assertEquals(await served.client.call("add", sum), 3);
});

test("copies share the calls", async () => {
  await using served = await startProgram("is slow", { copies: 3 });
  const seen = new Set<unknown>();
  // A copy that is still starting on a busy machine gets calls of a later round.
  for (let round = 0; round < 50 && seen.size < 3; round++) {
    const calls = Array.from({ length: 6 }, () => served.client.call("misbehave"));
    for (const pid of await Promise.all(calls)) seen.add(pid);
  }
  assertEquals(seen.size, 3);
});

test("a program has the environment that it is given, and no other", async () => {
  await using served = await startProgram("tells its environment", { env: { ...env, MODE: "x" } });
  const names = await served.client.call("misbehave") as string[];
  assertEquals(names.filter((name) => !name.startsWith("LC_")), ["MODE", "PATH"]);
});

test("a program that ends at once, or cannot be started, is an error at the start", async () => {
  const ends = await assertRejects(() => startProgram("dies at once"), TransportError);
  assertEquals(ends.code, "unavailable");
  const missing = () => startProgram("", { command: "/no/such/program" });
  await assertRejects(missing, TransportError, 'Cannot start "/no/such/program"');
});

test("a program that does not tell its methods is refused, unless they are named", async () => {
  const silent = `${python()} -c '${
    [
      "import json, sys",
      "for line in sys.stdin:",
      "    call = json.loads(line)",
      '    error = {"code": -32601, "message": "no"}',
      '    ok = {"result": 7} if call["method"] == "seven" else {"error": error}',
      '    print(json.dumps({"jsonrpc": "2.0", "id": call["id"], **ok}), flush=True)',
    ].join("\n")
  }'`;
  const error = await assertRejects(() => startProgram("", { command: silent }), DariError);
  assertEquals(error.code, "failed_precondition");
  await using served = await startProgram("", { command: silent, methods: ["seven"] });
  assertEquals(await served.client.call("seven"), 7);
});

Deno.test("the number of copies is checked", async () => {
  for (const copies of [0, 1.5, limits.maxProgramCopies + 1]) {
    const starting = ServedProgram.start({ command: "true", copies, tell: () => {} });
    assertEquals((await assertRejects(() => starting, DariError)).code, "usage");
  }
});
