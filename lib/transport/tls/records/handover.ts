/**
 * From a TLS handshake to records that are sealed by keys of their own. Each end makes the key of the
 * records that it will send, and hands it over inside TLS, which says whom it talks to.
 *
 * Where each direction goes over from TLS to records is certain: the client hands its key over and waits;
 * the server answers with its own and waits; the client then sends records, the first of them empty.
 *
 * @module
 */

import type { TLSSocket } from "node:tls"; // see ../node/node_tls_connection.ts
import { timingSafeEqual } from "@std/crypto/timing-safe-equal";
import { abortable, after } from "../../../base/abort.ts";
import type { Peer } from "../../connection.ts";
import type { HeldDuplex } from "../stream/held_duplex.ts";
import { RecordCipher, SECRET_BYTES } from "./record_cipher.ts";
import { RecordStream } from "./record_stream.ts";
import { loadSodium, type Sodium } from "./sodium.ts";

/** A TLS socket whose handshake is done, and that both ends have agreed to leave for records. */
export interface Handover {
  /** The socket. */
  readonly socket: TLSSocket;
  /** What it runs over. */
  readonly beneath: HeldDuplex;
  /** The other end. */
  readonly peer: Peer;
  /** Time for it, in milliseconds. */
  readonly timeoutMs: number;
  /** Ends the attempt. */
  readonly signal?: AbortSignal | undefined;
}

/** The cipher suite whose records they are. */
const CIPHER = "TLS_CHACHA20_POLY1305_SHA256";
const VERSION = "TLSv1.3";

/**
 * Goes over to records at the client.
 *
 * @param handover The connection, which is closed where this fails.
 * @returns The connection as records.
 * @throws {Error} When the server hands over no key, or not in time.
 */
export function openRecords(handover: Handover): Promise<RecordStream> {
  return new Change(handover).run(async (change) => {
    change.tell();
    await change.takeBack();
    // The server has said all that it says by TLS, and has got all that this side says by it.
    change.leaveTls();
    await change.records.greet();
  });
}

/**
 * Goes over to records at the server.
 *
 * @param handover The connection, which is closed where this fails.
 * @returns The connection as records.
 * @throws {Error} When the client hands over no key, or not in time, or does not show that it has the
 * server's.
 */
export function acceptRecords(handover: Handover): Promise<RecordStream> {
  return new Change(handover).run(async (change) => {
    await change.takeBack(); // what comes next answers what is told next
    change.tell();
    await change.records.expectGreeting();
    change.leaveTls();
  });
}

/** One connection on its way from TLS to records. */
class Change {
  readonly #handover: Handover;
  /** The key that this end seals with. */
  readonly #own = crypto.getRandomValues(new Uint8Array(SECRET_BYTES));
  /** What is sent of it: the runtime may read it later. */
  readonly #told = this.#own.slice();
  readonly #theirs: Promise<Uint8Array>;
  /** Rejects when the connection ends or time is up. */
  readonly #failed = Promise.withResolvers<never>();
  readonly #onClose = () => this.#failed.reject(new Error(ENDED));
  #sodium: Sodium | undefined;
  #records: RecordStream | undefined;

  constructor(handover: Handover) {
    this.#handover = handover;
    this.#theirs = secretFrom(handover.socket);
    this.#theirs.catch(() => {}); // it is told to `takeBack`
    this.#failed.promise.catch(() => {});
    handover.beneath.once("close", this.#onClose);
  }

  /** The connection as records, once it was taken back. */
  get records(): RecordStream {
    if (this.#records === undefined) throw new Error("The connection was not taken back");
    return this.#records;
  }

  /** Changes over, or closes the connection. */
  async run(steps: (change: Change) => Promise<void>): Promise<RecordStream> {
    const { beneath, socket, timeoutMs, signal } = this.#handover;
    const late = () => this.#failed.reject(new Error(`no key was handed over in ${timeoutMs} ms`));
    const forget = after(timeoutMs, late);
    try {
      if (socket.getProtocol() !== VERSION) throw new Error(`it does not speak ${VERSION}`);
      this.#sodium = await loadSodium();
      await abortable(Promise.race([steps(this), this.#failed.promise]), signal);
      return this.records;
    } catch (error) {
      this.#records?.close();
      beneath.destroy();
      socket.destroy();
      throw error;
    } finally {
      forget();
      beneath.off("close", this.#onClose);
      this.#told.fill(0);
    }
  }

  /** Hands this end's key over. */
  tell(): void {
    this.#handover.socket.write(this.#told);
  }

  /** Waits for the other end's key, and reads all that comes behind it as records. */
  async takeBack(): Promise<void> {
    const { beneath, peer } = this.#handover;
    const theirs = await this.#theirs;
    if (timingSafeEqual(theirs, this.#own)) {
      throw new Error("the other side repeated this side's key");
    }
    const sodium = this.#sodium!;
    this.#records = new RecordStream({
      stream: beneath.takeBack(),
      peer: { ...peer, protocol: VERSION, cipher: CIPHER },
      ciphers: {
        seal: new RecordCipher(sodium, this.#own),
        open: new RecordCipher(sodium, theirs),
      },
    });
  }

  /** Ends TLS without a word to the other side. */
  leaveTls(): void {
    const { beneath, socket } = this.#handover;
    beneath.off("close", this.#onClose);
    beneath.destroy();
    socket.destroy();
  }
}

const ENDED =
  "the other side ended the connection before it handed a key over; a server may want a " +
  "client certificate of an authority that it trusts (--cert, --key)";

/** What comes first inside TLS, which must be a key and nothing else. */
function secretFrom(socket: TLSSocket): Promise<Uint8Array> {
  const { promise, resolve, reject } = Promise.withResolvers<Uint8Array>();
  const secret = new Uint8Array(SECRET_BYTES);
  let length = 0;
  socket.on("data", (chunk: Uint8Array) => {
    const isTooLong = length + chunk.length > SECRET_BYTES;
    if (!isTooLong) secret.set(chunk, length);
    length += chunk.length;
    chunk.fill(0);
    if (isTooLong) {
      reject(new Error(`the other side sent more than a key of ${SECRET_BYTES} bytes`));
    } else if (length === SECRET_BYTES) resolve(secret);
  });
  const onEnd = () => reject(new Error(ENDED));
  socket.once("end", onEnd);
  socket.once("close", onEnd);
  socket.once("error", reject);
  return promise;
}
