/**
 * Takes each message of a connection to the part that it is for: replies and items to the caller,
 * sign-in requests to the gate, everything else to the dispatcher.
 *
 * @module
 */

import { DariError } from "../../base/errors.ts";
import { reasonOf } from "../../base/file/reason.ts";
import { encodeError, encodeResultOf, encodeStopping, ITEM } from "../../protocol/encode.ts";
import { DRAIN } from "../../protocol/drain.ts";
import { HELLO, MEMORY } from "../../protocol/hello.ts";
import type {
  ErrorMessage,
  Id,
  Message,
  NotificationMessage,
  RequestMessage,
  ResultMessage,
  SingleMessage,
} from "../../protocol/message.ts";
import { CANCEL } from "../call/caller.ts";
import type { WaitingCalls } from "../call/waiting_calls.ts";
import { BatchReplies } from "../dispatch/batch.ts";
import type { BatchSink, Replies } from "../dispatch/call_host.ts";
import { CREDIT, END, type PeerStreams, STOP } from "../peer/peer_streams.ts";
import type { Dispatcher } from "../dispatch/dispatcher.ts";
import { isSignIn, type SignInMessage, type SignIns } from "../dispatch/sign_in.ts";

/** The parts of a connection that messages go to. */
export interface MessageTargets {
  /** The calls that wait for replies and items of streams. */
  readonly waiting: Pick<WaitingCalls, "resolve" | "reject" | "misread" | "pushItem" | "has">;
  /** Serves calls. */
  readonly dispatcher: Pick<Dispatcher, "dispatch" | "refuse" | "cancel" | "grant">;
  /** Serves sign-in requests. */
  readonly signIns: Pick<SignIns, "serve">;
  /** Takes the replies. */
  readonly replies: BatchSink & {
    /** Sends what was taken now, where it is not sent at once anyway. */
    flush?(): void;
  };
  /** Reads values that hold more than JSON, and takes what concerns the streams in them. */
  readonly streams: Pick<PeerStreams, "take" | "revive">;
  /**
   * Answers `rpc.hello`; what it throws becomes an error.
   *
   * @param params What the other side says of itself.
   * @returns What this side says of itself, as JSON text.
   */
  hello(params: unknown): string;
  /**
   * Answers `rpc.memory`, where the connection can move; what it throws becomes an error.
   *
   * @param params Where the memory is.
   * @returns Its answer, as JSON text.
   */
  readonly moved?: ((params: unknown) => string) | undefined;
  /**
   * The other side goes away.
   *
   * @param params What it says.
   */
  drained(params: unknown): void;
}

/**
 * Whether a message asks for something that will be answered or done.
 *
 * @param message The message.
 * @returns False for what ends or moves on what is under way: replies, items, credit, cancellation.
 */
export function asksForWork(message: Message): boolean {
  if (message.kind === "result" || message.kind === "error") return false;
  return message.kind !== "notification" || !CONTROL.has(message.method);
}

/**
 * The id of the call that a message cancels.
 *
 * @param message The message.
 * @returns The id as its sender wrote it; `undefined` for other messages.
 */
export function cancelledIn(message: Message): unknown {
  if (message.kind !== "notification" || message.method !== CANCEL) return undefined;
  return (message.params as { id?: unknown } | undefined)?.id;
}

const CONTROL: ReadonlySet<string> = new Set([ITEM, END, CANCEL, CREDIT, STOP, DRAIN]);

const INVALID = {
  parse_error: "Parse error",
  invalid_request: "Invalid request",
  resource_exhausted: "Line too long",
} as const;

/** Routes the messages of one connection. */
export class MessageRouter {
  readonly #targets: MessageTargets;
  /** When the message in hand arrived, and its bytes; both set by `route`. */
  #receivedAt: number | undefined;
  #bytesIn = 0;
  /** What happens to calls: served; refused from `stop()` on; ignored from `end()` on. */
  #state: "open" | "stopping" | "ended" = "open";
  /** Sign-in requests that have no reply yet. */
  #signIns = 0;
  /** Made by the first `signInsEnded()`, resolved and forgotten with the last reply. */
  #signedIn: PromiseWithResolvers<void> | undefined;

  /** @param targets The parts of the connection. */
  constructor(targets: MessageTargets) {
    this.#targets = targets;
  }

