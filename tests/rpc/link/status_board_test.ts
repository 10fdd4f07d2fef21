import { assertEquals } from "@std/assert";
import { limits } from "../../../lib/base/limits.ts";
import { StatusBoard } from "../../../lib/rpc/link/status_board.ts";

const server = {};

Deno.test("StatusBoard tells what is new, of each server and of the whole", async () => {
  const board = new StatusBoard();
  const events = board.events();
  const why = new Error("gone");
  board.server(server, "a", "away", why);
  board.server(server, "a", "connected", undefined);
  board.server(server, "a", "connected", undefined);
  board.whole("connected", undefined);
  board.server(server, "a", "draining", undefined);
  board.server(server, "a", "away", why);
  board.whole("away", why);
  board.server(server, "a", "connected", why);
  board.close();
  assertEquals(
    (await Array.fromAsync(events)).map(({ type, scope, address, error }) =>
      [type, scope, address, error].map((each) => each ?? "-")
    ),
    [
      ["away", "server", "a", why],
      ["connected", "server", "a", "-"],
      ["connected", "client", "-", "-"],
      ["draining", "server", "a", "-"],
      ["away", "server", "a", why],
      ["away", "client", "-", why],
      ["back", "server", "a", "-"],
    ],
  );
});

Deno.test("StatusBoard knows nothing any more of a server that was forgotten", async () => {
  const board = new StatusBoard();
  board.server(server, "a", "connected", undefined);
  board.forget(server);
  const events = board.events();
  board.server(server, "a", "connected", undefined);
  assertEquals((await events.next()).value?.type, "connected");
});

Deno.test("a reader that is slow misses the oldest events, and one that stops misses all", async () => {
  const board = new StatusBoard();
  const slow = board.events(), stopped = board.events();
  await stopped.return?.();
  const most = limits.maxStatusEventsWaiting;
  for (let n = 0; n < most; n++) board.server({}, `${n}`, "connected", undefined);
  board.whole("connected", undefined);
  board.close();
  const events = await Array.fromAsync(slow);
  assertEquals([events.length, events[0]?.address, events.at(-1)?.scope], [most, "1", "client"]);
  assertEquals(await Array.fromAsync(stopped), []);
});

Deno.test("a reader that throws harms no other", async () => {
  const board = new StatusBoard();
  const events = board.events(), other = board.events();
  const reading = (async () => {
    for await (const { type } of events) throw new Error(`thrown at ${type}`);
  })().catch(({ message }) => message);
  board.whole("connected", undefined);
  assertEquals(await reading, "thrown at connected");
  board.whole("away", undefined);
  assertEquals([(await other.next()).value?.type, (await other.next()).value?.type], [
    "connected",
    "away",
  ]);
});
