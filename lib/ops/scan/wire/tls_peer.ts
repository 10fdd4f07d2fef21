/**
 * One connection to a scanned server: records of TLS in both directions (RFC 8446 section 5, RFC
 * 5246 section 6.2), as many as one connection may bring.
 *
 * @module
 */

import { limits } from "../../../base/limits.ts";
import { escapeControls } from "../../../base/text/printable.ts";
import type { ByteStream } from "../../../transport/stream_connection.ts";
import { ByteReader, type Bytes, join, u16, vector16 } from "./bytes.ts";
import { AlertFault, ScanFault } from "./fault.ts";

/** The content types of records. */
export const contentType = {
  changeCipherSpec: 20,
  alert: 21,
  handshake: 22,
  applicationData: 23,
} as const;

/** RFC 8446 section 5.2: the most that a protected record holds; RFC 5246 allows 2048 more. */
const RECORD_ROOM = 0x4800;

/** The alert that ends a connection in order. */
const CLOSE_NOTIFY = 0;

/** Protects the records of one direction. */
export interface RecordCipher {
  /** Protects a record; gives the type and the contents that are sent. */
  seal(type: number, contents: Bytes): Promise<{ readonly type: number; readonly bytes: Bytes }>;
  /**
   * Opens a record.
   *
   * @throws {ScanFault} `malformed` where it was not protected with this key.
   */
  open(type: number, bytes: Bytes): Promise<{ readonly type: number; readonly bytes: Bytes }>;
}

/** A message of the server. */
export type Message =
  | {
    readonly kind: "handshake";
    readonly type: number;
    readonly body: Bytes;
    /** With its header, as the transcript takes it. */
    readonly bytes: Bytes;
  }
  | { readonly kind: "data"; readonly bytes: Bytes }
  | { readonly kind: "closing" };

/** The bounds of one connection. */
export interface PeerBounds {
  /** What is read. */
  readonly maxBytes: number;
  /** Ends the connection. */
  readonly signal: AbortSignal;
}

/** A connection to a scanned server. */
export class TlsPeer {
  /** Protects what is sent from now on. */
  writeCipher: RecordCipher | undefined;
  /** Opens what comes from now on. */
  readCipher: RecordCipher | undefined;
  /** Opens what comes after the server's next ChangeCipherSpec (TLS 1.2). */
  nextReadCipher: RecordCipher | undefined;
  readonly #stream: ByteStream;
  readonly #bounds: PeerBounds;
  readonly #abort: () => void;
  /** What was read and not used. */
  #read: Bytes = new Uint8Array(0);
  #readBytes = 0;
  /** The beginning of a handshake message. */
  #handshake: Bytes = new Uint8Array(0);
  #isClosed = false;

  /**
   * @param stream The bytes; the peer owns and closes it.
   * @param bounds The bounds.
   */
  constructor(stream: ByteStream, bounds: PeerBounds) {
    this.#stream = stream;
    this.#bounds = bounds;
    this.#abort = () => this[Symbol.dispose]();
    bounds.signal.addEventListener("abort", this.#abort, { once: true });
    if (bounds.signal.aborted) this.#abort();
  }

  /**
   * Sends one record.
   *
   * @param type Its content type.
   * @param contents What is in it.
   * @param version The version in the record's header.
   */
  async send(type: number, contents: Bytes, version = 0x0303): Promise<void> {
    const sealed = await this.writeCipher?.seal(type, contents) ?? { type, bytes: contents };
    await this.write(join(sealed.type, u16(version), vector16(sealed.bytes)));
  }

  /**
   * Sends bytes that are no record of TLS.
   *
   * @param bytes The bytes.
   */
  async write(bytes: Bytes): Promise<void> {
    try {
      for (let at = 0; at < bytes.length;) at += await this.#stream.write(bytes.subarray(at));
    } catch (cause) {
      throw this.#faultOf(cause);
    }
  }

  /**
   * Waits for the server's next message. Warnings and ChangeCipherSpec are passed over.
   *
   * @throws {AlertFault} A fatal alert.
   * @throws {ScanFault} What ended the connection.
   */
  async next(): Promise<Message> {
    while (true) {
      const message = this.#nextHandshake();
      if (message !== undefined) return message;
      const { type, bytes } = await this.#nextRecord();
      switch (type) {
        case contentType.handshake:
          this.#handshake = join(this.#handshake, bytes);
          break;
        case contentType.alert: {
          const reader = new ByteReader(bytes);
          const level = reader.number(1);
          const alert = reader.number(1);
          if (alert === CLOSE_NOTIFY) return { kind: "closing" };
          // RFC 8446 section 6: in TLS 1.3 every other alert is fatal, whatever its level says.
          if (level === 2 || this.readCipher !== undefined) throw new AlertFault(alert);
          break;
        }
        case contentType.applicationData:
          return { kind: "data", bytes };
        case contentType.changeCipherSpec:
          this.readCipher = this.nextReadCipher ?? this.readCipher;
          this.nextReadCipher = undefined;
          break;
        default:
          break;
      }
    }
  }

  /**
   * Waits for the next message, which must be of the handshake.
   *
   * @throws {AlertFault} A fatal alert.
   * @throws {ScanFault} What ended the connection, or `malformed` for another message.
   */
  async nextHandshake(): Promise<Extract<Message, { kind: "handshake" }>> {
    const message = await this.next();
    if (message.kind === "handshake") return message;
    if (message.kind === "closing") throw closed();
    throw new ScanFault("malformed", "data of the application came before the handshake's end");
  }

  /** Closes the connection. */
  [Symbol.dispose](): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#bounds.signal.removeEventListener("abort", this.#abort);
    try {
      this.#stream.close();
    } catch {
      // It has closed by itself.
    }
  }

