/**
 * The raw loops and dari, over every transport.
 *
 * @module
 */

import type { Program } from "../process.ts";
import type { Contestant, Places } from "./contestant.ts";

const BENCH = new URL("../", import.meta.url);

/** What the contestants from another checkout are called. */
export const BEFORE = "before";

const transports = ["tcp", "unix", "tls", "mutual_tls"] as const;

/**
 * A script of the benchmark, run by Deno.
 *
 * @param script Its path from `scripts/bench/`, or a whole one.
 * @param args Its arguments.
 */
export function denoProgram(script: string, ...args: string[]): Program {
  return denoProgramWith([], script, ...args);
}

function denoProgramWith(flags: string[], script: string, ...args: string[]): Program {
  return {
    command: Deno.execPath(),
    args: [
      "run",
      "--quiet",
      "--no-prompt",
      "--allow-net",
      "--allow-read",
      "--allow-write",
      "--allow-env",
      ...flags,
      new URL(script, BENCH).pathname,
      ...args,
    ],
  };
}

/**
 * Lists the raw loops and dari.
 *
 * @param places Where the benchmark keeps what it made.
 * @returns The raw loops, dari of another checkout where one is given, and dari.
 */
export function listOurs({ run, against }: Places): Contestant[] {
  const raw = transports.map((transport): Contestant => ({
    name: `raw ${transport}`,
    baseline: `raw ${transport}`,
    isPeer: false,
    carriesBytes: true,
    server: transport === "mutual_tls"
      ? denoProgram("raw/mutual_tls_server.ts", run)
      : denoProgram("raw/server.ts", transport, `${run}/raw.sock`, run),
    client: (address) =>
      transport === "mutual_tls"
        ? denoProgram("raw/mutual_tls_client.ts", address, run)
        : denoProgram("raw/client.ts", address, run),
  }));
  const before = against === undefined
    ? []
    : dariContestants(BEFORE, `${against}/scripts/bench/`, run);
  return [...raw, ...before, ...dariContestants("dari", BENCH.pathname, run)];
}

/** dari over each transport, from the benchmark's directory of a checkout. */
function dariContestants(name: string, directory: string, run: string): Contestant[] {
  // The other checkout may be older than WebSockets.
  const all = name === BEFORE ? transports : [...transports, "wss"];
  const overSockets = all.map((transport) => ({
    name: `${name} ${transport}`,
    baseline: transport === "wss" ? "raw tls" : `raw ${transport}`,
    isPeer: false,
    carriesBytes: name !== BEFORE, // the other checkout may be older than bytes
    server: denoProgram(
      `${directory}dari/server.ts`,
      transport,
      `${run}/${name}_${transport}.sock`,
      run,
    ),
    client: (address: string) => denoProgram(`${directory}dari/client.ts`, address, run, transport),
  }));
  return [...overSockets, dariInMemory(name, directory, run)];
}

/** dari over a Unix socket whose connections move into shared memory. */
function dariInMemory(name: string, directory: string, run: string): Contestant {
  const ffi = ["--allow-ffi"];
  const socket = `${run}/${name}_memory.sock`;
  return {
    name: `${name} shared memory`,
    baseline: "raw unix",
    isPeer: false,
    carriesBytes: name !== BEFORE, // as above
    server: denoProgramWith(ffi, `${directory}dari/server.ts`, "unix", socket, run),
    client: (address) => denoProgramWith(ffi, `${directory}dari/client.ts`, address, run, "unix"),
  };
}
