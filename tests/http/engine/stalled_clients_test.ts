import { assertEquals } from "@std/assert";
import { StalledClients } from "../../../lib/http/engine/stalled_clients.ts";

/** A timer that the test lets go off. */
class Timer {
  callback: (() => void) | undefined;

  readonly schedule = (_ms: number, callback: () => void) => {
    this.callback = callback;
    return () => void (this.callback = undefined);
  };

  fire(): void {
    this.callback?.();
  }
}

class Connection {
  writableLength = 0;
  bytesWritten = 0;
  isCut = false;

  destroy(): void {
    this.isCut = true;
  }
}

Deno.test("StalledClients cuts who takes nothing between two looks while something waits", () => {
  const timer = new Timer();
  const clients = new StalledClients(1_000, timer.schedule);
  const [idle, reading, stalled] = [new Connection(), new Connection(), new Connection()];
  for (const each of [idle, reading, stalled]) clients.add(each);
  const cut = () => [idle, reading, stalled].map(({ isCut }) => isCut);
  reading.writableLength = stalled.writableLength = 10;
  timer.fire();
  assertEquals(cut(), [false, false, false]); // they may have begun a moment ago
  reading.bytesWritten++;
  timer.fire();
  assertEquals(cut(), [false, false, true]);
});

Deno.test("StalledClients begins anew where nothing has waited in between", () => {
  const timer = new Timer();
  const clients = new StalledClients(1_000, timer.schedule);
  const client = new Connection();
  clients.add(client);
  for (const waiting of [10, 0, 10]) {
    client.writableLength = waiting;
    timer.fire();
  }
  assertEquals(client.isCut, false);
  timer.fire();
  assertEquals(client.isCut, true);
});

Deno.test("StalledClients has a timer only while there are connections", () => {
  const timer = new Timer();
  const clients = new StalledClients(1_000, timer.schedule);
  const client = new Connection();
  clients.add(client);
  timer.fire();
  assertEquals(typeof timer.callback, "function");
  clients.delete(client);
  assertEquals(timer.callback, undefined);
});
