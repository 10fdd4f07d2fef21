/**
 * The memory that the two ends of a connection share: a page of facts, and a ring for each direction.
 * `docs/wire.md` has its layout.
 *
 * Invariants: the end that makes it writes ring 0 and reads ring 1, the other end the other way round.
 * Word `switchedAt` of a ring is −1 until its writer has sent its last byte over the socket, and then
 * the number of bytes that it has sent there: what the writer sends behind them is in the ring, and
 * each byte that it still writes to the socket is a doorbell.
 *
 * @module
 */

import { DariError } from "../../base/errors.ts";
import { limits } from "../../base/limits.ts";
import type { MemoryOffer } from "../../transport/connection.ts";
import { CONTROL_BYTES, event, format, memoryType } from "../ring/records.ts";
import { createSealed, openSealed, type SealedMemory } from "./sealed_memory.ts";

const PAGE_BYTES = 4_096;
const TOKEN_BYTES = 16;
const TOKEN_AT = 16;
const TOKEN = /^[0-9a-f]{32}$/;
const MAX_PID = 2 ** 31 - 1;
const UNSET = -1n;
/** The index of the first `switchedAt` among words of 8 bytes; each has a cache line of its own. */
const SWITCHED_AT = [8, 16] as const;

/** What all segments of this process that it made have together, in bytes. */
let madeBytes = 0;

/** The memory that two ends share. */
export class Segment {
  /** What the other end needs to open it; only where this end made it. */
  readonly offer: MemoryOffer;
  /** The memory of the ring that this end writes. */
  readonly outbound: ArrayBuffer;
  /** The memory of the ring that this end reads. */
  readonly inbound: ArrayBuffer;
  readonly #memory: SealedMemory;
  readonly #facts: BigInt64Array;
  /** 0 where this end made it. */
  readonly #side: 0 | 1;
  #isReleased = false;

  private constructor(memory: SealedMemory, offer: MemoryOffer, side: 0 | 1) {
    const ringBytes = spaceOf(offer.ringBytes);
    const rings = [0, 1].map((ring) =>
      memory.part(PAGE_BYTES + ring * ringBytes, CONTROL_BYTES + offer.ringBytes)
    );
    this.offer = offer;
    this.outbound = rings[side]!;
    this.inbound = rings[1 - side]!;
    this.#memory = memory;
    this.#side = side;
    this.#facts = new BigInt64Array(memory.part(0, PAGE_BYTES));
  }

  /**
   * Makes a segment.
   *
   * @param ringBytes The room of each ring.
   * @throws {DariError} `resource_exhausted` where this process has made as many as it may, and what
   * `createSealed` throws.
   */
  static create(ringBytes: number = limits.segmentRingBytes): Segment {
    const size = sizeOf(ringBytes);
    if (madeBytes + size > limits.maxSegmentBytes) {
      throw new DariError(
        "resource_exhausted",
        `All connections together share ${madeBytes} bytes of at most ${limits.maxSegmentBytes}`,
      );
    }
    const memory = createSealed(size);
    const token = crypto.getRandomValues(new Uint8Array(TOKEN_BYTES));
    const offer = { pid: Deno.pid, fd: memory.fd, ringBytes, token: token.toHex() };
    const segment = new Segment(memory, offer, 0);
    new Uint8Array(segment.#facts.buffer).set(token, TOKEN_AT);
    for (const ring of [segment.outbound, segment.inbound]) {
      format(ring, memoryType.ring);
      // Each side waits at its socket at first: the first message has to ring.
      new Int32Array(ring)[event.data + 1] = 1;
    }
    for (const at of SWITCHED_AT) segment.#facts[at] = UNSET;
    madeBytes += size;
    return segment;
  }

  /**
   * Opens a segment that the other end made.
   *
   * @param offer What the other end sent.
   * @throws {DariError} `invalid_params` for an offer that is none, `failed_precondition` for memory
   * that is not what it says, and what `openSealed` throws.
   */
  static open(offer: MemoryOffer): Segment {
    checkOffer(offer);
    const memory = openSealed(offer, sizeOf(offer.ringBytes));
    try {
      const segment = new Segment(memory, offer, 1);
      const token = new Uint8Array(segment.#facts.buffer, TOKEN_AT, TOKEN_BYTES);
      if (token.toHex() === offer.token) return segment;
      throw new DariError("failed_precondition", "The memory at this place is another one");
    } catch (error) {
      memory.release();
      throw error;
    }
  }

  /** How many bytes the other end has sent over the socket in all; `undefined` while it goes on. */
  get inboundSwitchedAt(): number | undefined {
    const at = Atomics.load(this.#facts, SWITCHED_AT[this.#side === 0 ? 1 : 0]);
    return at === UNSET ? undefined : Number(at);
  }

  /** Says how many bytes this end has sent over the socket in all. */
  switchOutbound(sentBytes: number): void {
    Atomics.store(this.#facts, SWITCHED_AT[this.#side], BigInt(sentBytes));
  }

  /** Says that the other end has opened it. */
  opened(): void {
    this.#memory.closeDescriptor();
  }

  /** Gives the memory back; whoever looks into it afterwards gets an error. */
  release(): void {
    if (this.#isReleased) return;
    this.#isReleased = true;
    if (this.#side === 0) madeBytes -= sizeOf(this.offer.ringBytes);
    this.#memory.release();
  }
}

function checkOffer({ pid, fd, ringBytes, token }: MemoryOffer): void {
  const isPlace = isWhole(pid, MAX_PID) && pid > 0 && isWhole(fd, MAX_PID);
  const isSize = isWhole(ringBytes, limits.maxSegmentRingBytes) &&
    ringBytes >= limits.minSegmentRingBytes && Math.log2(ringBytes) % 1 === 0;
  if (isPlace && isSize && typeof token === "string" && TOKEN.test(token)) return;
  throw new DariError("invalid_params", "This offer of shared memory is malformed");
}

function isWhole(value: unknown, max: number): value is number {
  return Number.isInteger(value) && value as number >= 0 && value as number <= max;
}

function spaceOf(ringBytes: number): number {
  return Math.ceil((CONTROL_BYTES + ringBytes) / PAGE_BYTES) * PAGE_BYTES;
}

function sizeOf(ringBytes: number): number {
  return PAGE_BYTES + 2 * spaceOf(ringBytes);
}
