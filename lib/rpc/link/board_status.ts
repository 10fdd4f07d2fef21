/**
 * The status of a client, as its users read it.
 *
 * @module
 */

import type { ClientStatus, ConnectionState, ServerStatus, StatusEvent } from "./client_status.ts";
import type { StatusBoard } from "./status_board.ts";

/** What a {@linkcode BoardStatus} reads. */
export interface StatusSource {
  /** Where the client as a whole stands. */
  readonly state: () => ConnectionState;
  /** Where each of its servers stands. */
  readonly servers: () => readonly ServerStatus[];
}

/**
 * Reads where the connections stand each time it is asked. It is a class, since V8 keeps the accessors
 * of an object literal until the next full collection, with all that they refer to.
 */
export class BoardStatus implements ClientStatus {
  readonly #board: Pick<StatusBoard, "events">;
  readonly #source: StatusSource;

  /**
   * @param board Tells what happens.
   * @param source Tells where they stand.
   */
  constructor(board: Pick<StatusBoard, "events">, source: StatusSource) {
    this.#board = board;
    this.#source = source;
  }

  get state(): ConnectionState {
    return this.#source.state();
  }

  get servers(): readonly ServerStatus[] {
    return this.#source.servers();
  }

  events(
    { signal }: { readonly signal?: AbortSignal | undefined } = {},
  ): AsyncIterableIterator<StatusEvent> {
    return this.#board.events(signal);
  }
}
