import { assert, assertEquals, assertRejects } from "@std/assert";
import { limits } from "../../../lib/base/limits.ts";
import { turn } from "../../../lib/base/turn.ts";
import { VersionedMessage } from "../../../lib/ipc/shared_memory/versioned_message.ts";
import { countingSignal } from "../../support/counting_signal.ts";
import { interleave } from "../../support/interleave.ts";

/** Memory between threads, or as between processes (which cannot wake each other). */
const memories = {
  threads: (size: number) => new Uint8Array(new SharedArrayBuffer(size)),
  processes: (size: number) => new Uint8Array(size),
};
const operations = ["load", "compareExchange"] as const;
const MAX_OPERATIONS = 8;

function bytesOf(...bytes: number[]): Uint8Array<ArrayBuffer> {
  return new Uint8Array(bytes);
}

/** Sets the version, as a writer elsewhere may have left it. */
function setVersion(memory: Uint8Array, version: number): void {
  new DataView(memory.buffer).setUint32(4 * (memory.length >> 2) - 4, version, true);
}

Deno.test("the message lies behind its length, and the version in the last aligned word", () => {
  const memory = memories.processes(23); // 20 bytes in whole words
  const message = new VersionedMessage(memory);
  assertEquals(message.maxBytes, 12);
  message.write(bytesOf(7, 8, 9), false);
  assertEquals([...memory.subarray(0, 7)], [0, 0, 0, 3, 7, 8, 9]);
  assertEquals(new DataView(memory.buffer).getUint32(16, true), 2);
  assertEquals([...memory.subarray(20)], [0, 0, 0]);
});

Deno.test("a message of the longest length, and an empty one, are read as they were written", () => {
  const message = new VersionedMessage(memories.threads(32));
  for (const length of [message.maxBytes, 0, 1]) {
    const bytes = new Uint8Array(length).fill(length);
    message.write(bytes, false);
    assertEquals(message.read(), bytes);
  }
});

Deno.test("read() uses the buffer that it is given where it is long enough", () => {
  const message = new VersionedMessage(memories.threads(64));
  message.write(bytesOf(1, 2, 3), false);
  const into = new Uint8Array(10);
  const read = message.read(into) as Uint8Array;
  assert(read.buffer === into.buffer);
  assertEquals(read, bytesOf(1, 2, 3));
  assertEquals(message.read(new Uint8Array(2)), bytesOf(1, 2, 3));
});

Deno.test("a reader never returns a torn message, wherever a writer interrupts it", () => {
  for (let at = 0; at < MAX_OPERATIONS; at++) {
    const memory = memories.threads(64);
    const [reader, writer] = [new VersionedMessage(memory), new VersionedMessage(memory)];
    writer.write(new Uint8Array(20).fill(1), false);
    const read = interleave(
      () => reader.read(),
      at,
      () => writer.write(new Uint8Array(30).fill(2), false),
    );
    if (read === undefined) continue;
    assert(read instanceof Uint8Array);
    assertEquals(read, new Uint8Array(read[0] === 1 ? 20 : 30).fill(read[0]!));
  }
});

Deno.test("a reader looks at the version again by a read-modify-write, and trusts no load", () => {
  for (const [length, expected] of [[3, bytesOf(1, 2, 3)], [57, 57]] as const) {
    const memory = memories.threads(64);
    const message = new VersionedMessage(memory);
    message.write(bytesOf(1, 2, 3), false);
    new DataView(memory.buffer).setUint32(0, length);
    const read = interleave(() => message.read(), 1, () => assert(false), ["load"]);
    assertEquals(read, expected);
    const torn = interleave(() => message.read(), 0, () => setVersion(memory, 4), ["add"]);
    assertEquals(torn, undefined);
  }
});

Deno.test("a writer whose memory was repaired before it began leaves the message alone", () => {
  const memory = memories.threads(64);
  const [slow, repairer] = [new VersionedMessage(memory), new VersionedMessage(memory)];
  const repair = () => void repairer.write(bytesOf(2), true);
  assertEquals(interleave(() => slow.write(bytesOf(1), false), 1, repair), undefined);
  assertEquals(repairer.read(), bytesOf(2));
});

