/**
 * Who is put to the faults.
 *
 * @module
 */

import type { Program } from "../bench/process.ts";
import type { ServerKind } from "./servers.ts";

/** A contestant. */
export interface FaultContestant {
  readonly name: string;
  readonly servers: ServerKind;
  /** The program that runs `carryLoad` on a client of servers at these addresses, `HOST:PORT`. */
  client(addresses: readonly string[]): Program;
}

const at = (path: string) => new URL(path, import.meta.url).pathname;
const DENO = ["run", "--quiet", "--no-check", "--allow-all"];

/** dari as its users start it, with nothing set but the deadline of a call. */
export const dari: FaultContestant = {
  name: "dari",
  servers: {
    program: (directory, host, port) => ({
      command: Deno.execPath(),
      args: [
        ...[...DENO, at("../../cli.ts"), "serve", at("dari/methods.ts"), "--json"],
        ...["--public", "put", "--public", "add", "--log-level", "error"],
        ...["--data", `${directory}/data`, "--listen", `tcp://${host}:${port}`, "--insecure"],
      ],
      cwd: directory,
    }),
  },
  client: (addresses) => ({
    command: Deno.execPath(),
    args: [...DENO, at("dari/client.ts"), ...addresses],
  }),
};

/**
 * gRPC for Node, with the retries, outliers and pings that its documentation has for this.
 *
 * @param peers Where `installPeers` has put it.
 */
export function grpcJs(peers: string): FaultContestant {
  const program = (...args: string[]): Program => ({
    command: "node",
    args: ["grpc_faults.mjs", ...args],
    cwd: peers,
  });
  return {
    name: "grpc-js",
    servers: {
      program: (directory, host, port) => program("server", directory, `${host}:${port}`),
    },
    client: (addresses) => program("client", ...addresses),
  };
}
