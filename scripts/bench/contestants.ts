/**
 * Who takes part in the RPC benchmark.
 *
 * @module
 */

import type { Program } from "./process.ts";

/** One contestant: a server and a client, each a program of its own. */
export interface Contestant {
  /** Its name in the table. */
  readonly name: string;
  /** The contestant whose rates are 1; its own name for the raw loops. */
  readonly baseline: string;
  /** Whether it is a program of others. */
  readonly isPeer: boolean;
  /** Whether it takes part where bytes are carried as they are. */
  readonly carriesBytes: boolean;
  /** Its server; prints a line `{"address":…}`. */
  readonly server: Program;
  /** Its client for the server's address; takes rounds on standard input. */
  client(address: string): Program;
}

/** Where the benchmark keeps what it made. */
export interface Places {
  /** A directory of this run: sockets, `server.crt` and `server.key`. */
  readonly run: string;
  /** The directory with the installed peers, where they are wanted. */
  readonly peers: string | undefined;
  /** Another checkout of dari, to be measured in the same rounds. */
  readonly against?: string | undefined;
}

/** What the contestants from another checkout are called. */
export const BEFORE = "before";

const transports = ["tcp", "unix", "tls", "mutual_tls"] as const;

/** Peers, by the name of their scripts in `peers/`. */
const peers: Readonly<Record<string, string>> = {
  "rpc-websockets": "rpc_websockets",
  "Cap'n Web": "capnweb",
  "vscode-jsonrpc": "vscode_jsonrpc",
  "tRPC ws": "trpc",
  "grpc-js": "grpc",
};

/**
 * A script of this directory, run by Deno.
 *
 * @param script Its path from here.
 * @param args Its arguments.
 */
export function denoProgram(script: string, ...args: string[]): Program {
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
      new URL(script, import.meta.url).pathname,
      ...args,
    ],
  };
}

/**
 * Everyone who takes part.
 *
 * @param places Where the benchmark keeps what it made.
 * @returns The raw loops, dari over the same transports, and the peers where they are installed.
 */
export function listContestants({ run, peers: directory, against }: Places): Contestant[] {
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
  const dari = dariContestants("dari", new URL(".", import.meta.url).pathname, run);
  const before = against === undefined
    ? []
    : dariContestants(BEFORE, `${against}/scripts/bench/`, run);
  const ours = [...raw, ...before, ...dari];
  if (directory === undefined) return ours;
  const others = Object.entries(peers).map(([name, script]): Contestant => ({
    name,
    baseline: "raw tcp",
    isPeer: true,
    carriesBytes: name === "grpc-js",
    server: { command: "node", args: [`${script}.mjs`, "server"], cwd: directory },
    client: (address) => ({
      command: "node",
      args: [`${script}.mjs`, "client", address],
      cwd: directory,
    }),
  }));
  return [...ours, ...others];
}

/** dari over each transport, from the benchmark's directory of a checkout. */
function dariContestants(name: string, directory: string, run: string): Contestant[] {
  return transports.map((transport) => ({
    name: `${name} ${transport}`,
    baseline: `raw ${transport}`,
    isPeer: false,
    carriesBytes: name !== BEFORE, // the other checkout may be older than bytes
    server: denoProgram(
      `${directory}dari/server.ts`,
      transport,
      `${run}/${name}_${transport}.sock`,
      run,
    ),
    client: (address) => denoProgram(`${directory}dari/client.ts`, address, run, transport),
  }));
}
