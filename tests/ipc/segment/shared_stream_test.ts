import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { DariError, TransportError } from "../../../lib/base/errors.ts";
import { settlesWithin } from "../../../lib/base/abort.ts";
import { limits } from "../../../lib/base/limits.ts";
import type { BellSocket } from "../../../lib/ipc/segment/bell_socket.ts";
import { SharedStream } from "../../../lib/ipc/segment/shared_stream.ts";
import { blobOf, isSame, receiveBlob, sendBlob } from "../../support/blob_contract.ts";
import { isLinux } from "../../support/segments.ts";
import { movablePair, move, sharedPair, sharingOf } from "../../support/shared_pair.ts";
import { receiveAll, receiveLines, turns } from "../../support/transport_contract.ts";

function test(name: string, fn: () => Promise<void>): void {
  Deno.test({ name, ignore: !isLinux, fn });
}

test("a connection moves in the middle of what both ends send, and nothing is lost", async () => {
  await using pair = await movablePair();
  const { near, far } = pair;
  for (const end of [near, far]) {
    end.takesBlobs = true;
    end.maxLineBytes = limits.maxLineBytes;
  }
  const blob = blobOf(700_000);
  const send = async (end: typeof near) => {
    for (let n = 0; n < 20; n++) {
      await end.send(`${n}\n`);
      await sendBlob(end, blob, `before ${n}\n`, `behind ${n}\n`);
    }
    await end.send("end\n");
  };
  const check = async (end: typeof near) => {
    let lines = "", blobs = 0;
    while (!lines.endsWith("end\n")) {
      const piece = await end.receive();
      assert(piece !== null, "the connection has ended");
      if (typeof piece === "string") lines += piece;
      else {
        assert(isSame(piece, blob));
        blobs++;
      }
    }
    const each = Array.from({ length: 20 }, (_, n) => `${n}\nbefore ${n}\nbehind ${n}\n`);
    assertEquals([lines, blobs], [`${each.join("")}end\n`, 20]);
  };
  const all = [send(near), send(far), check(near), check(far)];
  sharingOf(near).join(sharingOf(far).offer());
  await Promise.all(all);
  assert(sharingOf(near).isShared && sharingOf(far).isShared);
});

/** A socket from which one can always read so many bytes. */
function fullSocket(readBytes: number): BellSocket {
  return {
    read: () => Promise.resolve(readBytes),
    write: (bytes) => Promise.resolve(bytes.length),
    closeWrite: () => Promise.resolve(),
    close: () => {},
  };
}

/** After how many reads of so many bytes each, of 1,000, an end hears that moving pays. */
async function worthwhileAfter(readBytes: number, isResting: () => boolean): Promise<number[]> {
  const stream = new SharedStream(fullSocket(readBytes), true, isResting);
  const into = new Uint8Array(readBytes);
  const heardAfter: number[] = [];
  let reads = 0;
  stream.onWorthwhile = () => heardAfter.push(reads);
  for (; reads < 1_000; reads++) stream.hasRead(into, await stream.read(into));
  return heardAfter;
}

const { readsBeforeSharing, minMemoryWriteBytes } = limits;

Deno.test("the end that was accepted hears once that moving pays, after a few reads", async () => {
  assertEquals(await worthwhileAfter(2, () => false), [readsBeforeSharing - 1]);
});

Deno.test("while its thread rests, an end hears of it once what it receives is long", async () => {
  assertEquals(await worthwhileAfter(minMemoryWriteBytes - 1, () => true), []);
  const [after = 0, ...more] = await worthwhileAfter(minMemoryWriteBytes, () => true);
  assert(after >= readsBeforeSharing && after < 2 * readsBeforeSharing, `${after}`);
  assertEquals(more, []);
});

Deno.test("an end hears that moving pays soon after the rest of its thread", async () => {
  let asked = 0;
  const [after = 0] = await worthwhileAfter(2, () => ++asked < 10);
  assertEquals(after, 10 * readsBeforeSharing - 1);
});

