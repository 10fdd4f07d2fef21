import { assertEquals } from "@std/assert";
import type { DariError } from "../../../lib/base/errors.ts";
import { limits } from "../../../lib/base/limits.ts";
import { decodeLine } from "../../../lib/protocol/decode.ts";
import { encodeError } from "../../../lib/protocol/encode.ts";
import type { Id, Message } from "../../../lib/protocol/message.ts";
import { ParkedRequests } from "../../../lib/rpc/connection/parked_requests.ts";

/** Parked requests before an outbox that is full until the test drains it. */
function start() {
  const drained = Promise.withResolvers<void>();
  const outbox = {
    isFull: true,
    drained: () => drained.promise,
    flush() {},
    pushed: [] as string[],
    push: (text: string) => void outbox.pushed.push(text),
  };
  const routed: Message[] = [];
  const router = {
    route: (message: Message) => void routed.push(message),
    refuse: ({ id }: { id: Id }, _receivedAt: number, _bytes: number, reason: DariError) =>
      void outbox.push(encodeError(id, reason)),
  };
  const turns: boolean[] = [];
  const dispatcher = {
    beginTurn: (isLate = false) => void turns.push(isLate),
    endTurn: () => undefined,
  };
  const parked = new ParkedRequests(outbox, router, dispatcher);
  return {
    parked,
    outbox,
    routed,
    turns,
    take(line: string, bytes = line.length) {
      parked.take(decodeLine(line, limits), line, 0, bytes);
    },
    drain() {
      outbox.isFull = false;
      drained.resolve();
      return parked.served();
    },
  };
}

const request = (id: number) => `{"jsonrpc":"2.0","id":${id},"method":"add"}`;

Deno.test("what asks for work waits until the outbox drains; what ends waiting does not", async () => {
  const { parked, routed, turns, take, drain } = start();
  const atOnce = [
    '{"jsonrpc":"2.0","id":1,"result":1}',
    '{"jsonrpc":"2.0","id":1,"error":{"code":1,"message":""}}',
    '{"jsonrpc":"2.0","method":"rpc.item","params":{"id":1}}',
    '{"jsonrpc":"2.0","method":"rpc.credit","params":{"id":1,"count":1}}',
    '{"jsonrpc":"2.0","method":"rpc.cancel","params":{"id":1}}',
  ];
  const later = [request(2), '{"jsonrpc":"2.0","method":"note"}', `[${request(3)}]`, "no JSON"];
  for (const line of [...later, ...atOnce]) take(line);
  assertEquals(routed, atOnce.map((line) => decodeLine(line, limits)));
  assertEquals(parked.isEmpty, false);
  await drain();
  assertEquals(routed.slice(atOnce.length), later.map((line) => decodeLine(line, limits)));
  assertEquals([parked.isEmpty, turns], [true, [true]]); // late: deadlines may have passed
  await parked.served();
});

Deno.test("parked requests are full at their bounds in number and in bytes, and not before", async () => {
  const many = start();
  for (let n = 1; n < limits.maxParkedRequests; n++) many.take(request(n));
  assertEquals(many.parked.isFull, false);
  many.take(request(0));
  assertEquals(many.parked.isFull, true);
  many.take(request(7));
  many.take('{"jsonrpc":"2.0","method":"note"}');
  many.take(`[${request(8)}]`);
  assertEquals(
    many.outbox.pushed.map((text) => [JSON.parse(text).id, JSON.parse(text).error.code]),
    [[7, -32005], [null, -32005]],
  );
  const big = start();
  big.take(request(1), limits.maxParkedBytes - 1);
  assertEquals(big.parked.isFull, false);
  big.take(request(1), 1);
  assertEquals(big.parked.isFull, true);
  let rooms = 0;
  big.parked.onRoom = () => rooms++;
  await Promise.resolve();
  assertEquals(rooms, 0);
  await big.drain();
  assertEquals([rooms, big.parked.isFull], [1, false]);
});

Deno.test("a request that is cancelled while it waits is answered so in its turn, and does not run", async () => {
  const { outbox, routed, take, drain } = start();
  take(request(1));
  take(request(2));
  take('{"jsonrpc":"2.0","method":"rpc.cancel","params":{"id":1}}');
  assertEquals([outbox.pushed, routed.length], [[], 1]);
  await drain();
  const [reply = ""] = outbox.pushed;
  assertEquals([JSON.parse(reply).id, JSON.parse(reply).error.data.name], [1, "cancelled"]);
  assertEquals(routed.slice(1), [decodeLine(request(2), limits)]);
});
