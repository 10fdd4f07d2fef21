/**
 * A connection that moves from its socket into memory that both ends share: the two ends agree on it
 * here, and the transport does it.
 *
 * @module
 */

import { DariError } from "../../base/errors.ts";
import { MEMORY } from "../../protocol/hello.ts";
import type { Connection, MemoryOffer } from "../../transport/connection.ts";
import type { Caller } from "../call/caller.ts";
import type { Agreement } from "../peer/agreement.ts";

/** The parts of a connection that moves. */
export interface MovingParts {
  /** Says whether both ends know how. */
  readonly agreement: Pick<Agreement, "has">;
  /** Makes the offer. */
  readonly caller: Pick<Caller, "call">;
  /** What moves. */
  readonly connection: Pick<Connection, "sharing">;
}

/** Offers memory to the other side, and takes its offer. */
export class Moving {
  readonly #parts: MovingParts;

  /** @param parts The parts of the connection. */
  constructor(parts: MovingParts) {
    this.#parts = parts;
  }

  /** Both sides know what both know. The one that was accepted offers, once it has served enough. */
  agreed(): void {
    const { agreement, connection: { sharing } } = this.#parts;
    if (sharing === undefined || !agreement.has("memory")) return;
    sharing.returns = agreement.has("memory-return");
    if (!sharing.offers) return;
    const offer = () => void this.#offer();
    sharing.onWorthwhile = offer;
  }

  /** Never rejects: where memory cannot be shared, the socket goes on. */
  async #offer(): Promise<void> {
    const { caller, connection: { sharing } } = this.#parts;
    try {
      await caller.call(MEMORY, sharing?.offer());
    } catch {
      sharing?.withdraw();
    }
  }

  /**
   * The other side offers memory.
   *
   * @param params Its offer.
   * @returns `true`: from here on, what this side sends is in the memory.
   * @throws {DariError} `failed_precondition` without an agreement, and why it cannot be taken.
   */
  take(params: unknown): true {
    const { agreement, connection: { sharing } } = this.#parts;
    if (sharing === undefined || !agreement.has("memory")) {
      throw new DariError("failed_precondition", `"${MEMORY}" was not agreed on in rpc.hello`);
    }
    sharing.join((params ?? {}) as MemoryOffer);
    return true;
  }
}
