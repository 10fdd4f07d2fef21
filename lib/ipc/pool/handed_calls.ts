/**
 * The calls that a pool has handed to its workers: in the shared queue, or running.
 *
 * @module
 */

import { DariError } from "../../base/errors.ts";
import { limits } from "../../base/limits.ts";
import type { Call } from "./pool_call.ts";
import {
  encodeRequest,
  MAX_HEADER_BYTES,
  type OwnPayload,
  payloadOf,
  placeOf,
} from "./pool_frame.ts";
import { type Place, PoolSlots } from "./pool_slots.ts";
import { Queue } from "../queue/queue.ts";
import type { Encoding } from "../ring/value.ts";

/** The calls by their places. */
export class HandedCalls {
  readonly #requests: Queue<Uint8Array>;
  readonly #slots: PoolSlots;
  readonly #calls: (Call | undefined)[];
  readonly #encoding: Encoding;
  readonly #maxMessageBytes: number;

  constructor(places: number, encoding: Encoding, maxMessageBytes: number) {
    this.#slots = PoolSlots.allocate(places);
    this.#calls = Array(places).fill(undefined);
    this.#encoding = encoding;
    this.#maxMessageBytes = maxMessageBytes;
    // Twice the places: calls that were withdrawn lie in the queue until a worker skips them.
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
   * Hands a call over.
   *
   * @returns Whether there was room for it.
   * @throws {TypeError} on params that cannot be encoded.
   * @throws {DariError} on params that are too long, and a name that no method can have.
   */
  hand(call: Call): boolean {
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

  /** The call at a place, unless it was given up. */
  at({ slot, generation }: Place): (Call & { place: Place }) | undefined {
    const call = this.#calls[slot];
    return isHanded(call) && call.place.generation === generation ? call : undefined;
  }

  /** Every call that is with the workers. */
  all(): (Call & { place: Place })[] {
    return this.#calls.filter(isHanded);
  }

  /** The worker that runs the call, or `undefined` while it is queued. */
  workerOf(place: Place): number | undefined {
    return this.#slots.workerOf(place);
  }

  /** Takes a call back that no worker has beginCall. */
  withdraw(call: Call): void {
    if (call.place !== undefined && this.#slots.withdraw(call.place)) this.release(call);
  }

  /** The call is no longer with the workers. */
  release(call: Call): void {
    if (call.place === undefined) return;
    this.#calls[call.place.slot] = undefined;
    this.#slots.release(call.place);
    delete call.place;
  }

  /**
   * Queues calls again that no worker has beginCall and that are not in the queue: one that died may
   * have taken them. Where another has, whoever comes second skips them.
   *
   * @returns The calls whose params cannot be encoded any more.
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

  /** Params that were too long for the queue, for the worker that runs the call. */
  payloadOf(call: Call): OwnPayload {
    const { kind, bytes } = payloadOf(call.params, this.#encoding);
    return { kind, bytes: bytes.slice() };
  }

  /** No more calls. */
  close(): void {
    this.#requests.close();
  }

  #put(call: Call, place: Place): boolean {
    const frame = this.#frameOf(call, place);
    if (this.#requests.tryPut(frame)) return true;
    this.#sweep();
    return this.#requests.tryPut(frame);
  }

  /** Takes out of the queue what was withdrawn; gives the calls that are left, in their order. */
  #sweep(): Set<Call> {
    const frames = new Map<Call, Uint8Array>();
    for (let frame = this.#requests.tryGet(); frame; frame = this.#requests.tryGet()) {
      const call = this.at(placeOf(frame));
      if (call !== undefined && this.workerOf(call.place) === undefined) frames.set(call, frame);
    }
    for (const frame of frames.values()) this.#requests.tryPut(frame);
    return new Set(frames.keys());
  }

  #frameOf({ method, params, expiresAt }: Call, place: Place): Uint8Array {
    const payload = payloadOf(params, this.#encoding);
    const { length } = payload.bytes;
    if (length > this.#maxMessageBytes) {
      throw new DariError(
        "resource_exhausted",
        `Params of ${length} bytes are over the limit of ${this.#maxMessageBytes}`,
        { retryable: false },
      );
    }
    const timeoutMs = Math.max(0, Math.ceil(expiresAt - performance.now()));
    const isInline = length <= limits.poolInlineBytes;
    return encodeRequest(place, method, timeoutMs, isInline ? payload : undefined);
  }
}

function isHanded(call: Call | undefined): call is Call & { place: Place } {
  return call?.place !== undefined;
}
