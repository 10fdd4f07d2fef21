/**
 * A connection as its signs of life see it.
 *
 * @module
 */

import type { TransportError } from "../../base/errors.ts";
import type { Connection } from "../../transport/connection.ts";
import type { Caller } from "../call/caller.ts";
import type { Outbox } from "../outbox/outbox.ts";
import type { Intake } from "./intake.ts";
import type { Watched } from "./life_signs.ts";

/** The parts of a connection that are looked at. */
export interface WatchedParts {
  readonly outbox: Pick<Outbox, "isSending" | "progress">;
  readonly caller: Pick<Caller, "waiting" | "ping" | "doubted">;
  readonly intake: Pick<Intake, "pieces" | "isDeaf">;
  readonly connection: Pick<Connection, "receivedBytes">;
  /** Ends the connection. */
  readonly onLost: (error: unknown) => void;
}

/**
 * Reads the parts each time. It is a class, since V8 keeps the accessors of an object literal in maps
 * of that object alone: they hold on to everything of the connection until the next full collection,
 * which made a short connection a third dearer.
 */
export class WatchedConnection implements Watched {
  readonly #parts: WatchedParts;

  /** @param parts The parts. */
  constructor(parts: WatchedParts) {
    this.#parts = parts;
  }

  get isIdle(): boolean {
    return this.#parts.caller.waiting.isIdle;
  }

  get heard(): number {
    const { intake, connection } = this.#parts;
    return intake.pieces + (connection.receivedBytes ?? 0);
  }

  get hasMessage(): boolean {
    return this.#parts.intake.pieces > 0;
  }

  get isDeaf(): boolean {
    return this.#parts.intake.isDeaf;
  }

  get isSending(): boolean {
    return this.#parts.outbox.isSending;
  }

  get progress(): number {
    return this.#parts.outbox.progress;
  }

  set onWait(wait: (() => void) | undefined) {
    this.#parts.caller.waiting.onWait = wait;
  }

  ping(): Promise<void> {
    return this.#parts.caller.ping();
  }

  doubted(): void {
    this.#parts.caller.doubted();
  }

  lost(error: TransportError): void {
    this.#parts.onLost(error);
  }
}
