import { assertEquals, assertStringIncludes } from "@std/assert";
import {
  AcceptProbe,
  type AcceptProbeOptions,
} from "../../../../lib/transport/tls/node/accept_probe.ts";
import { soon } from "../../../support/mutual_tls.ts";

/** A probe of a port that accepts when it is told to. */
function startProbe(options: Partial<AcceptProbeOptions> = {}) {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const told: string[] = [];
  let reopened = 0;
  const probe: AcceptProbe = new AcceptProbe({
    at: { host: "127.0.0.1", port: listener.addr.port },
    reopen: () => Promise.resolve(void reopened++),
    tell: (line) => told.push(line),
    everyMs: 2 ** 30, // the test looks itself
    timeoutMs: 100,
    ...options,
  });
  return {
    probe,
    listener,
    told,
    reopened: () => reopened,
    [Symbol.dispose]() {
      probe.close();
      listener.close();
    },
  };
}

Deno.test("a listener that accepts is not opened again, and is not probed while it accepts others", async () => {
  using test = startProbe();
  await test.probe.look(); // it has just been opened
  const looking = test.probe.look();
  const conn = await test.listener.accept();
  test.probe.accepted();
  await soon(looking);
  conn.close();
  assertEquals([test.reopened(), test.told], [0, []]);
  assertEquals(test.probe.isOwn(`127.0.0.1:${(conn.remoteAddr as Deno.NetAddr).port}`), true);
  assertEquals(test.probe.isOwn("127.0.0.1:1"), false);
});

Deno.test("a listener that has stopped accepting is opened again, and again until that works", async () => {
  let attempts = 0;
  using test = startProbe({
    reopen: () => ++attempts < 3 ? Promise.reject(new Error("no descriptor")) : Promise.resolve(),
  });
  await test.probe.look();
  await soon(test.probe.look());
  assertEquals(attempts, 1);
  await test.probe.look();
  await test.probe.look();
  assertEquals(attempts, 3);
  test.probe.accepted();
  await test.probe.look(); // it works again: there is nothing to tell
  assertEquals(test.told.length, 1);
  assertStringIncludes(test.told[0]!, "ran out of descriptors");
});

Deno.test("a probe that finds no descriptor itself tries again later", async () => {
  using test = startProbe({ connect: () => Promise.reject(new Error("too many open files")) });
  await test.probe.look();
  await test.probe.look();
  assertEquals(test.reopened(), 0);
});
