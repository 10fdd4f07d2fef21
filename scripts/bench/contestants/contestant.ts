/**
 * What takes part in the RPC benchmark.
 *
 * @module
 */

import type { Program } from "../process.ts";

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
  /** Its server; prints a line `{"address":…}`, with the `pids` of further processes it started. */
  readonly server: Program;
  /** Its client for the server's address; takes rounds on standard input. */
  client(address: string): Program;
  /**
   * Builds its programs, where they have to be built.
   *
   * @throws {MissingToolError} Where a program or package that it needs is missing.
   */
  prepare?(): Promise<void>;
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
