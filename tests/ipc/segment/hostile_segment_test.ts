import { assert, assertEquals } from "@std/assert";
import { limits } from "../../../lib/base/limits.ts";
import { event, word } from "../../../lib/ipc/ring/records.ts";
import { Segment } from "../../../lib/ipc/segment/segment.ts";
import { SharedStream } from "../../../lib/ipc/segment/shared_stream.ts";
import type { Connection } from "../../../lib/transport/connection.ts";
import { connectUnix, listenUnix } from "../../../lib/transport/unix.ts";
import { isLinux } from "../../support/segments.ts";
import { sharingOf } from "../../support/shared_pair.ts";
import { tempDirectory } from "../../support/temp.ts";

/** A peer that has the memory and the socket, and keeps to no rule. */
interface Parties {
  readonly socket: Deno.UnixConn;
  readonly segment: Segment;
  /** The end that it attacks. */
  readonly victim: Connection;
}

/** An attack that is under way. */
interface Hostile extends Parties, AsyncDisposable {
  /** Gives what the victim receives until it has ended, or why it broke. */
  readonly outcome: Promise<{ readonly text: string; readonly error: string | undefined }>;
}

/** Which end of the connection is attacked: the one that makes the memory, or the one that joins it. */
type Attacked = "server" | "client";

const ends: readonly Attacked[] = ["server", "client"];

