/**
 * Who takes part in the RPC benchmark.
 *
 * @module
 */

import type { Contestant, Places } from "./contestant.ts";
import { listNativePeers } from "./native_peers.ts";
import { listNodePeers } from "./node_peers.ts";
import { listOurs } from "./ours.ts";

export type { Contestant, Places } from "./contestant.ts";
export { BEFORE, denoProgram } from "./ours.ts";

/**
 * Everyone who takes part.
 *
 * @param places Where the benchmark keeps what it made.
 * @returns The raw loops, dari over the same transports, and the peers where they are wanted.
 */
export function listContestants(places: Places): Contestant[] {
  const ours = listOurs(places);
  if (places.peers === undefined) return ours;
  return [...ours, ...listNodePeers(places.peers), ...listNativePeers(places.peers)];
}
