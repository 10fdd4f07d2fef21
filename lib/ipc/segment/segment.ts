/**
 * The memory that the two ends of a connection share: a page of facts, and a ring for each direction.
 * `docs/wire.md` has its layout.
 *
 * Invariants: the end that makes it writes ring 0 and reads ring 1, the other end the other way round.
 * Word `movedAt` of a ring is −1 until its writer has moved into it, and then the number of bytes that
 * it had sent over the socket: what the writer sends behind them is in the ring, and each byte that it
 * still writes to the socket is a doorbell. Word `returnedAt` is the number of bytes, doorbells among
 * them, that it had sent there when it went back to the socket. The writer alone stores both.
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
/** What the upper half of a number of 8 bytes counts in. */
const UPPER_HALF = 2 ** 32;
/** The kind of the message with which a writer leaves its ring. */
export const RETURNED = 2;
/** Places among words of 8 bytes, by ring; what another end writes has a cache line of its own. */
const MOVED_AT = [8, 16] as const;
const RETURNED_AT = [9, 17] as const;
/** By ring, among words of 4 bytes: 1 while its reader sleeps without a look. */
const READER_SLEEPS = [48, 64] as const;

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
  readonly #words: Int32Array;
  /** 0 where this end made it. */
  readonly #side: 0 | 1;
  readonly #otherSide: 0 | 1;
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
    this.#otherSide = side === 0 ? 1 : 0;
    this.#facts = new BigInt64Array(memory.part(0, PAGE_BYTES));
    this.#words = new Int32Array(this.#facts.buffer);
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
    for (const at of [...MOVED_AT, ...RETURNED_AT]) segment.#facts[at] = UNSET;
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

  /** Whether both ends have it: this one opened it, or the other one has moved into it. */
  get isJoined(): boolean {
    return this.#side === 1 || this.inboundMovedAt >= 0;
  }

  /** How many bytes the other end had sent over the socket when it moved last; −1 while it has not. */
  get inboundMovedAt(): number {
    return this.#count(MOVED_AT[this.#otherSide]);
  }

  /** How many bytes the other end had sent over the socket when it went back to it last; or −1. */
  get inboundReturnedAt(): number {
    return this.#count(RETURNED_AT[this.#otherSide]);
  }

  /** Says that this end moves, and how many bytes it has sent over the socket in all. */
  moveOutbound(sentBytes: number): void {
    Atomics.store(this.#facts, MOVED_AT[this.#side], BigInt(sentBytes));
  }

  /** Says that this end goes back to the socket, and how many bytes it has sent there in all. */
  returnOutbound(sentBytes: number): void {
    Atomics.store(this.#facts, RETURNED_AT[this.#side], BigInt(sentBytes));
  }

  /** Whether what this end sends into its ring has to ring: its reader sleeps without a look. */
  get isReaderAsleep(): boolean {
    return this.#words[READER_SLEEPS[this.#side]] !== 0;
  }

  /** Says whether this end sleeps without a look at its ring. */
  tellReaderSleeps(isAsleep: boolean): void {
    Atomics.store(this.#words, READER_SLEEPS[this.#otherSide], isAsleep ? 1 : 0);
  }

  /**
   * A number of 8 bytes that only grows. It is read after the bytes that it was stored before have come
   * through the socket, so plain reads see it; in halves, since a BigInt for each would cost more.
   */
  #count(at: number): number {
    const upper = this.#words[2 * at + 1] ?? 0;
    let lower = this.#words[2 * at] ?? 0;
    const again = this.#words[2 * at + 1] ?? 0;
    if (again !== upper) lower = this.#words[2 * at] ?? 0; // it passed 4 GiB just now
    return again * UPPER_HALF + (lower >>> 0);
  }

  /** Says that the other end has opened it. */
  opened(): void {
    this.#memory.closeDescriptor();
  }

  /** Gives the memory back; every look into it afterwards throws. */
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