async function attack(attacked: Attacked): Promise<Hostile> {
  await using stack = new AsyncDisposableStack();
  const directory = stack.use(await tempDirectory());
  const { victim, socket, segment } = await attacks[attacked](`${directory.path}/s`);
  stack.defer(() => {
    victim.abort();
    segment.release();
    try {
      socket.close();
    } catch {
      // The test has closed it.
    }
  });
  const kept = stack.move();
  return {
    socket,
    segment,
    victim,
    outcome: listen(victim),
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}

const attacks: Record<Attacked, (path: string) => Promise<Parties>> = {
  async server(path) {
    const listener = await listenUnix(path, (conn) => new SharedStream(conn, true));
    const socket = await Deno.connect({ transport: "unix", path });
    const { value } = await listener[Symbol.asyncIterator]().next();
    listener.close();
    const victim = value as Connection;
    return { victim, socket, segment: Segment.open(sharingOf(victim).offer()) };
  },
  async client(path) {
    using listener = Deno.listen({ transport: "unix", path });
    const accepting = listener.accept();
    const victim = await connectUnix(path, undefined, (conn) => new SharedStream(conn, false));
    const segment = Segment.create();
    sharingOf(victim).join(segment.offer);
    return { victim, socket: await accepting, segment };
  },
};

async function listen(victim: Connection) {
  let text = "";
  try {
    for (let piece; (piece = await victim.receive()) !== null;) {
      if (text.length < 10_000) text += typeof piece === "string" ? piece : "?";
    }
    return { text, error: undefined };
  } catch (error) {
    return { text, error: error instanceof Error ? error.message : String(error) };
  }
}

/** Writes a record as the wire has it, whatever stands around it. */
function putRecord(ring: ArrayBuffer, at: number, kind: number, length: number, sequence = 0) {
  const words = new Int32Array(ring);
  words[128 + 2 * at] = (kind << 28) | length;
  words[129 + 2 * at] = sequence;
}

async function ring(socket: Deno.UnixConn, times: number): Promise<void> {
  const bells = new Uint8Array(times).fill(0x0a);
  for (let sent = 0; sent < times;) sent += await socket.write(bells.subarray(sent));
}

/** Tests both ends. */
function test(name: string, fn: (attacked: Attacked) => Promise<void>): void {
  for (const attacked of ends) {
    Deno.test({ name: `${name} (${attacked})`, ignore: !isLinux, fn: () => fn(attacked) });
  }
}

const BELL = new Uint8Array([0x0a]);

test("a peer that says it has sent less over the socket than it has is cut", async (attacked) => {
  await using hostile = await attack(attacked);
  await hostile.socket.write(new TextEncoder().encode("{}\n{}\n"));
  hostile.segment.switchOutbound(1);
  await hostile.socket.write(BELL);
  hostile.socket.close();
  const { error } = await hostile.outcome;
  assert(error === undefined || error.includes("broke the rules"), error);
});

const records: Record<string, (ring: ArrayBuffer, words: Int32Array) => void> = {
  "a tail beyond the ring": (_, words) => words[word.tail] = limits.segmentRingBytes,
  "a tail before the head": (_, words) => words[word.tail] = -1,
  "a head that jumped": (_, words) => words[word.head] = 12_345,
  "a length beyond the ring": (ring, words) => {
    putRecord(ring, 0, 1, 2 ** 28 - 1);
    words[word.tail] = limits.segmentRingBytes / 8;
  },
  "a length beyond the data": (ring, words) => {
    putRecord(ring, 0, 1, 100);
    words[word.tail] = 2;
  },
  "a record across the end of the ring": (ring, words) => {
    const last = limits.segmentRingBytes / 8 - 1;
    putRecord(ring, last, 1, 64);
    words[word.head] = last;
    words[word.tail] = last + 9;
  },
  "skips without end": (ring, words) => {
    for (let at = 0; at < 100; at++) putRecord(ring, at, 15, 0);
    words[word.tail] = 100;
  },
};

for (const [name, write] of Object.entries(records)) {
  test(`${name} ends the connection, and nothing else`, async (attacked) => {
    await using hostile = await attack(attacked);
    hostile.segment.switchOutbound(0);
    const words = new Int32Array(hostile.segment.outbound);
    write(hostile.segment.outbound, words);
    words[event.data] = 1;
    await hostile.socket.write(BELL);
    const { error } = await hostile.outcome;
    assert(error?.includes("damaged"), `${error}`);
  });
}

test("a flood of doorbells without a message ends the connection", async (attacked) => {
  await using hostile = await attack(attacked);
  hostile.segment.switchOutbound(0);
  const flooded = ring(hostile.socket, limits.maxIdleDoorbells + 1).catch(() => {});
  const { error } = await hostile.outcome;
  assert(error?.includes("broke the rules"), `${error}`);
  hostile.victim.abort();
  await flooded;
});

test("as many doorbells as are allowed do no harm", async (attacked) => {
  await using hostile = await attack(attacked);
  hostile.segment.switchOutbound(0);
  await ring(hostile.socket, limits.maxIdleDoorbells);
  hostile.socket.close();
  assertEquals(await hostile.outcome, { text: "", error: undefined });
});

test("random bytes everywhere in the memory harm nobody but their connection", async (attacked) => {
  // xorshift32: the same attacks in each run.
  let state = 2_463_534_242;
  const random = (below: number) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
  for (let round = 0; round < 60; round++) {
    await using hostile = await attack(attacked);
    const { segment, socket, victim } = hostile;
    segment.switchOutbound(0);
    victim.takesBlobs = true;
    let isSending = false;
    const sent = () => void (isSending = false);
    for (let n = 0; n < 8; n++) {
      for (const ring of [segment.outbound, segment.inbound]) {
        const words = new Int32Array(ring);
        const near = [word.flags, word.tail, word.items, word.head, event.data, event.space];
        const at = near[random(near.length + 2)] ?? 128 + random(words.length - 128);
        words[at + random(2)] = random(3) === 0 ? random(64) : random(2 ** 32);
      }
      await socket.write(BELL).catch(() => {});
      // A ring that seems to be full makes it wait, as a peer does that reads nothing.
      if (!isSending) {
        isSending = true;
        victim.send("a reply\n").then(sent, sent);
      }
    }
    socket.close();
    await hostile.outcome; // whatever came, it has ended
  }
});
