import { assert, assertEquals, assertMatch } from "@std/assert";
import { limits } from "../../lib/base/limits.ts";
import { openDatagrams } from "../../lib/ops/datagrams.ts";
import { ServiceNotifier } from "../../lib/ops/service_notifier.ts";
import { FakeTimers } from "../support/fake_timers.ts";
import { openNotifySocket } from "../support/notify_socket.ts";
import { tempDirectory } from "../support/temp.ts";

const ignore = Deno.build.os !== "linux";

function managerOf(env: Record<string, string>, told: string[] = []) {
  return ServiceNotifier.open({
    env: (name) => env[name],
    pid: 7,
    tell: (line) => void told.push(line),
  });
}

for (const kind of ["path", "abstract name"]) {
  Deno.test({
    name:
      `a service tells systemd when it is ready, reloads and stops, over a socket with a ${kind}`,
    ignore,
    async fn() {
      await using directory = await tempDirectory();
      const path = kind === "path" ? `${directory.path}/notify` : `@dari-${crypto.randomUUID()}`;
      await using socket = await openNotifySocket(path);
      using manager = managerOf({ NOTIFY_SOCKET: path });
      manager.ready("listening on\ntls://localhost:9090");
      manager.reloading();
      manager.status("waiting");
      manager.stopping(1_500);
      await manager.flush();
      await socket.waitFor("STOPPING=1");
      const [ready, reloading, status, stopping] = socket.received.map(({ fields }) => fields);
      assertEquals(ready, ["READY=1", "STATUS=listening on tls://localhost:9090"]);
      assertEquals(reloading?.[0], "RELOADING=1");
      assertMatch(reloading?.[1] ?? "", /^MONOTONIC_USEC=\d+$/);
      assertEquals(status, ["STATUS=waiting"]);
      assertEquals(stopping, ["STOPPING=1", "EXTEND_TIMEOUT_USEC=1500000"]);
      assert(socket.received.every(({ pid }) => pid === Deno.pid));
    },
  });
}

/**
 * Hears what services say while time passes where the test lets it.
 *
 * @param say Has them say it, over the socket at a path.
 * @param last How a field of the last message begins.
 * @param isAll Whether all was heard that may come behind it.
 * @returns What was heard; nothing is left running.
 */
async function heardInTime(
  say: (path: string, timers: FakeTimers) => Promise<void>,
  last: string,
  isAll: (said: readonly (readonly string[])[]) => boolean = () => true,
): Promise<readonly (readonly string[])[]> {
  await using directory = await tempDirectory();
  const path = `${directory.path}/notify`;
  await using socket = await openNotifySocket(path);
  using timers = new FakeTimers();
  const unref = Deno.unrefTimer;
  Deno.unrefTimer = () => {};
  try {
    await say(path, timers);
  } finally {
    Deno.unrefTimer = unref;
  }
  assertEquals(timers.count, 0);
  timers[Symbol.dispose]();
  await socket.waitFor(last);
  const said = () => socket.received.map(({ fields }) => fields);
  while (!isAll(said())) await socket.waitFor("", socket.received.length);
  return said();
}

Deno.test({
  name: "a service that is watched gives a sign of life in half of the time, from ready on",
  ignore,
  async fn() {
    const signsIn = (said: readonly (readonly string[])[]) =>
      said.filter(([field]) => field === "WATCHDOG=1").length;
    const said = await heardInTime(
      async (path, timers) => {
        const watched = { NOTIFY_SOCKET: path, WATCHDOG_USEC: "3000000" };
        using manager = managerOf({ ...watched, WATCHDOG_PID: "7" });
        timers.advance(3_000);
        manager.ready("up");
        manager.ready("up again");
        timers.advance(3_000 * limits.watchdogShare * 2);
        using _other = managerOf({ ...watched, WATCHDOG_PID: "8" });
        _other.ready("of another process");
        timers.advance(3_000 * limits.watchdogShare);
        await manager.flush();
      },
      "STATUS=of another",
      (said) => signsIn(said) >= 3,
    );
    assertEquals(signsIn(said), 3);
  },
});

Deno.test({
  name: "a service that starts asks for more time, until it is ready",
  ignore,
  async fn() {
    const said = await heardInTime(async (path, timers) => {
      using manager = managerOf({ NOTIFY_SOCKET: path });
      timers.advance(2 * limits.serviceStartingMs);
      manager.ready("up");
      timers.advance(2 * limits.serviceStartingMs);
      manager.status("the last");
      using _given_up = managerOf({ NOTIFY_SOCKET: path });
      await manager.flush();
    }, "STATUS=the last");
    const asked = [`EXTEND_TIMEOUT_USEC=${1_000 * limits.serviceStartExtensionMs}`];
    assertEquals(said, [asked, asked, ["READY=1", "STATUS=up"], ["STATUS=the last"]]);
  },
});

Deno.test("without a service manager nothing is said, and a socket that is not there is told of once", async () => {
  using nobody = managerOf({ WATCHDOG_USEC: "1000" });
  nobody.ready("up");
  await nobody.flush();
  const told: string[] = [];
  using lost = managerOf({ NOTIFY_SOCKET: "/nowhere/notify" }, told);
  lost.ready("up");
  lost.status("up");
  await lost.flush();
  assertEquals(told.length, 1);
  assertMatch(told[0] ?? "", /^systemd is not told of this service/);
});

Deno.test({
  name: "a path that is longer than a socket's is refused by name",
  ignore,
  fn() {
    const told: string[] = [];
    using _manager = managerOf({ NOTIFY_SOCKET: `/${"x".repeat(200)}` }, told);
    assertMatch(told[0] ?? "", /is longer than the path of a socket may be/);
    const datagrams = openDatagrams("@dari");
    assert((datagrams.monotonicUs() ?? 0n) > 0n);
    datagrams.close();
  },
});
