import { assertEquals, assertRejects } from "@std/assert";
import { limits } from "../../../lib/base/limits.ts";
import { stopServer, untilStopped } from "../../../lib/cli/serving/stopping.ts";
import { FakeTimers } from "../../support/fake_timers.ts";

/** A server that ends when it is told to, and a manager that writes down what it is told. */
function stand(running: number) {
  const shown: string[] = [];
  const told: string[] = [];
  const closing = Promise.withResolvers<void>();
  const server = {
    running,
    drainMs: undefined as number | undefined,
    close(drainMs?: number) {
      this.drainMs = drainMs;
      return closing.promise;
    },
  };
  const manager = {
    stopping: (ms: number) => void told.push(`stopping ${ms}`),
    status: (text: string) => void told.push(text),
    flush: () => Promise.resolve(),
  };
  return {
    server,
    manager,
    shown,
    told,
    end: closing.resolve,
    status: (l: string) => shown.push(l),
  };
}

Deno.test("a server that stops tells every second how many calls it waits for, and for how long", async () => {
  using timers = new FakeTimers();
  const { server, manager, shown, told, end, status } = stand(3);
  const stopped = stopServer(server, { drainMs: 30_000, status, manager });
  timers.advance(limits.drainStatusMs);
  server.running = 1;
  timers.advance(limits.drainStatusMs);
  end();
  await stopped;
  assertEquals(server.drainMs, 30_000);
  assertEquals(shown, [
    "waiting for 3 calls, 30 s at most; Ctrl-C ends them now",
    "waiting for 3 calls, 29 s at most; Ctrl-C ends them now",
    "waiting for 1 call, 28 s at most; Ctrl-C ends them now",
    "",
  ]);
  assertEquals(told, [
    `stopping ${30_000 + limits.stopGraceMs}`,
    "stopping: waiting for 3 calls",
    "stopping: waiting for 3 calls",
    "stopping: waiting for 1 call",
  ]);
  assertEquals(timers.count, 0);
});

Deno.test("a server without calls stops without a word", async () => {
  const { server, manager, shown, end, status } = stand(0);
  end();
  await stopServer(server, { drainMs: 1_000, status, manager });
  assertEquals(shown, []);
});

Deno.test("a server serves until the user asks, or until it cannot go on", async () => {
  const never = new Promise<never>(() => {});
  await untilStopped(AbortSignal.abort(), never);
  const stop = new AbortController();
  const serving = untilStopped(stop.signal, never);
  stop.abort();
  await serving;
  const lost = Promise.reject(new Error("the store is gone"));
  await assertRejects(() => untilStopped(new AbortController().signal, lost), Error, "is gone");
});
