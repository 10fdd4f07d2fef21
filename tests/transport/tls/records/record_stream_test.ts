import { assert, assertEquals, assertRejects } from "@std/assert";
import { limits } from "../../../../lib/base/limits.ts";
import {
  MAX_SEALED_BYTES,
  RecordCipher,
} from "../../../../lib/transport/tls/records/record_cipher.ts";
import { RecordReader } from "../../../../lib/transport/tls/records/record_reader.ts";
import { loadSodium } from "../../../../lib/transport/tls/records/sodium.ts";
import { bytePipe, type Tap } from "../../../support/byte_pipe.ts";
import { readAll, recordPair, secret, writeAll } from "../../../support/record_pair.ts";

const text = (words: string) => new TextEncoder().encode(words);
const FORGED = "a record was forged, changed, left out or sent again (bad_record_mac)";
const CUT = "the connection was cut off before the other side ended it";
const NO_RECORD = "what came is no record (unexpected_message)";

/** Sends three records through somebody, and gives what was read before reading failed, and why. */
async function through(tap: Tap): Promise<[found: string, reason: string]> {
  const { near, far, ends } = await recordPair(tap);
  for (const words of ["one", "two", "three"]) await near.write(text(words));
  await near.closeWrite();
  const memory = new Uint8Array(1_000);
  let found = "";
  try {
    for (let n = await far.read(memory); n !== null; n = await far.read(memory)) {
      found += new TextDecoder().decode(memory.subarray(0, n));
    }
  } catch (error) {
    assert(ends[1].isClosed, "a stream that failed is closed");
    await assertRejects(() => far.read(memory), Error, (error as Error).message);
    await assertRejects(() => far.write(text("x")), Error, (error as Error).message);
    return [found, (error as Error).message];
  }
  return [found, "end"];
}

Deno.test("a record stream carries bytes of any length both ways, and each side ends by itself", async () => {
  const { near, far } = await recordPair();
  const { shortRecordBytes: short, recordBytes, recordPieceBytes: piece } = limits;
  for (const length of [1, short, short + 1, recordBytes, recordBytes + 1, piece, piece + 1]) {
    const bytes = new Uint8Array(length).map((_, at) => at * at);
    assertEquals(await near.write(bytes), Math.min(length, piece));
    if (length > piece) await near.write(bytes.subarray(piece));
    const memory = new Uint8Array(length);
    for (let at = 0; at < length;) at += (await far.read(memory.subarray(at)))!;
    assertEquals(memory, bytes);
  }
  await near.closeWrite();
  assertEquals(await far.read(new Uint8Array(1)), null);
  await writeAll(far, text("still"));
  await far.closeWrite();
  assertEquals(await readAll(near), [...text("still")]);
  await assertRejects(() => near.write(text("x")), Error, "it was closed");
});

Deno.test("a read that has room for part of a record gives the rest to the next ones", async () => {
  const { near, far } = await recordPair();
  await near.write(text("abcdefg"));
  await near.write(text("hij"));
  await near.closeWrite();
  assertEquals(await readAll(far, new Uint8Array(3)), [...text("abcdefghij")]);
});

Deno.test("writes at once leave in their order, each record with its number", async () => {
  const { near, far } = await recordPair();
  const parts = Array.from({ length: 20 }, (_, at) => text(`${at};`));
  await Promise.all([...parts.map((part) => near.write(part)), near.closeWrite()]);
  assertEquals(await readAll(far), parts.flatMap((part) => [...part]));
});

Deno.test("a byte that was changed anywhere ends the stream, and nothing of its record is read", async () => {
  let length = 0;
  await through((bytes) => [bytes.subarray(0, length ||= bytes.length)]);
  for (let at = 0; at < length; at++) {
    let count = 0;
    const [found, reason] = await through((bytes) => {
      if (count++ === 1) bytes[at]! ^= 1;
      return [bytes];
    });
    assertEquals(found, "one");
    // The length of a record is not protected by itself: what follows is taken for part of it, or missed.
    const reasons = at === 0 ? [NO_RECORD] : [FORGED, CUT, "record_overflow", NO_RECORD];
    assert(reasons.some((expected) => reason.includes(expected)), `${at}: ${reason}`);
  }
});

Deno.test("records that are sent again, left out, in another order or from elsewhere end the stream", async () => {
  const sent: Uint8Array[] = [];
  const keep = (bytes: Uint8Array) => void sent.push(bytes);
  const again = await through((bytes) => sent.push(bytes) === 2 ? [bytes, sent[0]!] : [bytes]);
  assertEquals(again, ["onetwo", FORGED]);
  let count = 0;
  assertEquals(await through((bytes) => count++ === 1 ? [] : [bytes]), ["one", FORGED]);
  sent.length = 0;
  const swapped = await through((bytes) => {
    keep(bytes);
    if (sent.length === 1) return [];
    return sent.length === 2 ? [bytes, sent[0]!] : [bytes];
  });
  assertEquals(swapped, ["", FORGED]);
  count = 0;
  assertEquals(await through((bytes) => count++ === 0 ? [sent[0]!, bytes] : [bytes]), ["", FORGED]);
});

Deno.test("what one end sent is not taken for what the other end sends", async () => {
  const echoes: Uint8Array[] = [];
  const { near, ends } = await recordPair((bytes) => {
    echoes.push(bytes);
    return [];
  });
  await near.write(text("mine"));
  await ends[1].write(echoes[0]!);
  await assertRejects(() => near.read(new Uint8Array(10)), Error, FORGED);
});

