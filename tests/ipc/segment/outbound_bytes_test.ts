import { assert, assertEquals } from "@std/assert";
import { socketTurn } from "../../../lib/base/turn.ts";
import { limits } from "../../../lib/base/limits.ts";
import { SharedStream } from "../../../lib/ipc/segment/shared_stream.ts";
import { isLinux } from "../../support/segments.ts";
import { PeerProcess } from "../../support/peer_process.ts";
import { seededRandom, SleepWords } from "../../support/sleep_words.ts";
import { byteAt, readSome, streamBytes, writeAll } from "../../support/stream_bytes.ts";
import { tempDirectory } from "../../support/temp.ts";

function test(name: string, fn: () => Promise<void>): void {
  Deno.test({ name, ignore: !isLinux, fn });
}

/** Both ends of a Unix connection in memory that they may leave, as streams of bytes. */
async function openStreams() {
  await using stack = new AsyncDisposableStack();
  const directory = stack.use(await tempDirectory());
  const at = { transport: "unix", path: `${directory.path}/s` } as const;
  using listener = Deno.listen(at);
  const accepting = listener.accept();
  const near = new SharedStream(await Deno.connect(at), false);
  stack.defer(() => near.close());
  const far = new SharedStream(await accepting, true);
  stack.defer(() => far.close());
  near.returns = far.returns = true;
  const offer = far.offer();
  const words = stack.use(new SleepWords(offer));
  near.join(offer);
  const kept = stack.move();
  return { near, far, words, [Symbol.asyncDispose]: () => kept.disposeAsync() };
}

type Random = (below: number) => number;

/** Bytes among which are many LF, so that a doorbell in the wrong place shows. */
function someBytes(random: Random): Uint8Array {
  const most = random(8) === 0 ? 70_000 : 3_000; // behind long writes it stays in the memory
  const length = [1, 1 + random(3), 1 + random(300), 1 + random(most)][random(4)] ?? 1;
  const bytes = new Uint8Array(random(50) === 0 ? limits.segmentRingBytes + length : length);
  const first = random(256);
  for (let at = 0; at < bytes.length; at++) bytes[at] = random(2) === 0 ? 0x0a : first + at;
  return bytes;
}

/** Reads so many bytes, into memory of every size. */
async function readAll(stream: SharedStream, bytes: number, random: Random): Promise<Uint8Array> {
  const all = new Uint8Array(bytes);
  for (let got = 0; got < bytes;) {
    const room = [1 + random(4), 1 + random(400), 65_536][random(3)];
    const into = all.subarray(got, Math.min(bytes, got + (room ?? 1)));
    const length = await readSome(stream, into);
    assert(length !== null, "it has ended");
    got += length;
  }
  return all;
}

for (const seed of [1, 2_463_534_242, 77_777, 4_000_000_001]) {
  test(`both directions go to and fro between any two bytes, and none is lost (${seed})`, async () => {
    await using streams = await openStreams();
    const { near, far, words } = streams;
    const random = seededRandom(seed);
    const returned = [new Set<number>(), new Set<number>()];
    const carry = async (from: SharedStream, to: SharedStream, ring: 0 | 1) => {
      let reading = Promise.resolve();
      for (let n = 0; n < 500; n++) {
        const bytes = someBytes(random);
        reading = reading.then(async () => {
          const got = await readAll(to, bytes.length, random);
          assert(
            got.every((byte, at) => byte === bytes[at]),
            `the bytes of write ${n} have changed`,
          );
        });
        words.set(ring, random(2) === 0);
        await writeAll(from, bytes);
        returned[ring]?.add(words.returnedAt(ring));
        if (random(4) === 0) continue; // several writes are on their way
        await reading;
        await socketTurn(); // a doorbell leaves
      }
      await reading;
    };
    await Promise.all([carry(near, far, 1), carry(far, near, 0)]);
    for (const { size } of returned) assert(size > 30, `it has left the memory ${size} times`);
  });
}

test("long writes go through the memory also where the reader sleeps, and a few short ones behind them", async () => {
  await using streams = await openStreams();
  const { near, far, words } = streams;
  const send = async (bytes: number) => {
    const before = words.returnedAt(1);
    const got = readAll(far, bytes, seededRandom(bytes));
    await writeAll(near, new Uint8Array(bytes));
    await got;
    await socketTurn(); // a doorbell leaves
    return words.returnedAt(1) === before ? "stays" : "leaves";
  };
  await send(1); // over the socket, which it leaves then
  words.set(1, true);
  assertEquals(await send(1), "leaves");
  await send(1); // over the socket again
  const long = limits.minMemoryWriteBytes, short = limits.maxShortMemoryWrites;
  for (let round = 0; round < 2; round++) {
    assertEquals(await send(long), "stays");
    for (let n = 0; n < short; n++) assertEquals(await send(long - 1), "stays");
  }
  assertEquals(await send(long - 1), "leaves");
});

test("the death of the other end is noticed wherever its bytes and ours are", async () => {
  const random = seededRandom(5);
  for (let round = 0; round < 5; round++) {
    await using stack = new AsyncDisposableStack();
    const { path } = stack.use(await tempDirectory());
    using listener = Deno.listen({ transport: "unix", path: `${path}/s` });
    const script = new URL("../../support/restless_peer.ts", import.meta.url).pathname;
    const args = ["run", "--no-check", "--allow-all", script, `${path}/s`];
    const peer = stack.use(new PeerProcess(Deno.execPath(), args));
    const stream = new SharedStream(await listener.accept(), true);
    let isClosed = false;
    const close = () => {
      if (!isClosed) stream.close();
      isClosed = true;
    };
    stack.defer(close);
    stream.returns = true;
    const offer = stream.offer();
    const words = stack.use(new SleepWords(offer));
    await writeAll(stream, new TextEncoder().encode(`${JSON.stringify(offer)}\n`));
    const sending = (async () => {
      for (let at = 0;; at += 2_000) {
        words.set(0, random(2) === 0);
        await writeAll(stream, streamBytes(at, 2_000));
      }
    })().catch(() => {}); // it fails when the other end is gone, or with the close below
    const into = new Uint8Array(4_096);
    const killedAt = random(400_000);
    let got = 0, isKilled = false;
    const read = () =>
      readSome(stream, into).catch((error) => {
        assert(isKilled, error); // the system resets a socket from which not all was read
        return null;
      });
    for (let length; (length = await read()) !== null; got += length) {
      const same = into.subarray(0, length).every((byte, n) => byte === byteAt(got + n));
      assert(same, `bytes ${got} to ${got + length} have changed`);
      if (isKilled || got < killedAt) continue;
      isKilled = true;
      await peer.kill();
    }
    assert(isKilled, "it ended before it was killed");
    close();
    await sending;
  }
});
