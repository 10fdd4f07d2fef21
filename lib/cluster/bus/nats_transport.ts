/**
 * The bytes between this program and a NATS server, by sockets of the caller's.
 *
 * @module
 */

import {
  type ConnectionOptions,
  extractProtocolMessage,
  type Server,
  type Transport,
} from "@nats-io/nats-core/internal";
import { after } from "../../base/abort.ts";
import { TransportError } from "../../base/errors.ts";
import { limits } from "../../base/limits.ts";
import { VERSION } from "../../base/version.ts";
import type { ByteStream } from "../../transport/stream_connection.ts";

/** Opens sockets. */
export interface NatsSockets {
  /**
   * Connects by TCP.
   *
   * @param host The NATS server's name or address.
   * @param port Its port.
   * @param signal Ends the attempt.
   */
  connect(host: string, port: number, signal: AbortSignal): Promise<ByteStream>;
  /**
   * Shakes hands by TLS.
   *
   * @param stream The connection, which it owns from then on.
   * @param name The name that the NATS server's certificate must have.
   */
  secure(stream: ByteStream, name: string): Promise<ByteStream>;
}

/** What a transport is told beside what the client of NATS knows. */
export interface TransportSettings extends ConnectionOptions {
  /** Opens sockets. */
  readonly sockets: NatsSockets;
  /** Whether a NATS server without TLS will do. */
  readonly allowsPlain: boolean;
  /** Hears why a connection ended that was open. */
  readonly onEnd: (error: Error | undefined) => void;
}

/** One connection to a NATS server; the client of NATS makes a new one each time. */
export class NatsTransport implements Transport {
  readonly lang = "dari";
  readonly version = VERSION;
  closeError?: Error;
  readonly #closed = Promise.withResolvers<void | Error>();
  #stream: ByteStream | undefined;
  /** The connection while both ends still agree on how they speak. */
  #opening: ByteStream | undefined;
  #onEnd: (error: Error | undefined) => void = () => {};
  #isEncrypted = false;
  #isOver = false;
  /** What the NATS server said before the handshake. */
  #greeting = new Uint8Array();
  /** What waits to be written. */
  #waiting: Uint8Array[] = [];
  /** The writing under way. */
  #writing: Promise<void> | undefined;

  get isClosed(): boolean {
    return this.#isOver;
  }

  async connect(server: Server, options: ConnectionOptions): Promise<void> {
    const { sockets, allowsPlain, onEnd } = options as TransportSettings;
    const tooLate = new AbortController();
    const forget = after(limits.natsConnectTimeoutMs, () => tooLate.abort(new Error("timeout")));
    let stream = await sockets.connect(server.hostname, server.port, tooLate.signal)
      .finally(forget);
    if (this.#isOver) return closeQuietly(stream); // the client of NATS has given up
    this.#opening = stream;
    try {
      const info = await this.#greet(stream);
      if (info.tls_required === true || info.tls_available === true) {
        stream = await sockets.secure(stream, server.tlsName || server.hostname);
        this.#isEncrypted = true;
      } else if (!allowsPlain) {
        throw new TransportError("unavailable", NO_TLS, { retryable: false });
      }
    } catch (error) {
      closeQuietly(stream);
      throw error;
    }
    if (this.#isOver) return closeQuietly(stream);
    this.#stream = stream;
    this.#onEnd = onEnd;
  }

  async *[Symbol.asyncIterator](): AsyncIterableIterator<Uint8Array> {
    if (this.#greeting.length > 0) yield this.#greeting;
    let memory = new Uint8Array(limits.natsReadBytes);
    try {
      while (!this.#isOver && this.#stream !== undefined) {
        const length = await this.#stream.read(memory);
        // Once this connection is over, the client of NATS would take them for the next one's.
        if (length === null || this.#isOver) break;
        yield memory.subarray(0, length);
        // The client of NATS keeps parts of it, so the next bytes go behind them or elsewhere.
        memory = memory.subarray(length);
        if (memory.length < limits.natsReadBytes / 4) memory = new Uint8Array(limits.natsReadBytes);
      }
      this.#end(undefined);
    } catch (error) {
      this.#end(error as Error);
    }
  }

  isEncrypted(): boolean {
    return this.#isEncrypted;
  }

  send(frame: Uint8Array): void {
    this.#waiting.push(frame);
    this.#writing ??= this.#writeAll();
  }

  async close(error?: Error): Promise<void> {
    await this.#writing; // what is on its way is sent; the caller bounds the time
    this.#end(error);
  }

  disconnect(): void {
    this.#end(undefined);
  }

  discard(): void {
    this.#isOver = true;
    this.#closeStream();
  }

  closed(): Promise<void | Error> {
    return this.#closed.promise;
  }

  /** Reads the line in which the NATS server says what it is. */
  async #greet(stream: ByteStream): Promise<Record<string, unknown>> {
    const memory = new Uint8Array(limits.natsReadBytes);
    let length = 0;
    while (true) {
      const read = await stream.read(memory.subarray(length));
      if (read === null || read === 0) throw new Error("it says nothing that NATS would");
      length += read;
      const line = extractProtocolMessage(memory.subarray(0, length));
      if (line === "") continue;
      const json = /^INFO\s+(\{.*\})\s*$/is.exec(line)?.[1];
      if (json === undefined) throw new Error("it says nothing that NATS would");
      this.#greeting = memory.slice(0, length);
      return JSON.parse(json);
    }
  }

  async #writeAll(): Promise<void> {
    try {
      while (this.#waiting.length > 0 && this.#stream !== undefined && !this.#isOver) {
        const frames = this.#waiting;
        this.#waiting = [];
        for (const frame of frames) {
          let sent = await this.#stream.write(frame);
          while (sent < frame.length) sent += await this.#stream.write(frame.subarray(sent));
        }
      }
    } catch (error) {
      this.#end(error as Error);
    } finally {
      this.#writing = undefined;
    }
  }

  #end(error: Error | undefined): void {
    if (this.#isOver) return;
    this.#isOver = true;
    if (error !== undefined) this.closeError = error;
    this.#closeStream();
    if (this.#stream === undefined) return; // an attempt that failed is reported by `connect`
    this.#onEnd(error);
    this.#closed.resolve(error);
  }

  /** A NATS server that says nothing more while it connects would otherwise hold it for long. */
  #closeStream(): void {
    closeQuietly(this.#stream ?? this.#opening);
  }
}

const NO_TLS = "it speaks no TLS, which is allowed on this machine alone";

function closeQuietly(stream: ByteStream | undefined): void {
  try {
    stream?.close();
  } catch {
    // It was closed before.
  }
}
