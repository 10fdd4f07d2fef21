/**
 * Ends connections that have grown old, so that clients spread over servers that came later.
 *
 * @see {@link https://github.com/grpc/proposal/blob/master/A9-server-side-conn-mgt.md | gRPC A9}
 * @module
 */

import { after } from "../../base/abort.ts";
import { limits } from "../../base/limits.ts";
import type { RpcConnection } from "../connection/rpc_connection.ts";
import { checkBothAboveZero } from "../option_checks.ts";

/** How old connections grow. */
export interface ConnectionAgeOptions {
  /**
   * How old a connection grows, in milliseconds, give or take a tenth. Then its client is told to go
   * on over a new one (`rpc.drain`). A client that does not know how keeps its connection.
   *
   * @default {Infinity}
   */
  readonly maxConnectionAgeMs?: number | undefined;
  /**
   * How long calls of a connection that has grown old may go on, in milliseconds.
   *
   * @default {30_000}
   */
  readonly maxConnectionAgeGraceMs?: number | undefined;
  /** Gives numbers from 0 to less than 1; spreads the ends of old connections. */
  readonly random?: (() => number) | undefined;
}

/** Watches the age of connections. */
export class ConnectionAge {
  readonly #maxAgeMs: number;
  readonly #graceMs: number;
  readonly #random: () => number;

  /**
   * @param options How old they grow.
   * @throws {RangeError} For times that are no numbers above 0.
   */
  constructor(options: ConnectionAgeOptions) {
    const { maxConnectionAgeMs = Infinity, random = Math.random } = options;
    const { maxConnectionAgeGraceMs = limits.callTimeoutMs } = options;
    const names = ["maxConnectionAgeMs", "maxConnectionAgeGraceMs"] as const;
    checkBothAboveZero(names, maxConnectionAgeMs, maxConnectionAgeGraceMs);
    this.#maxAgeMs = maxConnectionAgeMs;
    this.#graceMs = maxConnectionAgeGraceMs;
    this.#random = random;
  }

  /**
   * Has a connection end when it is old.
   *
   * @param connection The connection, which has just begun.
   * @returns A function that forgets it.
   */
  watch(connection: Pick<RpcConnection, "retire">): () => void {
    const maxAgeMs = this.#maxAgeMs;
    if (maxAgeMs === Infinity) return () => {};
    // Clients that connected together do not come back together.
    const jitterMs = maxAgeMs * limits.connectionAgeJitterShare * (2 * this.#random() - 1);
    return after(maxAgeMs + jitterMs, () => void connection.retire(this.#graceMs), {
      persistent: false,
    });
  }
}
