import { setImmediate } from "node:timers";
import { limits } from "../../lib/base/limits.ts";
import {
  type ClusterStore,
  type ClusterStoreOptions,
  openClusterStore,
} from "../../lib/cluster/store/cluster_store.ts";
import { TestClock } from "./clock.ts";
import { FakeTimers } from "./fake_timers.ts";
import { MemoryLogHub } from "./memory_log.ts";
import { sharedKey } from "./shared_store.ts";

/** Servers over one log; time passes where the test says so. */
export class StoreWorld implements AsyncDisposable {
  readonly hub = new MemoryLogHub();
  readonly clock = new TestClock();
  readonly #timers = new FakeTimers();
  readonly #stores: ClusterStore[] = [];

  constructor() {
    this.hub.now = () => this.clock.now();
  }

  async open(options: Partial<ClusterStoreOptions> = {}, maxMessageBytes = 4_096) {
    const store = await openClusterStore({
      ...{ log: this.hub.open({ maxMessageBytes }), key: sharedKey, service: "dari" },
      ...{ clock: this.clock, random: () => 1 },
      ...options,
    });
    this.#stores.push(store);
    return store;
  }

  /** Lets time pass, in steps that let what is under way come back. */
  async pass(ms: number): Promise<void> {
    await passInTicks(ms, this.clock, this.#timers);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const store of this.#stores) await store.close();
    this.#timers[Symbol.dispose]();
  }
}

/** How many messages are being sealed or opened, by other threads. */
let underway = 0;
for (const name of ["encrypt", "decrypt", "deriveKey"] as const) {
  const original = SubtleCrypto.prototype[name] as (...args: unknown[]) => Promise<unknown>;
  Object.defineProperty(SubtleCrypto.prototype, name, {
    configurable: true,
    writable: true,
    value(this: SubtleCrypto, ...args: unknown[]) {
      underway++;
      return original.apply(this, args).finally(() => underway--);
    },
  });
}

/** Lets time pass, in steps that let what is under way come back. */
export async function passInTicks(ms: number, clock: TestClock, timers: FakeTimers): Promise<void> {
  for (let left = ms; left > 0; left -= limits.storeTickMs) {
    const step = Math.min(left, limits.storeTickMs);
    clock.advance(step);
    timers.advance(step);
    await settled();
  }
}

/** Waits until nothing is being sealed or opened any more, and what follows from it has happened. */
export async function settled(): Promise<void> {
  for (let idle = 0; idle < 3; idle = underway === 0 ? idle + 1 : 0) {
    await new Promise((resolve) => setImmediate(resolve));
  }
}
