/**
 * The calls that a pool has dispatched to its workers: they are in the shared queue, or run.
 *
 * Invariants:
 * - A dispatched call has a place, and `#calls` has it at the slot of that place; both are cleared
 *   together by `release`. A place is used for one call, so late replies find nothing.
 * - The queue may hold requests of calls that were withdrawn, and hold a request twice; workers skip
 *   what they cannot claim. `#sweep` removes what nobody will claim.
 *
 * @module
 */

import { DariError } from "../../base/errors.ts";
import { limits } from "../../base/limits.ts";
import type { Call } from "./call.ts";
import {
  encodeRequest,
  MAX_HEADER_BYTES,
  type OwnPayload,
  payloadOf,
  placeOf,
} from "./wire/frame.ts";
import { CallSlots, type Place } from "./wire/slots.ts";
import { Queue } from "../queue/queue.ts";
import type { Encoding } from "../ring/value.ts";

/** The dispatched calls by their places. */
export class DispatchedCalls {
  /** Both made here and shared with the workers; the queue is closed by `close`. */
  readonly #requests: Queue<Uint8Array>;
  readonly #slots: CallSlots;
  readonly #calls: (Call | undefined)[];
  readonly #encoding: Encoding;
  readonly #maxMessageBytes: number;

  constructor(places: number, encoding: Encoding, maxMessageBytes: number) {
    this.#slots = CallSlots.allocate(places);
    this.#calls = Array(places).fill(undefined);
    this.#encoding = encoding;
    this.#maxMessageBytes = maxMessageBytes;
    // Twice the places: calls that were withdrawn stay in the queue until a worker skips them.
    this.#requests = Queue.create<Uint8Array>({
      maxItems: places * 2,
      capacityBytes: Math.max(
        limits.queueBytes,
        places * (limits.poolInlineBytes + MAX_HEADER_BYTES),
      ),
    });
  }

  /** The memory that the workers open. */
  get buffers(): { requests: SharedArrayBuffer; slots: SharedArrayBuffer } {
    return { requests: this.#requests.buffer, slots: this.#slots.buffer };
  }

  /**
   * Dispatches a call to the workers.
   *
   * @returns Whether there was room for it.
   * @throws {TypeError} on params that cannot be encoded.
   * @throws {DariError} `resource_exhausted` on params that are too long, `method_not_found` on a name
   * that is too long.
   */
  dispatch(call: Call): boolean {
    const place = this.#slots.take();
    if (place === undefined) return false;
    let isPut = false;
    try {
      isPut = this.#put(call, place);
    } finally {
      if (!isPut) this.#slots.release(place);
    }
    if (!isPut) return false;
    call.place = place;
    this.#calls[place.slot] = call;
    return true;
  }

  /** The call at a place, unless it was released. */
  at({ slot, generation }: Place): (Call & { place: Place }) | undefined {
    const call = this.#calls[slot];
    return isDispatched(call) && call.place.generation === generation ? call : undefined;
  }

  /** Every dispatched call. */
  all(): (Call & { place: Place })[] {
    return this.#calls.filter(isDispatched);
  }

  /** How many calls workers run now. */
  get running(): number {
    return this.all().filter(({ place }) => this.workerOf(place) !== undefined).length;
  }

  /** The index of the worker that runs the call; `undefined` while no worker does. */
  workerOf(place: Place): number | undefined {
    return this.#slots.workerOf(place);
  }

  /** Takes back a call that no worker has claimed; a call that runs stays dispatched. */
  withdraw(call: Call): void {
    if (call.place !== undefined && this.#slots.withdraw(call.place)) this.release(call);
  }

  /** Frees the place of a call that no worker runs any more. */
  release(call: Call): void {
    if (call.place === undefined) return;
    this.#calls[call.place.slot] = undefined;
    this.#slots.release(call.place);
    delete call.place;
  }

  /**
   * Queues again the calls that no worker has claimed and that are not in the queue: a worker that
   * died may have taken them. If a living worker has taken them, the second one skips them.
   *
   * @returns The calls that could not be queued, for instance because their params have changed.
   */
  queueAgain(): Call[] {
    const queued = this.#sweep();
    return this.all().filter((call) => {
      if (queued.has(call) || this.workerOf(call.place) !== undefined) return false;
      try {
        return !this.#put(call, call.place);
      } catch {
        return true;
      }
    });
  }

  /**
   * The params of a call in a buffer of their own, to be posted to the worker that asked for them.
   */
  payloadOf(call: Call): OwnPayload {
    const { kind, bytes } = payloadOf(call.params, this.#encoding);
    return { kind, bytes: bytes.slice() };
  }

  /** Closes the queue: the workers end once it is empty. */
  close(): void {
    this.#requests.close();
  }

  #put(call: Call, place: Place): boolean {
    const frame = this.#frameOf(call, place);
    if (this.#requests.tryPut(frame)) return true;
    this.#sweep();
    return this.#requests.tryPut(frame);
  }

  /**
   * Removes withdrawn and repeated requests from the queue; returns the calls left in it, in order.
   */
  #sweep(): Set<Call> {
    const frames = new Map<Call, Uint8Array>();
    for (let frame = this.#requests.tryGet(); frame; frame = this.#requests.tryGet()) {
      const call = this.at(placeOf(frame));
      if (call !== undefined && this.workerOf(call.place) === undefined) frames.set(call, frame);
    }
    for (const frame of frames.values()) this.#requests.tryPut(frame);
    return new Set(frames.keys());
  }

  #frameOf({ method, params, expiresAt, carried }: Call, place: Place): Uint8Array {
    const payload = payloadOf(params, this.#encoding);
    const { length } = payload.bytes;
    if (length > this.#maxMessageBytes) {
      throw new DariError(
        "resource_exhausted",
        `Params of ${length} bytes are over the limit of ${this.#maxMessageBytes} bytes`,
        { retryable: false },
      );
    }
    const timeoutMs = Math.max(0, Math.ceil(expiresAt - performance.now()));
    const isInline = length <= limits.poolInlineBytes;
    return encodeRequest(place, method, timeoutMs, isInline ? payload : undefined, carried);
  }
}

function isDispatched(call: Call | undefined): call is Call & { place: Place } {
  return call?.place !== undefined;
}
