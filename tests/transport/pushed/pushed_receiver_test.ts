import { assert, assertEquals, assertRejects } from "@std/assert";
import { TransportError } from "../../../lib/base/errors.ts";
import { limits } from "../../../lib/base/limits.ts";
import { checkUnread, PushedReceiver } from "../../../lib/transport/pushed/pushed_receiver.ts";

const peer = { transport: "wss", address: "far" } as const;

Deno.test("PushedReceiver gives each piece to the receive that waits, and to no other", async () => {
  const receiver = new PushedReceiver(peer);
  receiver.give("nobody waits\n");
  const first = receiver.wait();
  assert(receiver.isWaiting);
  receiver.give("first\n");
  assert(!receiver.isWaiting);
  const second = receiver.wait();
  receiver.give(new Uint8Array([2]));
  assertEquals(await first, "first\n");
  assertEquals(await second, new Uint8Array([2]));
});

Deno.test("PushedReceiver tells the first reason of a break, to who waits and to who comes later", async () => {
  const receiver = new PushedReceiver(peer);
  const waiting = assertRejects(() => receiver.wait(), TransportError, "far is closed: first");
  receiver.end(new Error("first"));
  receiver.end(new Error("second"));
  await waiting;
  await receiver.over;
  assert(receiver.isOver && !receiver.isWaiting);
  await assertRejects(() => receiver.wait(), TransportError, "far is closed: first");
  assertEquals(receiver.broken().code, "unavailable");
});

Deno.test("PushedReceiver ends in order where the other side or this one closed", async () => {
  const far = new PushedReceiver(peer);
  const waiting = far.wait();
  far.end();
  assertEquals(await waiting, null);
  const near = new PushedReceiver(peer);
  near.isClosed = true;
  near.end(new Error("reset"));
  assertEquals(await near.wait(), null);
});

Deno.test("checkUnread() refuses what is beyond the bound, and says which", () => {
  const most = 64 + limits.maxUnreadBytesBeyondLine;
  assertEquals(checkUnread(most, 64), undefined);
  const error = checkUnread(most + 1, 64);
  assertEquals(error?.code, "resource_exhausted");
  assertEquals(
    error?.message,
    `The other side sent more than ${most} bytes before they were asked for`,
  );
});

Deno.test("PushedReceiver gives pieces to a taker until it wants no more, and then an empty text", async () => {
  const receiver = new PushedReceiver(peer);
  const taken: unknown[] = [];
  const waiting = receiver.wait((piece) => taken.push(piece) < 2);
  for (const piece of ["1\n", "2\n", "3\n"]) receiver.give(piece);
  assertEquals([await waiting, taken, receiver.isWaiting], ["", ["1\n", "2\n"], false]);
});

Deno.test("PushedReceiver takes no piece beyond maxTakenAtOnceLength in the same turn", async () => {
  const receiver = new PushedReceiver(peer);
  const taken: number[] = [];
  const most = "x".repeat(limits.maxTakenAtOnceLength);
  const waiting = receiver.wait((piece) => taken.push(piece.length) > 0);
  receiver.give(most);
  receiver.give(most + "x");
  assertEquals([(await waiting)?.length, taken], [most.length + 1, [most.length]]);
});
