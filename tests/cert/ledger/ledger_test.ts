import { assertEquals } from "@std/assert";
import { initAuthority, loadAuthority } from "../../../lib/cert/authority/directory.ts";
import { issueLeaf } from "../../../lib/cert/authority/leaf.ts";
import { LedgerEntries } from "../../../lib/cert/ledger/entries.ts";
import type { LedgerEvent } from "../../../lib/cert/ledger/event.ts";
import type { EventLog } from "../../../lib/cert/ledger/event_log.ts";
import { Ledger, openFileLedger, openStoreLedger } from "../../../lib/cert/ledger/ledger.ts";
import { generateKeyPair } from "../../../lib/cert/key/key_pair.ts";
import { createMemoryStore, openSqliteStore } from "../../../lib/store/mod.ts";
import { facts, issued, ledgerForms } from "../../support/ledgers.ts";
import { tempDirectory } from "../../support/temp.ts";

Deno.test("issueLeaf() gives 1,000 parallel certificates distinct serials, all recorded", async () => {
  await using directory = await tempDirectory();
  await using store = await openSqliteStore(`${directory.path}/dari.db`);
  await using ledger = openStoreLedger(store);
  await initAuthority(directory.path, { ledger });
  const authority = await loadAuthority(directory.path);
  const { publicKey } = await generateKeyPair();
  const leaves = await Promise.all(
    Array.from(
      { length: 1_000 },
      (_, i) => issueLeaf(authority, ledger, publicKey, { names: [`n${i}.internal`] }),
    ),
  );
  assertEquals(new Set(leaves.map(({ serial }) => serial)).size, 1_000);
  assertEquals((await openStoreLedger(store).entries()).length, 1_001);
});

Deno.test("Ledger answers each change by the last answer when its log asks twice", async () => {
  const entries = new LedgerEntries();
  const written: LedgerEvent[] = [];
  // Another process takes serial 1 between the two times that the log asks.
  const log: EventLog = {
    entries,
    refresh: () => Promise.resolve(),
    append(decide) {
      decide();
      if (!entries.has("1")) entries.apply(issued("1"));
      written.push(...decide());
      return Promise.resolve();
    },
    follow: () => Promise.reject(new Error("nobody follows")),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
  const ledger = new Ledger(log);
  const results = await Promise.allSettled([
    ledger.recordIssued({ ...facts, serial: "1" }),
    ledger.recordIssued({ ...facts, serial: "2" }),
  ]);
  assertEquals(results.map(({ status }) => status), ["rejected", "fulfilled"]);
  assertEquals(written.map((event) => "serial" in event && event.serial), ["2"]);
});

Deno.test("a ledger closes a store that it has opened, and no other", async () => {
  const store = createMemoryStore();
  await (await using_(openStoreLedger(store))).entries();
  await store.put("still", "open");
  const opened: boolean[] = [];
  const ledger = openStoreLedger((create) => {
    opened.push(create);
    return Promise.resolve(create ? store : null);
  });
  assertEquals(await ledger.entries(), []);
  assertEquals(opened.includes(true), false);
  await ledger.recordIssued({ ...facts, serial: "1" });
  await ledger[Symbol.asyncDispose]();
  await assertClosed(() => store.get("still"));
});

async function using_(ledger: Ledger): Promise<Ledger> {
  await ledger[Symbol.asyncDispose]();
  return ledger;
}

async function assertClosed(use: () => Promise<unknown>): Promise<void> {
  assertEquals(await use().then(() => "open", ({ code }) => code), "unavailable");
}

for (const [form, run] of Object.entries(ledgerForms)) {
  Deno.test(`Ledger.recordList() counts the lists of each authority in a ${form}, whoever makes them`, async () => {
    await run(async ({ open }) => {
      const [one, other] = [await open(), await open()];
      assertEquals(await one.recordList("aa", 500n), 500n);
      assertEquals(await other.recordList("aa", 400n), 501n);
      assertEquals(await one.recordList("aa", 400n), 502n);
      assertEquals(await one.recordList("bb"), 1n);
      const numbers = await Promise.all([one, other, one].map((each) => each.recordList("aa")));
      assertEquals(numbers.sort(), [503n, 504n, 505n]);
      const fresh = await open();
      await fresh.log.refresh();
      assertEquals(fresh.log.entries.listNumber("aa"), 505n);
    });
  });
}

Deno.test("recordList() gives each list of an authority a number of its own, from the least on", async () => {
  await using directory = await tempDirectory();
  const ledger = openFileLedger(directory.path);
  const numbers = [];
  for (const least of [undefined, undefined, 2n, 3n, 9n, 5n]) {
    numbers.push(await ledger.recordList("aa", least));
  }
  assertEquals(numbers, [1n, 2n, 3n, 4n, 9n, 10n]);
  assertEquals(await ledger.recordList("bb"), 1n);
});
