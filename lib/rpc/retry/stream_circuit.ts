/**
 * Streams at the circuit of their client. They are let through and counted as calls are, but a stream
 * may take hours to end, so that none of them tries a server that failed: a ping does.
 *
 * @module
 */

import type { CallOutcome } from "../call/stream_call.ts";
import type { Circuit } from "./circuit.ts";

/** Lets the streams of one client through its circuit. */
export class StreamCircuit {
  readonly #circuit: Circuit | undefined;
  readonly #ping: () => void;

  /**
   * @param circuit The circuit, where the client has one.
   * @param ping Makes a short call, which goes through the same circuit.
   */
  constructor(circuit: Circuit | undefined, ping: () => void) {
    this.#circuit = circuit;
    this.#ping = ping;
  }

  /**
   * Lets a stream through.
   *
   * @returns Takes how it ended; `undefined` where the client has no circuit.
   * @throws {DariError} `unavailable` with `retryAfterMs` unless the circuit is closed. Where it is time
   * to try the server, that is done meanwhile: a client that has nothing but streams comes back too.
   */
  admit(): CallOutcome | undefined {
    try {
      return this.#circuit?.admit(false);
    } catch (refusal) {
      if (this.#circuit?.awaitsTry === true) this.#ping();
      throw refusal;
    }
  }
}
