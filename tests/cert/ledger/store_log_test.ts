import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { DariError } from "../../../lib/base/errors.ts";
import { limits } from "../../../lib/base/limits.ts";
import { openStoreLedger } from "../../../lib/cert/ledger/ledger.ts";
import { openRevocations } from "../../../lib/cert/ledger/revocations.ts";
import { createMemoryStore, openSqliteStore, type Store } from "../../../lib/store/mod.ts";
import { TestClock } from "../../support/clock.ts";
import { interruptedStore } from "../../support/interrupted_store.ts";
import { facts } from "../../support/ledgers.ts";
import { tempDirectory } from "../../support/temp.ts";

/** A store whose reads can be made to fail or to hang. */
function unreliable(beneath: Store) {
  const state = { read: (): Promise<void> => Promise.resolve() };
  const store: Store = {
    get: (key) => state.read().then(() => beneath.get(key)),
    list: (prefix) => state.read().then(() => beneath.list(prefix)),
    put: (...args) => beneath.put(...args),
    delete: (...args) => beneath.delete(...args),
    batch: (operations) => beneath.batch(operations),
    watch: (prefix, listener) => beneath.watch(prefix, listener),
    close: () => beneath.close(),
    [Symbol.asyncDispose]: () => beneath[Symbol.asyncDispose](),
  };
  return { store, state };
}

Deno.test("StoreLog decides again when another writer comes between, and loses neither", async () => {
  for (let moment = 0;; moment++) {
    await using beneath = createMemoryStore();
    await openStoreLedger(beneath).recordIssued({ ...facts, serial: "1" });
    const interrupted = interruptedStore(beneath);
    const rival = () => openStoreLedger(beneath).revoke("1").then(() => {}, () => {});
    interrupted.arm(moment, rival);
    const ledger = openStoreLedger(interrupted.store);
    const own = await ledger.revoke("1", "keyCompromise").then(() => "taken", ({ code }) => code);
    if (!interrupted.hasActed) break;
    const entries = await openStoreLedger(beneath).entries();
    assertEquals(own, entries[0]?.revoked?.reason === "keyCompromise" ? "taken" : "already_exists");
    assertEquals((await beneath.list("ledger/event/")).length, 2);
    assertEquals(await ledger.entries(), entries);
  }
});

Deno.test("StoreLog gives up after as many attempts as its bound says", async () => {
  await using beneath = createMemoryStore();
  let attempts = 0;
  const store: Store = {
    ...unreliable(beneath).store,
    batch() {
      attempts++;
      return Promise.reject(new DariError("failed_precondition", "another writer was faster"));
    },
  };
  const { setTimeout } = globalThis;
  // The pauses between the attempts take no time here.
  globalThis.setTimeout = ((callback: () => void) => queueMicrotask(callback)) as never;
  try {
    const record = () => openStoreLedger(store).recordIssued({ ...facts, serial: "1" });
    assertEquals((await assertRejects(record, DariError)).code, "unavailable");
  } finally {
    globalThis.setTimeout = setTimeout;
  }
  assertEquals(attempts, limits.maxStoreUpdateAttempts);
});

Deno.test("StoreLog refuses a ledger with a gap", async () => {
  await using store = createMemoryStore();
  const ledger = openStoreLedger(store);
  for (const serial of ["1", "2", "3"]) await ledger.recordIssued({ ...facts, serial });
  await store.delete("ledger/event/0000000002");
  const error = await assertRejects(
    () => openStoreLedger(store).entries(),
    DariError,
    "Event 2 of the ledger in the store is missing",
  );
  assertEquals(error.code, "data");
});

Deno.test("a follower refuses to answer once an event it has seen is gone", async () => {
  await using store = createMemoryStore();
  const ledger = openStoreLedger(store);
  await ledger.recordIssued({ ...facts, serial: "1" });
  await ledger.revoke("1");
  using revocations = await openRevocations(ledger);
  await store.delete("ledger/event/0000000002"); // without it, 1 would be valid again
  await assertRejects(() => revocations.refresh(), DariError, "is missing");
  assertThrows(() => revocations.isRevoked("1"), DariError, "is missing");
});

