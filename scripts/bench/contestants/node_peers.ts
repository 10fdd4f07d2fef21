/**
 * The peers that run under Node, from npm.
 *
 * @module
 */

import type { Contestant } from "./contestant.ts";
import { requireTools, tools } from "./tools.ts";

/** A peer from npm. */
interface NodePeer {
  /** Its script in `peers/`. */
  readonly script: string;
  /** Behind the role and the address. */
  readonly options?: readonly string[];
  readonly carriesBytes?: boolean;
  readonly prepare?: () => Promise<void>;
}

const peers: Readonly<Record<string, NodePeer>> = {
  "birpc": { script: "birpc" },
  "birpc batched": { script: "birpc", options: ["batched"] },
  "rpc-websockets": { script: "rpc_websockets" },
  "Cap'n Web": { script: "capnweb" },
  "vscode-jsonrpc": { script: "vscode_jsonrpc" },
  "tRPC ws": { script: "trpc" },
  "grpc-js": { script: "grpc", carriesBytes: true },
  "NATS": {
    script: "nats",
    carriesBytes: true,
    prepare: () => requireTools([tools.natsServer]),
  },
};

/**
 * Lists the peers from npm.
 *
 * @param directory Where `installPeers` has put them.
 */
export function listNodePeers(directory: string): Contestant[] {
  return Object.entries(peers).map(([name, peer]): Contestant => {
    const { script, options = [], carriesBytes = false, prepare } = peer;
    const program = (...args: string[]) => ({
      command: "node",
      args: [`${script}.mjs`, ...args, ...options],
      cwd: directory,
    });
    return {
      name,
      baseline: "raw tcp",
      isPeer: true,
      carriesBytes,
      server: program("server"),
      client: (address) => program("client", address),
      ...(prepare === undefined ? {} : { prepare }),
    };
  });
}
