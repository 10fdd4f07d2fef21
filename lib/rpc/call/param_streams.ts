/**
 * The streams among the params of one call.
 *
 * @module
 */

import { runFor } from "../../base/context/ambient_call.ts";
import type { StreamHole, WrittenValue } from "../../protocol/values/written.ts";
import type { PeerValues } from "../peer/peer_values.ts";
import { endSource, type StreamSource } from "../stream/sources.ts";

/**
 * Streams that end with their call. Until it is sent they belong to it, and then to the connection
 * that it was sent over, which gives them back where the call was not run.
 */
export class ParamStreams {
  readonly #holes: readonly StreamHole[];
  /** Where they are, once the call is sent. */
  #sent: { readonly values: PeerValues; readonly ids: readonly number[] } | undefined;

  private constructor(holes: readonly StreamHole[]) {
    this.#holes = holes;
  }

  /**
   * Finds the streams of params.
   *
   * @param params The params as they were written.
   * @returns The streams; `undefined` where there are none.
   */
  static of({ holes }: WrittenValue): ParamStreams | undefined {
    const streams = holes.filter((hole) => hole.kind === "stream");
    return streams.length === 0 ? undefined : new ParamStreams(streams);
  }

  /**
   * The call is about to be sent.
   *
   * @param values The values of the connection.
   * @param ids The numbers that the streams have there.
   */
  sent(values: PeerValues, ids: readonly number[]): void {
    this.#sent = { values, ids };
  }

  /** The call was not run, and may be sent again. */
  takeBack(): void {
    this.#sent?.values.takeBack(this.#sent.ids);
    this.#sent = undefined;
  }

  /** The call has ended. */
  end(): void {
    if (this.#sent !== undefined) this.#sent.values.stop(this.#sent.ids);
    else {
      for (const { source, owner } of this.#holes) {
        runFor(owner, () => endSource(source as StreamSource));
      }
    }
    this.#sent = undefined;
  }
}