Deno.test("a follower refuses to answer while the store cannot be read, and recovers", async () => {
  await using beneath = createMemoryStore();
  const { store, state } = unreliable(beneath);
  const clock = new TestClock();
  const ledger = openStoreLedger(store, { clock });
  await ledger.recordIssued({ ...facts, serial: "1" });
  using revocations = await openRevocations(ledger, clock);
  state.read = () => Promise.reject(new DariError("io", "the disk is gone"));
  await assertRejects(() => revocations.refresh(), DariError, "the disk is gone");
  assertThrows(() => revocations.isRevoked("1"), DariError, "the disk is gone");
  state.read = () => Promise.resolve();
  await revocations.refresh();
  assert(!revocations.isRevoked("1"));
});

Deno.test("a follower refuses to answer once the store has not answered for a second", async () => {
  await using beneath = createMemoryStore();
  const { store, state } = unreliable(beneath);
  const clock = new TestClock();
  const ledger = openStoreLedger(store, { clock });
  await ledger.recordIssued({ ...facts, serial: "1" });
  using revocations = await openRevocations(ledger, clock);
  const { promise, resolve } = Promise.withResolvers<void>();
  state.read = () => promise;
  clock.advance(250);
  assert(!revocations.isRevoked("1")); // asks the store behind the caller's back
  clock.advance(999);
  assert(!revocations.isRevoked("1"));
  clock.advance(1);
  assertEquals(assertThrows(() => revocations.isRevoked("1"), DariError).code, "unavailable");
  resolve();
  await revocations.refresh();
  assert(!revocations.isRevoked("1"));
});

Deno.test("the last follower that ends ends the watch", async () => {
  await using beneath = createMemoryStore();
  let watches = 0;
  const store: Store = {
    ...unreliable(beneath).store,
    watch(prefix, listener) {
      watches++;
      const watch = beneath.watch(prefix, listener);
      return {
        look: () => watch.look(),
        [Symbol.dispose]() {
          watches--;
          watch[Symbol.dispose]();
        },
      };
    },
  };
  const ledger = openStoreLedger(store);
  {
    // At once: both find that nobody watches yet.
    const [one, other] = await Promise.all([openRevocations(ledger), openRevocations(ledger)]);
    using _one = one;
    {
      using _other = other;
      assertEquals(watches, 1);
    }
    assertEquals(watches, 1, "the first one has not ended");
  }
  assertEquals(watches, 0);
});

Deno.test("a follower that hears of an event and not of the one before reads both at once", async () => {
  await using beneath = createMemoryStore();
  const store: Store = {
    ...unreliable(beneath).store,
    watch: (prefix, listener) =>
      beneath.watch(prefix, (change) => {
        if (change.kind !== "put" || !change.entry.key.endsWith("2")) listener(change);
      }),
  };
  const clock = new TestClock();
  const writer = openStoreLedger(beneath);
  await writer.recordIssued({ ...facts, serial: "1" });
  using revocations = await openRevocations(openStoreLedger(store, { clock }), clock);
  await writer.revoke("1"); // the event 2, of which nothing is heard
  assert(!revocations.isRevoked("1"));
  await writer.recordIssued({ ...facts, serial: "2" });
  await new Promise((resolve) => setTimeout(resolve)); // no time passes by the ledger's clock
  assert(revocations.isRevoked("1"));
});

Deno.test("a follower finds the store that is made after it began", async () => {
  await using store = createMemoryStore();
  let isThere = false;
  const clock = new TestClock();
  const reader = openStoreLedger(() => Promise.resolve(isThere ? store : null), { clock });
  using revocations = await openRevocations(reader, clock);
  isThere = true;
  const writer = openStoreLedger(store);
  await writer.recordIssued({ ...facts, serial: "1" });
  clock.advance(250);
  await revocations.refresh();
  await writer.revoke("1");
  assert(revocations.isRevoked("1"));
});

Deno.test("a certificate that another process revoked while this one stood still is refused before a timer runs", async () => {
  await using directory = await tempDirectory();
  const path = `${directory.path}/dari.db`;
  const clock = new TestClock();
  await using here = await openSqliteStore(path, { clock, pollMs: 60_000 });
  await using there = await openSqliteStore(path);
  const writer = openStoreLedger(there);
  await writer.recordIssued({ ...facts, serial: "1" });
  using revocations = await openRevocations(openStoreLedger(here, { clock }), clock);
  await writer.revoke("1");
  clock.advance(60_000);
  assert(revocations.isRevoked("1"));
});