Deno.test("of two writers one is refused, wherever it interrupts the other", () => {
  for (let at = 0; at < MAX_OPERATIONS; at++) {
    const memory = memories.threads(64);
    const [first, second] = [new VersionedMessage(memory), new VersionedMessage(memory)];
    let other: number | undefined;
    const own = interleave(
      () => first.write(bytesOf(1), false),
      at,
      () => other = second.write(bytesOf(2), false),
      operations,
    );
    const last = Math.max(own ?? 0, other ?? 0);
    assertEquals([first.version, last % 2], [last, 0]);
    assert(own !== undefined || other !== undefined);
  }
});

Deno.test("read() and write() report a writer that is at work; repair goes on behind a dead one", () => {
  const memory = memories.threads(64);
  const message = new VersionedMessage(memory);
  message.write(bytesOf(1), false);
  setVersion(memory, 3);
  assertEquals(message.read(), undefined);
  assertEquals(message.write(bytesOf(2), false), undefined);
  assertEquals(message.write(bytesOf(2), true), 6);
  assertEquals(message.read(), bytesOf(2));
});

Deno.test("a writer that was taken for dead and lives cannot end its write", () => {
  const memory = memories.threads(64);
  const [slow, repairer] = [new VersionedMessage(memory), new VersionedMessage(memory)];
  let repaired: number | undefined;
  // After the slow writer has made the version odd, before it makes it even.
  const end = interleave(
    () => slow.write(bytesOf(1), false),
    1,
    () => repaired = repairer.write(bytesOf(2), true),
    ["compareExchange"],
  );
  assertEquals([end, repaired], [undefined, 4]);
});

Deno.test("the version wraps around at 2^32 and stays even", () => {
  const memory = memories.threads(64);
  setVersion(memory, 2 ** 32 - 2);
  const message = new VersionedMessage(memory);
  assertEquals(message.version, 2 ** 32 - 2);
  assertEquals(message.write(bytesOf(1), false), 0);
  assertEquals(message.write(bytesOf(1), false), 2);
});

Deno.test("read() returns a length that no message can have", () => {
  const memory = memories.threads(64);
  new DataView(memory.buffer).setUint32(0, 57);
  assertEquals(new VersionedMessage(memory).read(), 57);
});

for (const [kind, allocate] of Object.entries(memories)) {
  Deno.test(`wait() between ${kind} sees a write, and returns what \`ready\` returned`, async () => {
    const memory = allocate(64);
    const [reader, writer] = [new VersionedMessage(memory), new VersionedMessage(memory)];
    const waiting = reader.wait(() => reader.version > 0 ? "written" : undefined, {
      timeoutMs: 2 ** 31,
    });
    for (let turns = 0; turns < 10; turns++) await turn();
    writer.write(bytesOf(1), false);
    assertEquals(await waiting, "written");
  });

  Deno.test(`wait() between ${kind} gives up when the time is over, or nothing moves`, async () => {
    const message = new VersionedMessage(allocate(64));
    assertEquals(await message.wait(() => undefined, { timeoutMs: 0 }), undefined);
    assertEquals(await message.wait(() => undefined, { timeoutMs: 5 }), undefined);
    assertEquals(await message.wait(() => undefined, { stallMs: 5 }), undefined);
  });

  Deno.test(`wait() between ${kind} ends with its signal, and leaves no listener on it`, async () => {
    const message = new VersionedMessage(allocate(64));
    const aborted = AbortSignal.abort(new Error("enough"));
    let looks = 0;
    const refused = message.wait(() => void looks++, { signal: aborted });
    await assertRejects(() => refused, Error, "enough");
    assertEquals(looks, 0);
    const counted = countingSignal();
    await message.wait(() => undefined, { signal: counted.signal, timeoutMs: 10 });
    assertEquals(counted.count, 0);
    const waiting = message.wait(() => undefined, { signal: counted.signal });
    counted.abort(new Error("enough"));
    await assertRejects(() => waiting, Error, "enough");
  });
}

Deno.test("wait() for another process takes turns for a moment, and then naps", async () => {
  const memory = memories.processes(64);
  const writer = new VersionedMessage(memory);
  let looks = 0, naps = 0, nowMs = 0;
  const nap = () => {
    if (++naps === 3) writer.write(bytesOf(1), false);
    return Promise.resolve();
  };
  const reader = new VersionedMessage(memory, nap, () => nowMs += limits.turnPollMs / 5);
  const found = await reader.wait(() => {
    looks++;
    return reader.version > 0 ? { looks, naps } : undefined;
  }, {});
  assertEquals(found, { looks: 8, naps: 3 });
});
