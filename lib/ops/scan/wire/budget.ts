/**
 * What one scan may spend: connections, connections at a time, bytes and time. Every connection of a
 * scan is opened here.
 *
 * @module
 */

import { after } from "../../../base/abort.ts";
import { limits } from "../../../base/limits.ts";
import type { ByteStream } from "../../../transport/stream_connection.ts";
import { ScanFault } from "./fault.ts";
import { TlsPeer } from "./tls_peer.ts";

/** Opens a connection; the signal ends the attempt. */
export type Dial = (signal: AbortSignal) => Promise<ByteStream>;

/** The bounds of a scan. */
export interface ScanBounds {
  /** The time for the whole scan. */
  readonly timeoutMs: number;
  /** The time for one connection, from its opening to its last byte. */
  readonly connectionTimeoutMs: number;
  /** Connections in all. */
  readonly maxConnections: number;
  /** Connections at a time. */
  readonly concurrency: number;
  /** What is read from one connection. */
  readonly maxConnectionBytes: number;
}

/** The bounds of a scan that names no others. */
export const defaultBounds: ScanBounds = {
  timeoutMs: limits.scanTimeoutMs,
  connectionTimeoutMs: limits.scanConnectionTimeoutMs,
  maxConnections: limits.maxScanConnections,
  concurrency: limits.maxScanConcurrency,
  maxConnectionBytes: limits.maxScanConnectionBytes,
};

/** What a scan has spent. */
export interface Spent {
  /** Connections that were opened, or tried to. */
  readonly connections: number;
  /** Bytes that came from the server. */
  readonly receivedBytes: number;
  /** Bytes that were sent. */
  readonly sentBytes: number;
}

/** Opens the connections of a scan within its bounds. */
export class ScanBudget {
  readonly bounds: ScanBounds;
  readonly #dial: Dial;
  /** Aborts when the time of the scan is over, or its caller gives up. */
  readonly #ending = new AbortController();
  readonly #forget: () => void;
  readonly #waiting: (() => void)[] = [];
  #open = 0;
  #connections = 0;
  #received = 0;
  #sent = 0;

  /**
   * @param dial Opens a connection to the server.
   * @param bounds The bounds.
   * @param signal Ends the scan.
   */
  constructor(dial: Dial, bounds: ScanBounds = defaultBounds, signal?: AbortSignal) {
    this.#dial = dial;
    this.bounds = bounds;
    const end = () => this.#ending.abort();
    const cancel = after(bounds.timeoutMs, end);
    signal?.addEventListener("abort", end, { once: true });
    if (signal?.aborted) end();
    this.#forget = () => {
      cancel();
      signal?.removeEventListener("abort", end);
    };
  }

  /** What was spent so far. */
  get spent(): Spent {
    return {
      connections: this.#connections,
      receivedBytes: this.#received,
      sentBytes: this.#sent,
    };
  }

  /** Whether nothing may be spent any more. */
  get isSpent(): boolean {
    return this.#ending.signal.aborted || this.#connections >= this.bounds.maxConnections;
  }

  /**
   * Opens a connection, uses it and closes it.
   *
   * @param use What is done with the connection.
   * @returns What `use` gives.
   * @throws {ScanFault} What ended the connection.
   * @throws {AlertFault} A fatal alert of the server.
   */
  async connect<T>(use: (peer: TlsPeer) => Promise<T>): Promise<T> {
    await this.#turn();
    const ending = new AbortController();
    const outOfTime = after(this.bounds.connectionTimeoutMs, () => ending.abort());
    const signal = AbortSignal.any([ending.signal, this.#ending.signal]);
    try {
      if (this.isSpent) throw spent();
      this.#connections++;
      const stream = await this.#reach(signal);
      using peer = new TlsPeer(this.#count(stream), {
        maxBytes: this.bounds.maxConnectionBytes,
        signal,
      });
      return await use(peer);
    } catch (error) {
      // What breaks when the whole scan's time is over says nothing about the server.
      throw this.#ending.signal.aborted && error instanceof ScanFault ? spent() : error;
    } finally {
      outOfTime();
      this.#open--;
      this.#waiting.shift()?.();
    }
  }

  /** Ends the timer of the scan. */
  [Symbol.dispose](): void {
    this.#forget();
  }

  async #turn(): Promise<void> {
    while (this.#open >= this.bounds.concurrency) {
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
    this.#open++;
  }

  async #reach(signal: AbortSignal): Promise<ByteStream> {
    try {
      return await this.#dial(signal);
    } catch (cause) {
      if (signal.aborted) throw new ScanFault("timeout", "it does not accept a connection in time");
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new ScanFault("unreachable", reason, { cause });
    }
  }

  #count(stream: ByteStream): ByteStream {
    return {
      read: async (into) => {
        const count = await stream.read(into);
        this.#received += count ?? 0;
        return count;
      },
      write: async (bytes) => {
        const count = await stream.write(bytes);
        this.#sent += count;
        return count;
      },
      closeWrite: () => stream.closeWrite(),
      close: () => stream.close(),
    };
  }
}

function spent(): ScanFault {
  return new ScanFault("spent", "the scan has used up its time or its connections");
}
