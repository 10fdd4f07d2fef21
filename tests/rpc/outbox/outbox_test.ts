import { assertEquals } from "@std/assert";
import { broken } from "../../../lib/transport/connection_error.ts";
import { limits } from "../../../lib/base/limits.ts";
import { turn } from "../../../lib/base/turn.ts";
import { LineWithBytes } from "../../../lib/protocol/line.ts";
import { Outbox } from "../../../lib/rpc/outbox/outbox.ts";
import { SharedBytes } from "../../../lib/rpc/outbox/reply_budget.ts";
import { SlowConnection } from "../../support/slow_connection.ts";

function start(maxUnsent = 10) {
  const connection = new SlowConnection();
  const errors: unknown[] = [];
  const outbox = new Outbox(connection, maxUnsent, (error) => errors.push(error));
  return { connection, errors, outbox };
}

Deno.test("lines that are pushed in one turn leave in one write, in order", async () => {
  const { connection, outbox } = start();
  outbox.push("a");
  outbox.pushRequest("b");
  outbox.push("c");
  assertEquals(connection.sent, []);
  await Promise.resolve();
  assertEquals(connection.sent, ["a\nb\nc\n"]);
});

Deno.test("lines leave at once when they are long together, and the next ones after that write", async () => {
  const { connection, outbox } = start(Infinity);
  const line = "x".repeat(limits.earlyWriteBytes / 2);
  outbox.push(line);
  assertEquals(connection.sent, []);
  outbox.pushRequest(line);
  assertEquals(connection.sent, [`${line}\n${line}\n`]);
  for (const letter of "abcd") outbox.push(letter + line);
  assertEquals(connection.sent.length, 1);
  await connection.finish();
  assertEquals(connection.sent.length, 2);
  assertEquals(connection.sent[1]?.replaceAll("x", ""), "a\nb\nc\nd\n");
});

Deno.test("lines that make more than a record together leave in several writes", async () => {
  const { connection, outbox } = start(Infinity);
  connection.recordBytes = "four\nfour\n".length;
  outbox.push("four");
  outbox.pushRequest("four");
  assertEquals(connection.sent, []);
  outbox.push("c");
  assertEquals(connection.sent, ["four\nfour\n"]);
  outbox.push("longer than a record");
  outbox.push("d");
  assertEquals([outbox.isOwing, outbox.unsentLength], [true, 10 + 2 + 21 + 2]);
  for (let writes = 0; writes < 4; writes++) await connection.finish();
  assertEquals(connection.sent.slice(1), ["c\n", "longer than a record\n", "d\n"]);
  assertEquals([outbox.isOwing, outbox.isEmpty], [false, true]);
});

Deno.test("a long first line waits for the one behind it, where that was asked for", async () => {
  const { connection, outbox } = start();
  const line = "x".repeat(limits.earlyWriteBytes);
  outbox.gather();
  outbox.pushRequest(line);
  assertEquals(connection.sent, []);
  outbox.pushRequest("call");
  assertEquals(connection.sent, [`${line}\ncall\n`]);
  await turn();
  assertEquals(connection.sent.length, 1);
});

Deno.test("what is pushed before the next turn of the event loop leaves in one write, where that was asked for", async () => {
  const { connection, outbox } = start();
  outbox.gather();
  outbox.pushRequest("hello");
  for (let microtask = 0; microtask < 20; microtask++) await Promise.resolve();
  outbox.pushRequest("call");
  assertEquals(connection.sent, []);
  await turn();
  assertEquals(connection.sent, ["hello\ncall\n"]);
});

Deno.test("lines that are pushed during a write leave together after it", async () => {
  const { connection, outbox } = start();
  outbox.push("a");
  outbox.flush();
  outbox.push("b");
  outbox.push("c");
  outbox.flush();
  await Promise.resolve();
  assertEquals(connection.sent, ["a\n"]);
  await connection.finish();
  assertEquals(connection.sent, ["a\n", "b\nc\n"]);
});

Deno.test("raw bytes leave in one write with the line that they belong to, and what is behind it", async () => {
  const { connection, outbox } = start(1_000);
  const withBytes = (text: string, ...blobs: string[]) =>
    new LineWithBytes(text, blobs.map((blob) => new TextEncoder().encode(blob)));
  outbox.push("a");
  outbox.push(withBytes("b", "BB"));
  outbox.push("c");
  outbox.push(withBytes("d", "D", "DDD"));
  outbox.pushRequest("e");
  const { unsentLength } = outbox;
  outbox.flush();
  for (let writes = 0; writes < 3; writes++) {
    assertEquals([connection.sent.length, outbox.isEmpty], [writes + 1, false]);
    await connection.finish();
  }
  assertEquals(connection.sent, ["a\n#2\n<BB>b\nc\n", "#1\n<D>", "#3\n<DDD>d\ne\n"]);
  assertEquals(unsentLength, connection.sent.join("").replace(/[<>]/g, "").length);
  assertEquals([outbox.isOwing, outbox.isEmpty, outbox.unsentLength], [false, true, 0]);
});