Deno.test("a stream that is cut at any place fails, and an end that close_notify tells does not", async () => {
  assertEquals(await through((bytes) => [bytes]), ["onetwothree", "end"]);
  let total = 0;
  await through((bytes) => (total += bytes.length, [bytes]));
  for (let cut = 0; cut < total; cut++) {
    let passed = 0;
    const [found, reason] = await through((bytes) => {
      const rest = Math.max(0, Math.min(bytes.length, cut - passed));
      passed += rest;
      return rest === bytes.length ? [bytes] : [bytes.subarray(0, rest), null];
    });
    assertEquals([reason, "onetwothree".startsWith(found)], [CUT, true]);
  }
});

Deno.test("what is behind close_notify is not read", async () => {
  const sent: Uint8Array[] = [];
  const result = await through((bytes) => sent.push(bytes) === 4 ? [bytes, sent[0]!] : [bytes]);
  assertEquals(result, ["onetwothree", "end"]);
});

Deno.test("a record may be as long as recordBytes, and one that says it is longer is not waited for", async () => {
  const header = (length: number) => Uint8Array.of(23, 3, 3, length >>> 8, length & 0xff);
  const [near, far] = bytePipe();
  const sodium = await loadSodium();
  const reading = (bytes: Uint8Array) => {
    near.write(bytes);
    return new RecordReader(far, new RecordCipher(sodium, secret())).read(new Uint8Array(10));
  };
  const long = new Uint8Array(5 + MAX_SEALED_BYTES);
  long.set(header(MAX_SEALED_BYTES));
  await assertRejects(() => reading(long), Error, FORGED);
  await assertRejects(() => reading(header(MAX_SEALED_BYTES + 1)), Error, "record_overflow");
  await assertRejects(() => reading(header(16)), Error, NO_RECORD); // no room for type and tag
  await assertRejects(() => reading(Uint8Array.of(22, 3, 3, 0, 40)), Error, NO_RECORD);
});

/** A reader of one record that somebody with the key made. */
async function readMade(type: number, content: Uint8Array): Promise<number[]> {
  const [near, far] = bytePipe();
  const sodium = await loadSodium();
  const bytes = secret();
  const record = new Uint8Array(content.length + 22);
  new RecordCipher(sodium, bytes.slice()).seal(type, content, record);
  await near.write(record);
  await near.closeWrite();
  const found: number[] = [];
  const reader = new RecordReader(far, new RecordCipher(sodium, bytes));
  const memory = new Uint8Array(100);
  const n = await reader.read(memory);
  return n === null ? found : [...memory.subarray(0, n)];
}

Deno.test("zeros may fill a record up, and other types and alerts end the stream", async () => {
  // The type is the last byte that is not zero (RFC 8446 section 5.4).
  assertEquals(await readMade(0, Uint8Array.of(1, 2, 23, 0, 0)), [1, 2]);
  assertEquals(await readMade(21, Uint8Array.of(1, 0)), []);
  await assertRejects(() => readMade(21, Uint8Array.of(2, 80)), Error, "TLS alert 80");
  for (const [type, ...content] of [[0, 0, 0], [22, 1], [21, 1], [24]]) {
    const read = () => readMade(type!, Uint8Array.from(content));
    await assertRejects(read, Error, "type that is not known");
  }
});

Deno.test("close forgets the keys, ends what waits, and tells the other side nothing false", async () => {
  const { near, far, ends, secrets } = await recordPair();
  let closed = 0;
  near.onClose = () => void closed++;
  const waiting = assertRejects(() => near.read(new Uint8Array(1)), Error, "it was closed");
  near.close();
  near.close();
  await waiting;
  assertEquals([closed, ends[0].isClosed], [1, true]);
  assertEquals(secrets.map((bytes) => bytes.every((byte) => byte === 0)), [true, true]);
  await assertRejects(() => near.write(text("x")), Error, "it was closed");
  await assertRejects(() => far.read(new Uint8Array(1)), Error, CUT);
});

Deno.test("a stream that is cut says why, and throws away what waits", async () => {
  const { near, far } = await recordPair();
  await near.write(text("abc"));
  assertEquals(await far.read(new Uint8Array(1)), 1);
  far.cut("the certificate was revoked");
  await assertRejects(() => far.read(new Uint8Array(1)), Error, "the certificate was revoked");
  await assertRejects(() => far.write(text("x")), Error, "the certificate was revoked");
  await assertRejects(() => near.write(text("x")), Error, "it is closed");
  await assertRejects(() => near.read(new Uint8Array(1)), Error, CUT);
});

Deno.test("nothing follows half a record, and what the other side said before it went is read", async () => {
  const { near, far, ends } = await recordPair();
  await far.write(text("no, because"));
  await far.closeWrite();
  let writes = 0;
  ends[0].write = () => ++writes === 1 ? Promise.resolve(3) : Promise.reject(new Error("no room"));
  const writing = [near.write(text("abc")), near.write(text("def")), near.closeWrite()];
  const results = await Promise.allSettled(writing);
  const reasons = results.map((result) => result.status === "rejected" && result.reason.message);
  assertEquals([writes, ...reasons], [2, "no room", "no room", "no room"]);
  assertEquals(await readAll(near), [...text("no, because")]);
});

Deno.test("the first record of a client must be the empty one", async () => {
  const { near, far } = await recordPair();
  await near.greet();
  await far.expectGreeting();
  const other = await recordPair();
  await other.near.write(text("x"));
  await assertRejects(
    () => other.far.expectGreeting(),
    Error,
    "the first record was not the empty",
  );
  const ended = await recordPair();
  await ended.near.closeWrite();
  await assertRejects(
    () => ended.far.expectGreeting(),
    Error,
    "the first record was not the empty",
  );
  const cut = await recordPair();
  cut.near.close();
  await assertRejects(() => cut.far.expectGreeting(), Error, CUT);
});
