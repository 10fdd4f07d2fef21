/**
 * What goes wrong in a cluster, as it is done to a run.
 *
 * @module
 */

import type { Random } from "../time/random.ts";
import type { VirtualTime } from "../time/virtual_time.ts";
import type { ClusterFault } from "./plan.ts";
import type { ClusterHost } from "./server.ts";
import { LAG_MS, type StreamNode } from "./stream/node.ts";
import type { Stream } from "./stream/stream.ts";

/** What faults are done to. */
export interface ClusterVictims {
  readonly time: VirtualTime;
  readonly stream: Stream;
  readonly hosts: readonly ClusterHost[];
  readonly random: Random;
  readonly skewMs: number;
}

/** How long a server is down at the most, in milliseconds. */
const LONGEST_OUTAGE_MS = 12_000;
/** How far behind a NATS server is that lags, in milliseconds, at the most. */
const LONGEST_LAG_MS = 3_000;
/** How long a leader that reaches nobody is the leader at the most, in milliseconds. */
const LONGEST_UNSEATING_MS = 2_000;
/** The share of servers that is killed at once. */
const MANY = 0.4;

/**
 * Does one fault, and undoes it after its time.
 *
 * @param fault What goes wrong.
 * @param victims What it is done to.
 */
export function happenInCluster(fault: ClusterFault, victims: ClusterVictims): void {
  const { id, kind, forMs, target, detail } = fault;
  const { time, stream, hosts, skewMs } = victims;
  time.note(`fault ${id}: ${kind}`);
  const undo = (run: () => void, ms = forMs) => void time.after(ms, `fault ${id} ends`, run);
  const host = hosts[Math.floor(target * hosts.length)]!;
  const node = stream.nodes[Math.floor(target * stream.nodes.length)]!;
  switch (kind) {
    case "cutServer":
      host.cut(true);
      return undo(() => host.cut(false));
    case "cutNode":
      return isolate(node, stream, undo);
    case "cutLeader":
      return isolate(stream.leader ?? node, stream, undo);
    case "forgetLast": {
      const leader = stream.leader ?? node;
      leader.isHasty = true;
      return isolate(leader, stream, undo);
    }
    case "unseatLeader":
      return stream.unseat(Math.min(forMs, LONGEST_UNSEATING_MS));
    case "killNode":
      return killAll([node], stream, undo);
    case "killLeader":
      return killAll([stream.leader ?? node], stream, undo);
    case "killMajority":
      return killAll(stream.nodes.slice(0, Math.ceil(stream.nodes.length / 2)), stream, undo);
    case "restartNodes":
      return killAll(stream.nodes, stream, undo);
    case "lagNode":
      node.lagMs = Math.ceil(detail * LONGEST_LAG_MS);
      return undo(() => node.lagMs = LAG_MS);
    case "kill":
    case "loseFile":
      if (kind === "kill") host.kill();
      else host.loseFile();
      return undo(() => host.start(), Math.min(forMs, LONGEST_OUTAGE_MS));
    case "killMany":
      for (const [place, each] of hosts.entries()) {
        if ((place * target) % 1 > MANY) continue;
        each.kill();
        undo(() => each.start(), Math.min(forMs, LONGEST_OUTAGE_MS));
      }
      return;
    case "freeze":
      host.freeze();
      return undo(() => host.thaw());
    case "setClock":
      host.aheadMs = Math.round((2 * detail - 1) * skewMs);
      return;
    case "replay":
    case "forge":
      return intrude(fault, victims);
  }
}

/** A NATS server is cut off from the others. */
function isolate(node: StreamNode, stream: Stream, undo: (run: () => void) => void): void {
  for (const other of stream.nodes) stream.cut(node, other, true);
  undo(() => {
    for (const other of stream.nodes) stream.cut(node, other, false);
  });
}

function killAll(
  nodes: readonly StreamNode[],
  stream: Stream,
  undo: (run: () => void) => void,
): void {
  for (const node of nodes) stream.kill(node);
  undo(() => {
    for (const node of nodes) stream.start(node);
  });
}

/** Whoever runs the NATS servers puts messages in again, or makes some up. */
function intrude({ kind, target, detail }: ClusterFault, { stream, time }: ClusterVictims): void {
  const { leader, kept } = stream;
  const seen = kept[Math.floor(target * kept.length)];
  if (leader === undefined || seen === undefined) return;
  const data = seen.data.slice();
  const at = Math.floor(detail * data.length);
  if (kind === "forge") data[at] = data[at]! ^ 1;
  stream.propose(leader, {
    ...{ place: seen.place, data, by: undefined, sentAt: time.now() },
    agreed: () => {},
  });
}
