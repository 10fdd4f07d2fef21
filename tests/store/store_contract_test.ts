import { createMemoryStore, openSqliteStore } from "../../lib/store/mod.ts";
import { openClusterStore } from "../../lib/cluster/store/cluster_store.ts";
import { limits } from "../../lib/base/limits.ts";
import { Disk } from "../../scripts/sim/machine/disk.ts";
import { Random } from "../../scripts/sim/time/random.ts";
import { Program } from "../../scripts/sim/time/timeline.ts";
import { TestClock } from "../support/clock.ts";
import { MemoryLogHub } from "../support/memory_log.ts";
import { realTimeline } from "../support/real_timeline.ts";
import { storeContract, type UseStore } from "../support/store_contract.ts";
import { tempDirectory } from "../support/temp.ts";

const clusterKey = new Uint8Array(limits.clusterKeyBytes).fill(1);

const forms: Record<string, (use: UseStore) => Promise<void>> = {
  memory: async (use) => {
    const clock = new TestClock();
    await using store = createMemoryStore({ clock });
    await use(store, clock);
  },
  SQLite: async (use) => {
    await using directory = await tempDirectory();
    const clock = new TestClock();
    await using store = await openSqliteStore(`${directory.path}/dari.db`, { clock });
    await use(store, clock);
  },
  cluster: async (use) => {
    const clock = new TestClock();
    const log = new MemoryLogHub().open();
    await using store = await openClusterStore({ log, key: clusterKey, service: "dari", clock });
    await use(store, clock);
  },
  simulated: async (use) => {
    const clock = new TestClock();
    const disk = new Disk(realTimeline, new Random(1), () => clock.now());
    await using store = disk.open(new Program("contract"));
    await use(store, clock);
  },
};

for (const [form, open] of Object.entries(forms)) {
  for (const [sentence, use] of Object.entries(storeContract)) {
    Deno.test(`${form} store: ${sentence}`, () => open(use));
  }
}
