import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { DariError } from "../../../lib/base/errors.ts";
import { SharedMemory } from "../../../lib/ipc/mod.ts";
import { PeerProcess } from "../../support/peer_process.ts";
import { countTorn, roundMessage } from "../../support/shared_memory_peer.ts";

const MESSAGES = 200;
const SIZE = 8_192;
/** A message that takes long enough to write to be killed in the middle of it. */
const LARGE = 32 << 20;
const MAX_KILLS = 50;

const isLinux = Deno.build.os === "linux";
const hasPython = await new Deno.Command("python3", { args: ["--version"] }).output()
  .then(({ success }) => success, () => false);

const pythonRoles = await Deno.readTextFile(
  new URL("../../support/shared_memory_peer.py", import.meta.url),
);
/** The Python program that the documentation of `SharedMemory` shows. */
const publishedSample = await readSample();

function pythonProgram(name: string): string {
  return `${publishedSample.replace("dari_demo", name)}\n${pythonRoles}`;
}

async function readSample(): Promise<string> {
  const file = new URL("../../../lib/ipc/shared_memory/shared_memory.ts", import.meta.url);
  const [, sample] = /```python\n([\s\S]*?)\n \* ```/.exec(await Deno.readTextFile(file)) ?? [];
  assert(sample !== undefined);
  return sample.replaceAll(/^ \* /gm, "");
}

/** What is at the other side, and how it is started. */
const sides = {
  dari: (...args: string[]) => {
    const script = new URL("../../support/shared_memory_peer.ts", import.meta.url).pathname;
    return new PeerProcess(Deno.execPath(), ["run", "--no-check", "--allow-ffi", script, ...args]);
  },
  Python: (role: string, name: string, ...args: string[]) =>
    new PeerProcess("python3", ["-c", pythonProgram(name), role, name, ...args]),
};

function test(name: string, needsPython: boolean, fn: () => Promise<void>): void {
  Deno.test({ name, ignore: !isLinux || (needsPython && !hasPython), fn });
}

/** Memory of a test's own, unlinked at its end. */
function create(size: number): SharedMemory {
  const memory = SharedMemory.create(`dari_test_${crypto.randomUUID()}`, size);
  return Object.assign(memory, {
    [Symbol.dispose]() {
      memory.unlink();
      memory.close();
    },
  });
}

for (const [side, start] of Object.entries(sides)) {
  const isPython = side === "Python";

  test(`no torn message of a ${side} process is seen`, isPython, async () => {
    using memory = create(SIZE);
    await using writer = start("write", memory.name);
    await memory.changed(0);
    assertEquals(await countTorn(memory, MESSAGES), 0);
    await writer.kill();
  });

  test(`no torn message is seen by a ${side} process`, isPython, async () => {
    using memory = create(SIZE);
    memory.write(roundMessage(0));
    await using reader = start("read", memory.name, String(MESSAGES));
    assertEquals(await reader.line(), "open");
    let torn: string | undefined;
    reader.line().then((line) => torn = line);
    for (let round = 0; torn === undefined; round++) {
      memory.write(roundMessage(round));
      if (round % 100 === 0) await new Promise((resolve) => setTimeout(resolve));
    }
    assertEquals(torn, "0");
  });
}

test("Python reads what dari wrote, and dari what Python wrote", true, async () => {
  using memory = create(1_024);
  memory.write({ status: "running", count: 42, message: "안녕" });
  await using peer = sides.Python("bump", memory.name);
  assertEquals(await memory.changed(2), 4);
  // Python has read version 2, and noted 3 while it wrote.
  assertEquals(await memory.read(), { status: "running", count: 44, message: "안녕" });
  assert((await peer.status).success);
});

test("the name of a memory outlives a Python that has opened it", true, async () => {
  using memory = create(1_024);
  memory.write({ count: 1 });
  const { name } = memory;
  // Standard error ends with the process in which Python tracks what it would remove.
  const { success, stderr } = await new Deno.Command("python3", {
    args: ["-c", pythonProgram(name), "bump", name],
  }).output();
  assertEquals([success, new TextDecoder().decode(stderr)], [true, ""]);
  SharedMemory.open(name).close();
});

test("a writer that is killed half-way is reported, and repaired on request", false, async () => {
  using memory = create(LARGE);
  await killHalfWay(memory);
  const late = await assertRejects(() => memory.read({ timeoutMs: 5 }), DariError, "half-way");
  assertEquals([late.code, late.retryable], ["unavailable", true]);
  assertEquals(assertThrows(() => memory.write(1), DariError).code, "unavailable");
  using other = SharedMemory.open(memory.name);
  other.write("whole again", { repair: true });
  assertEquals(await memory.read(), "whole again");
  memory.write("and on");
  assertEquals(await other.read(), "and on");
});

/** Kills writers until one was in the middle of a message. */
async function killHalfWay(memory: SharedMemory): Promise<void> {
  for (let kills = 0; kills < MAX_KILLS; kills++) {
    const before = memory.version;
    await using writer = sides.dari("write large", memory.name);
    while (memory.version < before + 10) await new Promise((resolve) => setTimeout(resolve));
    await writer.kill();
    if (memory.version % 2 === 1) return;
  }
  throw new Error(`${MAX_KILLS} writers were killed, and none of them half-way`);
}

test("a Python writer that is killed half-way is reported as well", true, async () => {
  using memory = create(SIZE);
  memory.write("whole");
  await using peer = sides.Python("stop half-way", memory.name);
  assertEquals([await peer.line(), await peer.line()], ["open", "half-way"]);
  const reading = memory.read();
  await peer.kill();
  await assertRejects(() => reading, DariError, "half-way");
});

test("a reader that waits for a writer goes on when it has finished", true, async () => {
  using memory = create(SIZE);
  memory.write("whole");
  await using peer = sides.Python("stop half-way", memory.name);
  assertEquals([await peer.line(), await peer.line()], ["open", "half-way"]);
  const reading = memory.read({ timeoutMs: 60_000 });
  memory.write("finished", { repair: true }); // as the writer would
  assertEquals(await reading, "finished");
});

test("a reader that is killed leaves nothing behind", false, async () => {
  using memory = create(SIZE);
  memory.write(roundMessage(1));
  await using reader = sides.dari("read", memory.name, "1e9");
  assertEquals(await reader.line(), "open");
  await reader.kill();
  const version = memory.write(roundMessage(2));
  assertEquals(await memory.readBytes(), roundMessage(2));
  assertEquals(memory.version, version);
});

test("memory that was unlinked lives on for those who have it open", false, async () => {
  const name = `dari_test_${crypto.randomUUID()}`;
  using memory = SharedMemory.create(name, SIZE);
  await using peer = sides.dari("write", name);
  await memory.changed(0);
  memory.unlink();
  assertEquals(assertThrows(() => SharedMemory.open(name), DariError).code, "not_found");
  await memory.changed(await memory.changed(memory.version)); // they still meet
  await peer.kill();
});
