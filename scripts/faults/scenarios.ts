/**
 * What happens to one of three servers, and is over after a while.
 *
 * @module
 */

import type { Cable } from "./cable.ts";
import type { FaultyProxy, NetworkFaults } from "./proxy.ts";
import type { FaultServer } from "./servers.ts";

/** Three servers, and the network in front of the first. */
export interface Scene {
  readonly servers: readonly [FaultServer, FaultServer, FaultServer];
  readonly proxy: FaultyProxy;
  /** To the machine of the first one, where it has one of its own. */
  readonly cable?: Cable | undefined;
}

/** A fault. */
export interface Scenario {
  /** Its name in the table. */
  readonly name: string;
  /** Whether the first server has to be on a machine of its own. */
  readonly needsCable?: boolean;
  /** Whether no call at all may fail: nothing breaks that was not announced. */
  readonly isOrderly?: boolean;
  /** Begins it; where it has no `end`, it lasts until this resolves. */
  begin(scene: Scene): Promise<void> | void;
  /** Ends it. */
  readonly end?: (scene: Scene) => Promise<void> | void;
}

const signals = (name: string, begin: Deno.Signal, end: Deno.Signal): Scenario => ({
  name,
  begin: ({ servers: [first] }) => first.signal(begin),
  end: ({ servers: [first] }) => first.signal(end),
});

const network = (name: string, faults: NetworkFaults): Scenario => ({
  name,
  begin: ({ proxy }) => proxy.set(faults),
  end: ({ proxy }) => proxy.set({}),
});

/** All of them, in the order of the table. */
export const scenarios: readonly Scenario[] = [
  { name: "none", isOrderly: true, begin: () => {}, end: () => {} },
  {
    name: "killed",
    begin: ({ servers: [first] }) => first.kill(),
    end: ({ servers: [first] }) => first.start(),
  },
  {
    name: "restarted",
    async begin({ servers: [first] }) {
      await first.kill();
      await first.start();
    },
  },
  signals("frozen", "SIGSTOP", "SIGCONT"),
  signals("slowed to 1 s", "SIGUSR2", "SIGUSR2"),
  network("1 s of delay", { delayMs: 500 }),
  network("cut off", { isCutOff: true }),
  {
    name: "unplugged",
    needsCable: true,
    begin: ({ cable }) => cable?.pull(),
    end: ({ cable }) => cable?.plug(),
  },
  network("half reset", { resetShare: 0.5 }),
  network("20 kB/s", { bytesPerSecond: 20_000 }),
  {
    name: "rolling restart",
    isOrderly: true,
    async begin({ servers }) {
      for (const server of servers) {
        await server.stop();
        await server.start();
      }
    },
  },
];
