/**
 * What serves calls of a server beside the connections that it accepts itself: an HTTPS gateway.
 *
 * @module
 */

import type { Principal } from "../../auth/policy/principal.ts";
import type { Connection } from "../../transport/connection.ts";
import type { RpcConnectionOptions } from "../connection/rpc_connection_options.ts";
import type { ServedConnection } from "../served_connection.ts";
import type { TakenBytes } from "../outbox/reply_budget.ts";
import type { Health } from "../builtin/health.ts";

/** What serving calls of a server needs: its methods, gate, observers and bounds. */
export interface Serving extends RpcConnectionOptions {
  /** Whether the server takes calls. */
  readonly health: Health;
  /** The bytes that all replies of the server share. */
  readonly shared: TakenBytes;
}

/** Another transport that serves calls of a server. */
export interface CallSource {
  /** Where it listens, with the real port, for instance `https://localhost:9443`. */
  readonly address: string;
  /** How many handlers are at work. */
  readonly running: number;
  /** The requests at work. */
  readonly openConnections: readonly ServedConnection[];
  /**
   * Ends the calls of a principal whose credential was revoked.
   *
   * @param principal The principal.
   */
  revoke(principal: Principal): void;
  /**
   * Stops in order: no new calls, running calls finish, replies leave.
   *
   * @param drainTimeoutMs How long running calls may take, in milliseconds.
   * @returns How many calls were cut, because they took longer.
   */
  stop(drainTimeoutMs: number): Promise<number>;
}

/** A server as another transport of its own sees it. */
export interface ServerInside {
  /** What serving its calls needs. */
  readonly serving: Serving;
  /**
   * Lets the transport serve calls.
   *
   * @param source The transport; the server owns and stops it.
   */
  join(source: CallSource): void;
  /**
   * Serves a connection that the transport has opened.
   *
   * @param connection The connection; the server owns and closes it.
   * @param principal The principal that has signed it in already; `null` asks for its certificate.
   * @returns Once it has ended.
   */
  attach(connection: Connection, principal: Principal | null): Promise<void>;
}

/** The transports that joined one server. */
export class CallSources {
  readonly #sources: CallSource[] = [];

  /** Takes one in. */
  join(source: CallSource): void {
    this.#sources.push(source);
  }

  /** Where they listen. */
  get addresses(): string[] {
    return this.#sources.map(({ address }) => address);
  }

  /** How many handlers are at work for them. */
  get running(): number {
    return this.#sources.reduce((sum, { running }) => sum + running, 0);
  }

  /** The requests at work for them. */
  get openConnections(): ServedConnection[] {
    return this.#sources.flatMap(({ openConnections }) => openConnections);
  }

  /** Ends the calls of a principal whose credential was revoked. */
  revoke(principal: Principal): void {
    for (const source of this.#sources) source.revoke(principal);
  }

  /**
   * Stops all of them.
   *
   * @param drainTimeoutMs How long running calls may take, in milliseconds.
   * @returns How many calls were cut.
   */
  async stop(drainTimeoutMs: number): Promise<number> {
    const cut = await Promise.all(this.#sources.map((source) => source.stop(drainTimeoutMs)));
    return cut.reduce((sum, count) => sum + count, 0);
  }
}
