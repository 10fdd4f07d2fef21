/**
 * Which link serves a call.
 *
 * @module
 */

import { abortable, delay } from "../../base/abort.ts";
import type { DariError } from "../../base/errors.ts";
import type { Peer } from "../../transport/connection.ts";
import type { OutgoingCall } from "../call/outgoing_call.ts";
import { Backoff } from "./backoff.ts";
import { BoardStatus } from "./board_status.ts";
import type { ClientStatus, ConnectionState, ServerStatus } from "./client_status.ts";
import { Link } from "./link.ts";
import { mayPass } from "./link_errors.ts";
import type { LinkOptions } from "./link_options.ts";
import type { CallRoute, LinkOwner } from "./link_owner.ts";
import { type Presence, StatusBoard } from "./status_board.ts";

/** Chooses among the links of a client. The client owns it; closing the client closes its links. */
export interface Picker {
  /** A server, while connected. */
  readonly peer: Peer | undefined;
  /** Where the connections stand, and what happens to them. */
  readonly status: ClientStatus;
  /**
   * Chooses the way of one call, connected or not. It is asked for every try of every call, so it must
   * not wait.
   */
  pick(): CallRoute;
  /**
   * Connects, unless that is done.
   *
   * @throws The error of connecting.
   */
  connect(): Promise<void>;
  /**
   * Waits until a server takes calls.
   *
   * @param signal Ends the wait.
   * @throws Where trying again does not help, and the signal's reason.
   */
  ready(signal?: AbortSignal): Promise<void>;
  /** Ends everything for good. */
  close(): Promise<void>;
}

/** The picker of a client with one address. */
export class OnlyLink implements Picker, LinkOwner {
  readonly status: ClientStatus;
  readonly #board = new StatusBoard();
  readonly #link: Link;
  readonly #options: LinkOptions;
  readonly #address: string;
  #presence: Presence | undefined;

  /**
   * @param options How to connect and to sign in, and what the server may call.
   * @param address The server's address, for those who watch its status.
   * @throws {TypeError} For methods that cannot be offered.
   * @throws {RangeError} For times that cannot be used.
   */
  constructor(options: LinkOptions, address = "") {
    this.#options = options;
    this.#address = address;
    this.#link = new Link(options, this);
    this.status = new BoardStatus(this.#board, {
      state: () => this.#state(),
      servers: () => [this.#server()],
    });
  }

  get peer(): Peer | undefined {
    return this.#link.peer;
  }

  pick(): Link {
    return this.#link;
  }

  async connect(): Promise<void> {
    await this.#link.connect();
  }

  async ready(signal?: AbortSignal): Promise<void> {
    const backoff = new Backoff(this.#options.reconnect, this.#options.random);
    for (;;) {
      try {
        await abortable(this.#link.connect(), signal);
        return;
      } catch (error) {
        if (signal?.aborted || !mayPass(error)) throw error;
        await delay(backoff.next(), { signal });
      }
    }
  }

  async close(): Promise<void> {
    await this.#link.close();
    this.#board.close();
  }

  takeBack(call: OutgoingCall, error: DariError): void {
    this.#link.takeBack(call, error);
  }

  doubted(): undefined {}

  changed(presence: Presence, error: Error | undefined): void {
    this.#presence = presence;
    this.#board.server(this.#link, this.#address, presence, error);
    this.#board.whole(presence, error);
  }

  #state(): ConnectionState {
    const { status } = this.#link;
    if (status === "closed" || status === "connected") return status;
    return this.#presence ?? status;
  }

  #server(): ServerStatus {
    const state = this.#state();
    const { outstanding, error } = this.#link;
    return {
      address: this.#address,
      state,
      connections: state === "connected" ? 1 : 0,
      calls: outstanding,
      isServing: true,
      isSetAside: false,
      error,
    };
  }
}
