import { openFileLedger, openStoreLedger } from "../../lib/cert/ledger/ledger.ts";
import type { Ledger } from "../../lib/cert/ledger/ledger.ts";
import type { LedgerEvent } from "../../lib/cert/ledger/event.ts";
import { createMemoryStore, openSqliteStore, type Store } from "../../lib/store/mod.ts";
import { TestClock } from "./clock.ts";
import { tempDirectory } from "./temp.ts";

/** What a certificate is recorded with, but for its serial number. */
export const facts = {
  authority: "aa",
  subject: "CN=a",
  names: ["a.internal"],
  purposes: ["server"],
  notBeforeMs: 0,
  notAfterMs: Date.parse("2099-01-01"),
};

/** The line or value of a certificate that was issued. */
export function issued(serial: string, more: Partial<LedgerEvent> = {}): LedgerEvent {
  return { event: "issued", atMs: 1, serial, ...facts, ...more } as LedgerEvent;
}

/** The line or value of a revocation. */
export function revoked(serial: string): LedgerEvent {
  return { event: "revoked", atMs: 2, serial, reason: "superseded" };
}

/** One form of a ledger, used by several who do not share memory. */
export interface LedgerForm {
  /** Opens the ledger as another process would. */
  open(): Promise<Ledger>;
  /** Puts something else in the place of what would be the next event. */
  damage(value: string): Promise<void>;
  /** Takes everything away. */
  lose(): Promise<void>;
  /** Resolves when the ledgers that follow have had time to hear of a change. */
  settle(change: () => Promise<unknown>): Promise<void>;
  readonly clock: TestClock;
}

type Use = (form: LedgerForm) => Promise<void>;

/** Every form, by name. */
export const ledgerForms: Record<string, (use: Use) => Promise<void>> = {
  async file(use) {
    await using directory = await tempDirectory();
    const path = `${directory.path}/certificates.jsonl`;
    const clock = new TestClock();
    await use({
      clock,
      open: () => Promise.resolve(openFileLedger(directory.path, clock)),
      damage: (value) => Deno.writeTextFile(path, `${value}\n`, { append: true }),
      lose: () => Deno.remove(path),
      async settle(change) {
        await change();
        clock.advance(250);
      },
    });
  },
  async "memory store"(use) {
    const clock = new TestClock();
    await using store = createMemoryStore({ clock });
    await use({
      ...inStores(() => Promise.resolve(store), clock),
      settle: async (act) => void await act(),
    });
  },
  async "SQLite store"(use) {
    await using directory = await tempDirectory();
    await using stores = new AsyncDisposableStack();
    const clock = new TestClock();
    const openOne = async () =>
      stores.use(await openSqliteStore(`${directory.path}/dari.db`, { clock, pollMs: 5 }));
    const other = await openOne();
    let newest: Store | undefined;
    const open = async () => newest = await openOne();
    await use({
      ...inStores(open, clock),
      async settle(change) {
        const { promise, resolve } = Promise.withResolvers<void>();
        // Changes are told in their order, and watches in the order in which they began.
        using _watch = newest!.watch("settled", () => resolve());
        const alive = setInterval(() => {}, 100); // the polling timer does not keep a test alive
        await change();
        await other.put("settled", "");
        await promise;
        clearInterval(alive);
      },
    });
  },
};

function inStores(open: () => Promise<Store>, clock: TestClock): Omit<LedgerForm, "settle"> {
  return {
    clock,
    open: async () => openStoreLedger(await open(), { clock }),
    async damage(value) {
      const store = await open();
      const next = (await store.list("ledger/event/")).length + 1;
      await store.put(`ledger/event/${String(next).padStart(10, "0")}`, value);
    },
    async lose() {
      const store = await open();
      for (const { key } of await store.list("ledger/")) await store.delete(key);
    },
  };
}