  #nextHandshake(): Message | undefined {
    const buffer = this.#handshake;
    if (buffer.length < 4) return undefined;
    const length = new ByteReader(buffer.subarray(1, 4)).number(3);
    if (length > this.#bounds.maxBytes) throw tooMuch(this.#bounds.maxBytes);
    if (buffer.length < 4 + length) return undefined;
    this.#handshake = buffer.subarray(4 + length);
    return {
      kind: "handshake",
      type: buffer[0]!,
      body: buffer.subarray(4, 4 + length),
      bytes: buffer.subarray(0, 4 + length),
    };
  }

  async #nextRecord(): Promise<{ readonly type: number; readonly bytes: Bytes }> {
    await this.#fill(5);
    const header = new ByteReader(this.#read.subarray(0, 5));
    const type = header.number(1);
    const major = header.number(1);
    header.number(1);
    const length = header.number(2);
    if (type < 20 || type > 24 || major !== 3 || length > RECORD_ROOM) throw this.#notTls();
    await this.#fill(5 + length);
    const bytes = this.#read.slice(5, 5 + length);
    this.#read = this.#read.subarray(5 + length);
    const isPlain = this.readCipher === undefined || type === contentType.changeCipherSpec;
    return isPlain ? { type, bytes } : await this.readCipher!.open(type, bytes);
  }

  /** Reads until this many octets are there. */
  async #fill(wanted: number): Promise<void> {
    while (this.#read.length < wanted) {
      if (this.#readBytes >= this.#bounds.maxBytes) throw tooMuch(this.#bounds.maxBytes);
      const into = new Uint8Array(
        Math.min(limits.scanReadBytes, this.#bounds.maxBytes - this.#readBytes),
      );
      const count = await this.#stream.read(into).catch((cause) => {
        throw this.#faultOf(cause);
      });
      if (count === null) {
        if (this.#read.length > 0 && this.#readBytes === this.#read.length) throw this.#notTls();
        throw this.#bounds.signal.aborted ? this.#faultOf(undefined) : closed();
      }
      this.#readBytes += count;
      this.#read = join(this.#read, into.subarray(0, count));
    }
  }

  #faultOf(cause: unknown): ScanFault {
    if (cause instanceof ScanFault) return cause;
    return this.#bounds.signal.aborted
      ? new ScanFault("timeout", "it does not answer in time", { cause })
      : new ScanFault("closed", "it ends the connection", { cause });
  }

  #notTls(): ScanFault {
    const text = new TextDecoder("latin1").decode(
      this.#read.subarray(0, limits.maxScanShownLength),
    );
    const line = escapeControls(text.split(/\r?\n/, 1)[0] ?? "");
    return new ScanFault("not_tls", `it does not speak TLS; it answers "${line}"`);
  }
}

function closed(): ScanFault {
  return new ScanFault("closed", "it ends the connection");
}

function tooMuch(maxBytes: number): ScanFault {
  return new ScanFault("too_much", `it sends more than ${maxBytes} bytes`);
}
