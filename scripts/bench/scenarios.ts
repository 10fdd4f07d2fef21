/**
 * What is measured.
 *
 * @module
 */

import type { Scenario } from "./load.ts";

/** The rounds of the RPC benchmark, with the share of the raw loop that dari is to reach. */
export const scenarios: readonly (Scenario & { readonly goal: number })[] = [
  { name: "one at a time", connections: 1, inFlight: 1, work: "add", goal: 0.95 },
  { name: "64 in flight", connections: 1, inFlight: 64, work: "add", goal: 0.85 },
  { name: "32 connections", connections: 32, inFlight: 1, work: "add", goal: 0.95 },
  {
    name: "1 KiB, one at a time",
    connections: 1,
    inFlight: 1,
    work: "echo",
    textBytes: 1_024,
    goal: 0.95,
  },
  {
    name: "1 KiB, 64 in flight",
    connections: 1,
    inFlight: 64,
    work: "echo",
    textBytes: 1_024,
    goal: 0.95,
  },
  { name: "1 MiB echo", connections: 1, inFlight: 1, work: "echo", goal: 0.9 },
  { name: "1 MiB of bytes", connections: 1, inFlight: 1, work: "bytes", goal: 0.9 },
  { name: "connect + call", connections: 1, inFlight: 1, work: "connect", goal: 0.9 },
];
