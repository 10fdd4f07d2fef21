/**
 * Tells what happens to the connections of a client.
 *
 * @module
 */

import type { StatusEvent } from "./client_status.ts";
import { StatusReader } from "./status_reader.ts";

/** What the connections to a server, or to all of them, have come to. */
export type Presence = "connected" | "draining" | "away";

/** Knows what was told of one server, or of all of them, and so what is new. */
class Told {
  #presence: Presence | undefined;
  #wasConnected = false;

  /** @returns What happened; `undefined` where nothing did. */
  move(presence: Presence): StatusEvent["type"] | undefined {
    if (presence === this.#presence) return undefined;
    this.#presence = presence;
    if (presence !== "connected") return presence;
    const type = this.#wasConnected ? "back" : "connected";
    this.#wasConnected = true;
    return type;
  }
}

/** Tells the readers of a client's status what happens. */
export class StatusBoard {
  readonly #readers = new Set<StatusReader>();
  readonly #servers = new Map<object, Told>();
  readonly #whole = new Told();
  #isClosed = false;

  /**
   * A server's connections have changed.
   *
   * @param server What stands for the server.
   * @param address Its address.
   * @param presence What they have come to.
   * @param error Why it is away.
   */
  server(server: object, address: string, presence: Presence, error: Error | undefined): void {
    const told = this.#servers.get(server) ?? new Told();
    this.#servers.set(server, told);
    this.#tell(told.move(presence), "server", address, presence, error);
  }

  /**
   * The client as a whole has changed.
   *
   * @param presence What its connections have come to.
   * @param error Why it is away.
   */
  whole(presence: Presence, error: Error | undefined): void {
    this.#tell(this.#whole.move(presence), "client", undefined, presence, error);
  }

  /** A server is none of the client's any more. */
  forget(server: object): void {
    this.#servers.delete(server);
  }

  /**
   * Subscribes.
   *
   * @param signal Ends the iteration.
   * @returns What happens from now on.
   */
  events(signal?: AbortSignal): AsyncIterableIterator<StatusEvent> {
    const reader = new StatusReader(signal, (ended) => this.#readers.delete(ended));
    if (this.#isClosed) reader.end();
    else this.#readers.add(reader);
    return reader;
  }

  /** The client is closed: every iteration ends behind what was told. */
  close(): void {
    this.#isClosed = true;
    for (const reader of this.#readers) reader.end();
  }

  #tell(
    type: StatusEvent["type"] | undefined,
    scope: StatusEvent["scope"],
    address: string | undefined,
    presence: Presence,
    error: Error | undefined,
  ): void {
    if (type === undefined || this.#readers.size === 0) return;
    const why = presence === "away" ? error : undefined;
    for (const reader of this.#readers) reader.push({ type, scope, address, error: why });
  }
}
