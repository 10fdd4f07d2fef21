/**
 * What goes wrong, as it is done to a run.
 *
 * @module
 */

import type { MachineClock } from "../machine/clock.ts";
import type { Disk } from "../machine/disk.ts";
import type { Cable, Network } from "../machine/network.ts";
import type { ServerHost } from "../machine/server.ts";
import type { VirtualTime } from "../time/virtual_time.ts";
import type { SimulatedClient } from "./client.ts";
import type { Fault } from "./plan.ts";

/** What faults are done to. */
export interface Victims {
  readonly time: VirtualTime;
  readonly network: Network;
  readonly disk: Disk;
  readonly clock: MachineClock;
  readonly servers: readonly ServerHost[];
  readonly clients: readonly SimulatedClient[];
}

/** How long a server is down at the most, whatever its fault says, in milliseconds. */
const LONGEST_OUTAGE_MS = 3_000;
/** How long commits take on a disk that is slow, in milliseconds. */
const SLOW_COMMIT_MS = [20, 400] as const;

/**
 * Does one fault, and undoes it after its time.
 *
 * @param fault What goes wrong.
 * @param victims What it is done to.
 */
export function happen(fault: Fault, victims: Victims): void {
  const { kind, forMs, detail } = fault;
  const { time, network, disk, clock } = victims;
  time.note(`fault ${fault.id}: ${kind}`);
  const undo = (ms: number, run: () => void) => void time.after(ms, `fault ${fault.id} ends`, run);
  const server = choose(victims.servers, fault.target);
  const cable = choose([...network.cables], fault.target);
  switch (kind) {
    case "cut":
    case "halfClose":
    case "blackHole":
    case "slowLink":
      if (cable !== undefined) disturb(cable, fault, () => undo(forMs, () => calm(cable, network)));
      return;
    case "split":
    case "oneWaySplit": {
      const client = choose(victims.clients, detail)!.program.name;
      const name = server!.program.name;
      const ways = kind === "split"
        ? [[client, name], [name, client]]
        : detail * 100 % 1 < 0.5
        ? [[client, name]]
        : [[name, client]];
      for (const [from, to] of ways as [string, string][]) {
        network.split(from, to, true);
        undo(forMs, () => network.split(from, to, false));
      }
      return;
    }
    case "kill":
    case "powerLoss":
      server!.kill(kind === "kill");
      return undo(Math.min(forMs, LONGEST_OUTAGE_MS), () => server!.start());
    case "stop":
      server!.stop();
      return undo(Math.min(forMs, LONGEST_OUTAGE_MS) + 1, () => startOnceOver(server!, time));
    case "freeze":
      server!.freeze();
      return undo(forMs, () => server!.thaw());
    case "freezeClient": {
      const client = choose(victims.clients, fault.target)!;
      client.freeze();
      return undo(forMs, () => client.thaw());
    }
    case "diskFull":
    case "brokenDisk":
      disk.conditions.fault = kind === "diskFull" ? "ENOSPC" : "EIO";
      return undo(forMs, () => disk.heal());
    case "slowDisk":
      disk.conditions.commitMs = SLOW_COMMIT_MS;
      return undo(forMs, () => disk.heal());
    case "clockStep":
      clock.set(detail < 0.5);
      return undo(forMs, () => clock.setRight());
  }
}

/** Starts a server again as soon as its stop has come to its end. */
export function startOnceOver(server: ServerHost, time: VirtualTime): void {
  if (!server.isStopping) return server.start();
  time.after(100, "waits for a stop", () => startOnceOver(server, time));
}

function disturb(
  cable: Cable,
  { kind, detail }: Fault,
  undoLater: () => void,
): void {
  switch (kind) {
    case "cut": {
      const end = detail < 0.5 ? "reset" : "end";
      cable.there.cut(end);
      return cable.back.cut(end);
    }
    case "halfClose":
      return (detail < 0.5 ? cable.there : cable.back).cut("end");
    case "blackHole":
      if (detail < 0.7) cable.there.isBlackHole = true;
      if (detail > 0.3) cable.back.isBlackHole = true;
      return;
    default: {
      const slow = 20 + Math.floor(detail * 200);
      Object.assign(cable.conditions, { delayMs: slow, pieceBytes: slow, gapMs: slow });
      return undoLater();
    }
  }
}

function calm(cable: Cable, { weather }: Network): void {
  Object.assign(cable.conditions, weather);
}

function choose<T>(items: readonly T[], number: number): T | undefined {
  return items[Math.floor(number * items.length)];
}
