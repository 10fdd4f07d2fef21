import { assertEquals, assertRejects, assertStrictEquals } from "@std/assert";
import { TransportError } from "../../../lib/base/errors.ts";
import type { StatusEvent } from "../../../lib/rpc/link/client_status.ts";
import { OnlyLink } from "../../../lib/rpc/link/picker.ts";
import type { Connection } from "../../../lib/transport/connection.ts";
import { memoryPair } from "../../../lib/transport/memory.ts";
import { FakeServer } from "../../support/far_end.ts";

/** A server that is down until it is started. */
function stoppedServer() {
  const server = new FakeServer();
  let isUp = false;
  let attempts = 0;
  return {
    server,
    attempts: () => attempts,
    start: () => isUp = true,
    dial: (): Promise<Connection> => {
      attempts++;
      if (isUp) return server.dial();
      return Promise.reject(new TransportError("unavailable", "nobody is there"));
    },
  };
}

/** Takes so many events, as text. */
async function take(events: AsyncIterator<StatusEvent>, count: number): Promise<string[]> {
  const taken: string[] = [];
  while (taken.length < count) {
    const { value } = await events.next();
    taken.push(`${value.scope} ${value.type}`);
  }
  return taken;
}

Deno.test("OnlyLink picks its link whether it is connected, idle or closed", async () => {
  const picker = new OnlyLink(new FakeServer());
  const link = picker.pick();
  await picker.connect();
  assertStrictEquals(picker.pick(), link);
  assertEquals(picker.peer?.transport, "memory");
  await picker.close();
  assertStrictEquals(picker.pick(), link);
});

Deno.test("OnlyLink tells of its connection from the first to the last", async () => {
  const server = new FakeServer(["drain"]);
  const picker = new OnlyLink(server, "memory");
  const states = [picker.status.state];
  const events = picker.status.events();
  await picker.connect();
  states.push(picker.status.state);
  assertEquals(await take(events, 2), ["server connected", "client connected"]);
  server.end.connection.abort();
  assertEquals(await take(events, 2), ["server away", "client away"]);
  states.push(picker.status.state);
  assertEquals(picker.status.servers[0]?.error instanceof TransportError, true);
  await picker.connect();
  assertEquals(await take(events, 2), ["server back", "client back"]);
  assertEquals(picker.status.servers.map(({ address, state, error }) => [address, state, error]), [
    ["memory", "connected", undefined],
  ]);
  await picker.close();
  states.push(picker.status.state);
  assertEquals(states, ["idle", "connected", "away", "closed"]);
  assertEquals(await events.next(), { done: true, value: undefined });
});

Deno.test("OnlyLink is draining while its last calls are answered, and away once they are", async () => {
  const server = new FakeServer(["drain"]);
  const picker = new OnlyLink(server);
  const events = picker.status.events();
  await picker.connect();
  const caller = await picker.pick().connect();
  const running = caller.call("slow", {});
  const { id } = await server.end.receive();
  await server.end.send({ method: "rpc.drain", params: { graceMs: 10_000 } });
  assertEquals((await take(events, 4)).slice(2), ["server draining", "client draining"]);
  assertEquals(picker.status.state, "draining");
  await server.end.send({ id, result: 1 });
  assertEquals(await running, 1);
  assertEquals(await take(events, 2), ["server away", "client away"]);
  await picker.close();
});

Deno.test("ready() waits until the server is there, and fails where waiting does not help", async () => {
  const stopped = stoppedServer();
  const picker = new OnlyLink({ dial: stopped.dial, reconnect: { pauseMs: 1, maxPauseMs: 2 } });
  const ready = picker.ready();
  while (stopped.attempts() < 3) await new Promise((resolve) => setTimeout(resolve, 1));
  assertEquals(picker.status.state, "away");
  stopped.start();
  await ready;
  assertEquals(picker.status.state, "connected");
  await picker.close();
  await assertRejects(() => picker.ready(), TransportError, "The client is closed");

  const refused = new TransportError("unavailable", "not valid", { retryable: false });
  const other = new OnlyLink({ dial: () => Promise.reject(refused) });
  await assertRejects(() => other.ready(), TransportError, "not valid");
  const nowhere = new OnlyLink({ dial: stoppedServer().dial });
  const reason = new Error("enough");
  assertStrictEquals(
    await assertRejects(() => nowhere.ready(AbortSignal.abort(reason)), Error),
    reason,
  );
});

Deno.test("an iteration of events ends with its signal, and drops the oldest of too many", async () => {
  const picker = new OnlyLink({ dial: () => Promise.resolve(memoryPair()[0]) });
  const controller = new AbortController();
  const events = picker.status.events({ signal: controller.signal });
  const waiting = events.next();
  controller.abort();
  assertEquals([(await waiting).done, (await events.next()).done], [true, true]);
  const ended = picker.status.events({ signal: AbortSignal.abort() });
  assertEquals((await ended.next()).done, true);
  await picker.close();
  assertEquals((await picker.status.events().next()).done, true);
});