Deno.test("where many connections send short messages by turns, none hears that moving pays", async () => {
  const heard = new Set<number>();
  const streams = Array.from({ length: 32 }, (_, n) => {
    const stream = new SharedStream(fullSocket(2), true);
    stream.onWorthwhile = () => heard.add(n);
    return stream;
  });
  const into = new Uint8Array(2);
  for (let reads = 0; reads < 4 * readsBeforeSharing; reads++) {
    for (const stream of streams) stream.hasRead(into, await stream.read(into));
  }
  assertEquals(heard, new Set());
  for (let reads = 0; reads < 1_000; reads++) streams[0]!.hasRead(into, 2); // the crowd goes
});

test("an offer that nobody takes is withdrawn, and the socket goes on", async () => {
  await using pair = await movablePair();
  const { near, far } = pair;
  const offer = sharingOf(far).offer();
  sharingOf(far).withdraw();
  const error = assertThrows(() => sharingOf(near).join(offer), DariError);
  assert(["not_found", "failed_precondition"].includes(error.code), error.code);
  await near.send("hello\n");
  assertEquals(await receiveLines(far), "hello\n");
  await far.send("well\n");
  assertEquals(await receiveLines(near), "well\n");
  assertEquals(far.peer.sharesMemory, false);
});

test("a second offer, and one to the end that offers, are refused", async () => {
  await using pair = await movablePair();
  const { near, far } = pair;
  const offer = sharingOf(far).offer();
  sharingOf(near).join(offer);
  for (const end of [near, far]) {
    assertThrows(() => sharingOf(end).join(offer), DariError, "takes no offer");
  }
  await near.send("hello\n");
  assertEquals(await receiveLines(far), "hello\n");
  assertEquals(far.peer.sharesMemory, true);
});

test("a blob of the longest part of a message, and one byte more, arrive", async () => {
  await using pair = await sharedPair();
  const { near, far } = pair;
  near.takesBlobs = far.takesBlobs = true;
  near.maxLineBytes = far.maxLineBytes = limits.maxLineBytes;
  for (const length of [limits.segmentPartBytes, limits.segmentPartBytes + 1]) {
    const blob = blobOf(length);
    const sent = sendBlob(near, blob);
    assert(isSame(await receiveBlob(far), blob));
    await sent;
  }
});

test("lines longer than a ring go through it", async () => {
  await using pair = await sharedPair();
  const { near, far } = pair;
  far.maxLineBytes = limits.maxLineBytes;
  const line = `${"x".repeat(4 * limits.segmentRingBytes)}\n`;
  const sent = near.send(line);
  assertEquals((await receiveLines(far)) === line, true);
  await sent;
});

test("a doorbell that is asked for while another one is written follows it", async () => {
  let released = Promise.resolve();
  const slowly = (conn: Deno.UnixConn): BellSocket => ({
    read: (into) => conn.read(into),
    write: async (bytes) => {
      const sent = await conn.write(bytes);
      if (bytes.length === 1) await released; // the byte has left, and its writer does not know
      return sent;
    },
    closeWrite: () => conn.closeWrite(),
    close: () => conn.close(),
  });
  await using pair = await movablePair(slowly);
  await move(pair);
  const { near, far } = pair;
  const gate = Promise.withResolvers<void>();
  released = gate.promise;
  for (const line of ["one\n", "two\n"]) {
    const received = far.receive();
    await turns(20); // it sleeps
    await near.send(line);
    if (line === "two\n") gate.resolve();
    assert(await settlesWithin(received.then(() => {}), 10_000), "nobody woke the reader");
    assertEquals(await received, line);
  }
});

test("what was sent before the end is received, and then the end", async () => {
  await using pair = await sharedPair();
  const { near, far } = pair;
  await near.send("one\n");
  await near.send("two\n");
  near.abort();
  assertEquals(await receiveAll(far), "one\ntwo\n");
  await assertRejects(() => far.send("three\n"), TransportError);
});

test("both ends may move and end at once", async () => {
  for (let n = 0; n < 20; n++) {
    await using pair = await movablePair();
    const { near, far } = pair;
    const received = receiveAll(far);
    const moved = move(pair).catch(() => {});
    if (n % 2 === 0) near.abort();
    else far.abort();
    await moved;
    await received.catch(() => {});
  }
});