Deno.test("what follows raw bytes and fills a write is taken with them", async () => {
  const { connection, outbox } = start(Infinity);
  outbox.push("first");
  outbox.flush(); // while that is under way the others wait
  outbox.push(new LineWithBytes("b", [new TextEncoder().encode("BB")]));
  const line = "x".repeat(limits.maxWriteBytes);
  outbox.push("full");
  outbox.push(line);
  outbox.push("last");
  for (let writes = 0; writes < 4; writes++) await connection.finish();
  assertEquals(connection.sent, ["first\n", "#2\n<BB>b\nfull\n", `${line}\n`, "last\n"]);
  assertEquals([outbox.isOwing, outbox.isEmpty], [false, true]);
});

Deno.test("answers fill an outbox until they are sent, and requests never do", async () => {
  const { connection, outbox } = start(10);
  outbox.pushRequest("x".repeat(100));
  assertEquals([outbox.isFull, outbox.isOwing, outbox.isEmpty], [false, false, false]);
  outbox.push("y".repeat(10));
  assertEquals([outbox.isFull, outbox.isOwing], [true, true]);
  let isDrained = false;
  const drained = outbox.drained().then(() => isDrained = true);
  outbox.flush();
  await Promise.resolve();
  assertEquals([outbox.isFull, isDrained], [true, false]);
  await connection.finish();
  await drained;
  assertEquals([outbox.isFull, outbox.isOwing, outbox.isEmpty], [false, false, true]);
});

Deno.test("drained() waits while answers that came during the write fill the outbox again", async () => {
  const { connection, outbox } = start(10);
  outbox.push("x".repeat(10));
  outbox.flush();
  outbox.push("y".repeat(10));
  let isDrained = false;
  const drained = outbox.drained().then(() => isDrained = true);
  await connection.finish();
  assertEquals(isDrained, false);
  await connection.finish();
  await drained;
});

Deno.test("emptied() resolves once everything is sent", async () => {
  const { connection, outbox } = start();
  await outbox.emptied();
  outbox.push("a");
  let isEmptied = false;
  const emptied = outbox.emptied().then(() => isEmptied = true);
  assertEquals(connection.sent, ["a\n"]);
  outbox.push("b");
  await connection.finish();
  assertEquals([connection.sent, isEmptied], [["a\n", "b\n"], false]);
  await connection.finish();
  await emptied;
});

Deno.test("a write that fails closes the outbox, is told once, and keeps nobody waiting", async () => {
  const { connection, errors, outbox } = start(10);
  outbox.push("x".repeat(10));
  outbox.flush();
  const waiting = [outbox.drained(), outbox.emptied()];
  const error = broken(connection.peer);
  await connection.finish(error);
  await Promise.all(waiting);
  assertEquals(errors, [error]);
  outbox.push("late");
  outbox.flush();
  await Promise.resolve();
  assertEquals([connection.sent.length, outbox.isFull, outbox.isEmpty], [1, false, true]);
});

Deno.test("a closed outbox drops what waits and takes nothing more", async () => {
  const { connection, outbox } = start(10);
  outbox.push("x".repeat(10));
  const waiting = outbox.drained();
  outbox.close();
  await waiting;
  await outbox.drained();
  await outbox.emptied();
  outbox.pushRequest("late");
  await Promise.resolve();
  assertEquals([connection.sent, outbox.isOwing], [[], false]);
});

Deno.test("long text leaves in writes of a bounded length, in order", async () => {
  const { connection, outbox } = start(Infinity);
  const line = "x".repeat(limits.maxWriteBytes / 3);
  for (let n = 0; n < 5; n++) outbox.push(`${n}${line}`);
  outbox.pushRequest("last");
  await Promise.resolve();
  for (let writes = 0; writes < 3; writes++) await connection.finish();
  // The first line leaves at once, and two of the others make a write.
  assertEquals(connection.sent.length, 3);
  const lines = connection.sent.join("").split("\n");
  assertEquals(lines.map((text) => text[0]), ["0", "1", "2", "3", "4", "l", undefined]);
  assertEquals([outbox.isEmpty, outbox.isOwing], [true, false]);
});

Deno.test("what an outbox owes is counted with its server's, from the push until it is sent", async () => {
  const shared = new SharedBytes(limits.freeReplyBytes);
  const connection = new SlowConnection();
  const outbox = new Outbox(connection, 10, () => {}, { shared });
  const long = "x".repeat(limits.freeReplyBytes * 2);
  assertEquals(outbox.refusal(long), undefined);
  outbox.push(long);
  outbox.flush();
  assertEquals([shared.used, outbox.refusal("y")?.code], [
    limits.freeReplyBytes,
    "resource_exhausted",
  ]);
  await connection.finish();
  assertEquals([shared.used, outbox.refusal("y")], [0, undefined]);
  outbox.push(long);
  outbox.close();
  assertEquals(shared.used, 0);
});
