import { assertEquals } from "@std/assert";
import { LiveServer, threadOf } from "../../../lib/ops/methods/live_server.ts";
import { shownConnection } from "../../support/revocation.ts";

const tap = () => ({ [Symbol.dispose]: () => {} });

Deno.test("a live server lists the connections of all its threads, while they serve", async () => {
  const live = new LiveServer();
  assertEquals(await live.connections(), { connections: [], more: 0 });
  const at = (id: string, openedAtMs: number) => ({ ...shownConnection(id), openedAtMs });
  live.add({ connections: () => ({ connections: [at("b", 2)], more: 1 }), tap });
  const remove = live.add({
    connections: () => Promise.resolve({ connections: [at("a", 1), at("c", 3)], more: 2 }),
    tap,
  });
  const { connections, more } = await live.connections({ names: ["alice"] });
  assertEquals([connections.map(({ id }) => id), more], [["a", "b", "c"], 3]);
  remove();
  assertEquals((await live.connections()).connections.map(({ id }) => id), ["b"]);
});

Deno.test("threadOf() passes on whose connections are asked for", async () => {
  const peer = { transport: "tls", address: "192.0.2.1:1" } as const;
  const open = [{ id: "x", peer, principal: null, openedAtMs: 1, calls: [] }];
  const thread = threadOf({ openConnections: open, observe: tap }, {});
  assertEquals((await thread.connections()).connections.length, 1);
  assertEquals((await thread.connections({ names: ["alice"] })).connections, []);
});