  /** Refuses new calls from now on; replies are still taken. */
  stop(): void {
    if (this.#state === "open") this.#state = "stopping";
  }

  /** Whether a sign-in request has no reply yet. */
  get isSigningIn(): boolean {
    return this.#signIns > 0;
  }

  /** Resolves once every sign-in request has its reply. */
  signInsEnded(): Promise<void> {
    if (this.#signIns === 0) return Promise.resolve();
    this.#signedIn ??= Promise.withResolvers<void>();
    return this.#signedIn.promise;
  }

  /** Ignores all messages from now on. */
  end(): void {
    this.#state = "ended";
  }

  /**
   * Takes a message to its part.
   *
   * @param message The message.
   * @param receivedAt When it arrived, on the monotonic clock; `undefined` for a call that reads it
   * where somebody asks.
   * @param bytesIn Its length in bytes, for observers; the calls of a batch share it equally.
   */
  route(message: Message, receivedAt: number | undefined, bytesIn: number): void {
    this.#receivedAt = receivedAt;
    this.#bytesIn = bytesIn;
    const { replies } = this.#targets;
    if (message.kind !== "batch") return this.#routeOne(message, replies);
    this.#bytesIn = Math.round(bytesIn / message.messages.length);
    const batch = new BatchReplies(message.messages, replies);
    for (const element of message.messages) {
      if (batch.isRefusing && element.kind === "request") this.#refuse(element, batch, notRun());
      else this.#routeOne(element, batch);
    }
  }

  /**
   * Answers a request with an error, without running it.
   *
   * @param message The request.
   * @param receivedAt When it arrived, on the monotonic clock.
   * @param bytesIn Its length in bytes.
   * @param reason Why.
   */
  refuse(message: RequestMessage, receivedAt: number, bytesIn: number, reason: DariError): void {
    this.#receivedAt = receivedAt;
    this.#bytesIn = bytesIn;
    this.#refuse(message, this.#targets.replies, reason);
  }

  #refuse(message: RequestMessage, replies: Replies, reason: DariError): void {
    if (this.#state === "ended") return;
    if (isSignIn(message)) return replies.push(encodeError(message.id, reason));
    const { dispatcher } = this.#targets;
    dispatcher.refuse(message, replies, this.#receivedAt, this.#bytesIn, reason);
  }

  #routeOne(message: SingleMessage, replies: Replies): void {
    if (this.#state === "ended") return;
    switch (message.kind) {
      case "result":
        if (message.types !== undefined) return this.#resolveTyped(message);
        return this.#targets.waiting.resolve(message.id, message.result, message.meta);
      case "error":
        return this.#reject(message);
      case "invalid": {
        if (message.replyTo !== undefined) {
          this.#targets.waiting.misread(message.replyTo, message.reason);
        }
        const reason = `${INVALID[message.code]}: ${message.reason}`;
        const error = new DariError(message.code, reason, { retryable: false });
        return replies.push(encodeError(message.id, error));
      }
      case "request":
        if (this.#state === "stopping") return replies.push(encodeStopping(message.id));
        if (isSignIn(message)) return this.#signIn(message, replies);
        if (message.method === HELLO) return this.#answer(message, replies, this.#targets.hello);
        if (message.method === MEMORY && this.#targets.moved !== undefined) {
          this.#answer(message, replies, this.#targets.moved);
          return this.#targets.replies.flush?.();
        }
        return this.#dispatch(message, replies);
      case "notification":
        return this.#routeNotification(message, replies);
      default:
        message satisfies never;
    }
  }

  #answer(
    { id, params }: RequestMessage,
    replies: Replies,
    answer: (params: unknown) => string,
  ): void {
    try {
      replies.push(encodeResultOf(id, answer.call(this.#targets, params)));
    } catch (error) {
      replies.push(encodeError(id, error));
    }
  }

  #resolveTyped({ id, result, types, blobs, meta }: ResultMessage): void {
    const { waiting, streams } = this.#targets;
    // The streams of a result that nobody waits for must not begin.
    const isWanted = waiting.has(id);
    try {
      const revived = streams.revive(result, types, blobs);
      if (isWanted) return waiting.resolve(id, revived.value, meta);
      for (const stream of revived.streams) stream.return();
    } catch (error) {
      if (typeof id === "number") waiting.misread(id, reasonOf(error));
    }
  }

  #reject({ id, error, meta }: ErrorMessage): void {
    const { waiting, streams } = this.#targets;
    if (error.types === undefined) return waiting.reject(id, error, meta);
    try {
      const { value: data } = streams.revive(error.data, error.types);
      waiting.reject(id, { ...error, data }, meta);
    } catch {
      waiting.reject(id, error, meta); // its code and message are more than that its data is malformed
    }
  }

  #signIn(message: SignInMessage, replies: Replies): void {
    this.#signIns++;
    this.#targets.signIns.serve(message, {
      takesBytes: false,
      refusal: (reply) => replies.refusal(reply),
      push: (reply) => {
        replies.push(reply);
        if (--this.#signIns > 0) return;
        this.#signedIn?.resolve();
        this.#signedIn = undefined;
      },
    });
  }

  #routeNotification(message: NotificationMessage, replies: Replies): void {
    const { dispatcher, streams } = this.#targets;
    if (!CONTROL.has(message.method)) {
      if (this.#state === "open") this.#dispatch(message, replies);
      return;
    }
    if (message.method === DRAIN) return this.#targets.drained(message.params);
    if (streams.take(message, this.#bytesIn)) return;
    const { id, value, count, bytes } = (message.params ?? {}) as Record<string, unknown>;
    if (message.method === ITEM) return this.#pushItem(message, id, value);
    if (message.method === CANCEL) return dispatcher.cancel(id);
    if (message.method === CREDIT) return dispatcher.grant(id, count, bytes);
  }

  #pushItem(message: NotificationMessage, id: unknown, value: unknown): void {
    const { waiting, streams } = this.#targets;
    const { params, types, blobs } = message;
    if (types === undefined) return waiting.pushItem(id, value, this.#bytesIn);
    if (!waiting.has(id as Id)) return;
    try {
      const revived = streams.revive(params, types, blobs).value as { value: unknown };
      waiting.pushItem(id, revived.value, this.#bytesIn);
    } catch (error) {
      waiting.misread(id as number, reasonOf(error));
    }
  }

  #dispatch(message: RequestMessage | NotificationMessage, replies: Replies): void {
    this.#targets.dispatcher.dispatch(message, replies, this.#receivedAt, this.#bytesIn);
  }
}

function notRun(): DariError {
  return new DariError(
    "resource_exhausted",
    "The replies before this element take all the room that its batch has, so it was not run; send " +
      "smaller batches",
  );
}
