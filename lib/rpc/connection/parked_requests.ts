/**
 * Requests that wait until a slow reader has taken the replies before them. Meanwhile the connection
 * reads on, since replies to its own calls may be among what follows.
 *
 * @module
 */

import { DariError } from "../../base/errors.ts";
import { limits } from "../../base/limits.ts";
import { decodeLine } from "../../protocol/decode.ts";
import { encodeError } from "../../protocol/encode.ts";
import type { Id, Message } from "../../protocol/message.ts";
import type { Outbox } from "../outbox/outbox.ts";
import type { Dispatcher } from "../dispatch/dispatcher.ts";
import { asksForWork, cancelledIn, type MessageRouter } from "./message_router.ts";

const { maxParkedRequests: MAX_REQUESTS, maxParkedBytes: MAX_BYTES } = limits;

/** A line that waits. It is kept as text, which takes less memory than what it decodes to. */
interface ParkedRequest {
  readonly line: string;
  /** The raw bytes that came in front of it. */
  readonly blobs: readonly Uint8Array[] | undefined;
  /** The id of a request; `undefined` for a notification or a batch. */
  readonly id: Id | undefined;
  readonly receivedAt: number;
  readonly bytes: number;
  /** Whether its caller has cancelled it. It stays, since its reply has to wait like all others. */
  isCancelled: boolean;
}

/** The requests of one connection that wait, oldest first; served as the outbox drains. */
export class ParkedRequests {
  /** Called when there is room for more; set by whoever waits for it. */
  onRoom: (() => void) | undefined;
  readonly #outbox: Pick<Outbox, "isFull" | "drained" | "push" | "flush">;
  readonly #router: Pick<MessageRouter, "route" | "refuse">;
  readonly #dispatcher: Pick<Dispatcher, "beginTurn" | "endTurn">;
  readonly #requests: ParkedRequest[] = [];
  #bytes = 0;
  /** The loop that serves them, while it runs. */
  #serving: Promise<void> | undefined;

  /**
   * @param outbox Says when they can be served.
   * @param router Serves them.
   * @param dispatcher Told of the beginning and the end of each turn.
   */
  constructor(
    outbox: Pick<Outbox, "isFull" | "drained" | "push" | "flush">,
    router: Pick<MessageRouter, "route" | "refuse">,
    dispatcher: Pick<Dispatcher, "beginTurn" | "endTurn">,
  ) {
    this.#outbox = outbox;
    this.#router = router;
    this.#dispatcher = dispatcher;
  }

  /** Whether none waits. */
  get isEmpty(): boolean {
    return this.#requests.length === 0;
  }

  /** Whether so many wait that nothing more should be read. */
  get isFull(): boolean {
    return this.#requests.length >= MAX_REQUESTS || this.#bytes >= MAX_BYTES;
  }

  /**
   * Takes a message that came while the outbox is full, or while others wait: what ends or moves on
   * other calls goes to its part at once. Everything else waits, and is refused where too many wait.
   *
   * @param message The message.
   * @param line The line that it was decoded from.
   * @param receivedAt When it arrived, on the monotonic clock.
   * @param bytes Its length in bytes.
   */
  take(message: Message, line: string, receivedAt: number, bytes: number): void {
    const cancelled = cancelledIn(message);
    if (cancelled !== undefined) {
      for (const request of this.#requests) {
        if (request.id === cancelled) request.isCancelled = true;
      }
    }
    if (!asksForWork(message)) return this.#router.route(message, receivedAt, bytes);
    const id = message.kind === "request" ? message.id : undefined;
    if (this.isFull) return this.#refuse(message, receivedAt, bytes);
    const blobs = "types" in message ? message.blobs : undefined;
    this.#requests.push({ line, blobs, id, receivedAt, bytes, isCancelled: false });
    this.#bytes += bytes;
    this.#serving ??= this.#serve().finally(() => this.#serving = undefined);
  }

  /** Resolves once all were served. */
  served(): Promise<void> {
    return this.#serving ?? Promise.resolve();
  }

  /** Drops all. */
  clear(): void {
    this.#requests.length = 0;
    this.#bytes = 0;
    this.onRoom?.();
  }

  #refuse(message: Message, receivedAt: number, bytes: number): void {
    if (message.kind === "request") {
      this.#router.refuse(message, receivedAt, bytes, tooManyWait());
    } else if (message.kind !== "notification") {
      this.#outbox.push(encodeError(null, tooManyWait()));
    }
  }

  async #serve(): Promise<void> {
    while (!this.isEmpty) {
      await this.#outbox.drained();
      this.#dispatcher.beginTurn(true);
      while (!this.isEmpty && !this.#outbox.isFull) this.#serveOne();
      this.#outbox.flush();
      this.#dispatcher.endTurn();
      if (!this.isFull) this.onRoom?.();
    }
  }

  #serveOne(): void {
    const request = this.#requests.shift();
    if (request === undefined) return;
    const { line, blobs, receivedAt, bytes, isCancelled } = request;
    this.#bytes -= bytes;
    const message = decodeLine(line, limits);
    if (blobs !== undefined && "types" in message) message.blobs = blobs;
    if (isCancelled && message.kind === "request") {
      this.#router.refuse(message, receivedAt, bytes, cancelledByCaller());
    } else this.#router.route(message, receivedAt, bytes);
  }
}

function tooManyWait(): DariError {
  return new DariError(
    "resource_exhausted",
    `${MAX_REQUESTS} requests, or ${MAX_BYTES} bytes of them, wait until their caller has read the ` +
      "replies before them; read them, then call again",
  );
}

function cancelledByCaller(): DariError {
  return new DariError("cancelled", "The call was cancelled by its caller before it began");
}
