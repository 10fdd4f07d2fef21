import { assert, assertEquals, assertRejects } from "@std/assert";
import { openIdentity } from "../../../lib/auth/sign_in/identity.ts";
import { DariError } from "../../../lib/base/errors.ts";
import type { Store } from "../../../lib/store/store.ts";
import { ITERATIONS, PASSWORD, peer, testIdentity } from "../../support/identity.ts";
import { interruptedStore } from "../../support/interrupted_store.ts";

Deno.test("a sign-in that nobody waits for any more is not derived, not counted, and makes no session", async () => {
  await using test = await testIdentity();
  const { gate } = test.identity;
  const changes: string[] = [];
  using _watch = test.store.watch("", (change) => {
    if (change.kind === "put") changes.push(change.entry.key.split("/")[0] ?? "");
  });
  const gone = new AbortController();
  const params = { username: "alice", password: PASSWORD };
  const ask = (signal?: AbortSignal) =>
    gate.signIn("rpc.login", params, { peer, connectionId: "c", signal });
  const first = ask();
  const abandoned = Array.from({ length: 10 }, () => ask(gone.signal));
  gone.abort(new DariError("unavailable", "The connection has ended"));
  await Promise.all(
    abandoned.map((each) => assertRejects(() => each, DariError, "has ended")),
  );
  await first;
  assertEquals(changes, ["lockout", "session", "sign-in", "lockout"]);
  assertEquals((await test.identity.sessions.list()).length, 1);
});

Deno.test("a sign-in that leaves the queue for a core is neither derived nor counted", async () => {
  await using test = await testIdentity();
  const attempt = (username: string, signal?: AbortSignal) =>
    test.identity.gate.signIn("rpc.login", { username, password: "a wrong password" }, {
      peer,
      connectionId: username,
      signal,
    }).catch(({ code }) => code);
  const gone = new AbortController();
  const cores = Array.from(
    { length: navigator.hardwareConcurrency },
    (_, i) => attempt(`core${i}`),
  );
  const waiting = Array.from({ length: 5 }, (_, i) => attempt(`left${i}`, gone.signal));
  // All of them have come as far as the queue.
  await Promise.resolve();
  gone.abort(new DariError("cancelled", "The client has left"));
  assertEquals(new Set(await Promise.all(waiting)), new Set(["cancelled"]));
  await Promise.all(cores);
  assertEquals((await test.store.list("lockout/")).length, cores.length);
});

Deno.test("a sign-in abandoned at any moment leaves no session behind", async () => {
  let made = 0;
  for (let at = 0;; at++) {
    await using test = await testIdentity();
    const interrupted = interruptedStore(test.store);
    using identity = await openIdentity(interrupted.store, {
      clock: test.clock,
      passwords: { iterations: ITERATIONS },
    });
    const gone = new AbortController();
    using _watch = test.store.watch("session/", ({ kind }) => {
      if (kind === "put" && gone.signal.aborted) made++;
    });
    interrupted.arm(at, () => {
      gone.abort(new DariError("unavailable", "The connection has ended"));
      return Promise.resolve();
    });
    const context = { peer, connectionId: "c", signal: gone.signal };
    const params = { username: "alice", password: PASSWORD };
    const outcome = identity.gate.signIn("rpc.login", params, context);
    if (await outcome.then(() => true, () => false)) {
      assert(!interrupted.hasActed && at >= 4, `${at} moments`);
      // Only the one that was abandoned when its write had begun.
      assertEquals(made, 1);
      return;
    }
    assertEquals(await test.identity.sessions.list(), [], `at moment ${at}`);
    // The password was right, so nothing counts against the account.
    const [count] = await test.store.list("lockout/");
    assertEquals(JSON.parse(count?.value ?? '{"failures":0}').failures, 0, `at moment ${at}`);
  }
});

Deno.test("attempts that the store could not finish lock nobody out", async () => {
  await using test = await testIdentity();
  const broken: Store = Object.create(test.store);
  broken.batch = (operations) =>
    operations.some(({ key }) => key.startsWith("session/"))
      ? Promise.reject(new DariError("io", "The disk is full"))
      : test.store.batch(operations);
  for (const name of ["get", "put", "delete", "list", "watch"] as const) {
    // deno-lint-ignore no-explicit-any
    broken[name] = (test.store[name] as any).bind(test.store);
  }
  using identity = await openIdentity(broken, {
    clock: test.clock,
    passwords: { iterations: ITERATIONS },
  });
  const params = { username: "alice", password: PASSWORD };
  for (let i = 0; i < 6; i++) {
    await assertRejects(
      () => identity.gate.signIn("rpc.login", params, { peer, connectionId: "c" }),
      DariError,
      "disk is full",
    );
  }
  assertEquals((await test.identity.accounts.get("alice")).lockedUntilMs, undefined);
});
