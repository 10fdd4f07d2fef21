/**
 * A connection between two threads of one server, over the messages that they exchange anyway.
 *
 * @module
 */

import { limits } from "../../../base/limits.ts";
import type { Connection } from "../../../transport/connection.ts";
import { memoryPair } from "../../../transport/memory.ts";

/** What one end says to the other. */
export type RelayPiece =
  /** Whole lines, or the bytes of a blob. */
  | { readonly kind: "piece"; readonly piece: string | Uint8Array }
  /** The piece that came last was received: another one may follow. */
  | { readonly kind: "taken" }
  /** Nothing follows. */
  | { readonly kind: "ended" };

/**
 * One end. What its connection sends is posted, one piece at a time: the next one waits until the
 * other end has received it, so a slow reader slows the sender instead of filling memory.
 */
export class RelayEnd {
  /** The connection, for a client or a server, which closes it. */
  readonly connection: Connection;
  readonly #far: Connection;
  readonly #post: (piece: RelayPiece) => void;
  /** Resolves when the piece that was posted last was received; made for each piece. */
  #taken = () => {};

  /** @param post Gives a piece to the other end. */
  constructor(post: (piece: RelayPiece) => void) {
    const [near, far] = memoryPair();
    this.connection = near;
    this.#far = far;
    this.#post = post;
    far.takesBlobs = true;
    far.maxLineBytes = limits.maxMessageBytes; // the two real ends have bounds of their own
    void this.#pump();
  }

  /**
   * Takes what the other end has said.
   *
   * @param said What it said.
   */
  take(said: RelayPiece): void {
    if (said.kind === "taken") return this.#taken();
    if (said.kind === "ended") return void this.#far.close();
    const { piece } = said;
    const sent = typeof piece === "string"
      ? this.#far.send(piece)
      : this.#far.send(`#${piece.length}\n`, piece);
    // Where this end is closed, the other one is told by `ended`.
    sent.then(() => this.#post({ kind: "taken" }), () => {});
  }

  /** Ends the connection at once: the other thread is gone. */
  abort(): void {
    this.#far.abort();
    this.#taken();
  }

  async #pump(): Promise<void> {
    try {
      for (;;) {
        const piece = await this.#far.receive();
        if (piece === null) break;
        const taken = new Promise<void>((resolve) => this.#taken = resolve);
        this.#post({ kind: "piece", piece });
        await taken;
      }
    } catch {
      // A message over the bound of the two real ends: the connection ends.
    }
    this.#post({ kind: "ended" });
  }
}
