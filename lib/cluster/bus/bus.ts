/**
 * What the cluster needs of NATS: messages by subject, and word of when some may have been lost.
 *
 * @module
 */

/** A message that has come. */
export interface BusMessage {
  /** The subject that it was published on. */
  readonly subject: string;
  /** Its bytes. */
  readonly data: Uint8Array;
  /** The subject that answers go to; empty where none is wanted. */
  readonly reply: string;
  /** Whether it says that nobody listens on the subject that was published on, instead of an answer. */
  readonly isNobody: boolean;
}

/** Headers of a message, by their names. */
export type BusHeaders = Readonly<Record<string, string>>;

/** How a subject is subscribed to. */
export interface Subscribing {
  /** Those with the same name share the messages: each goes to one of them. */
  readonly queue?: string | undefined;
  /** Hears why the NATS server refused the subscription, or ended it. */
  readonly onRefused?: ((reason: string) => void) | undefined;
}

/** Messages by subject. A message arrives once or not at all, and those of one sender in order. */
export interface Bus {
  /** The subject beneath which answers to this program arrive. */
  readonly inbox: string;
  /** The most bytes of one message. */
  readonly maxPayloadBytes: number;
  /** Whether the NATS server is there; while it is not, what is published is lost. */
  readonly isConnected: boolean;
  /**
   * Publishes a message.
   *
   * @param subject Where to.
   * @param data Its bytes. They may be read later, so nobody changes them any more.
   * @param reply The subject that answers go to, where some are wanted.
   * @param headers What the NATS server is told beside it.
   */
  publish(subject: string, data: Uint8Array, reply?: string, headers?: BusHeaders): void;
  /**
   * Listens to a subject.
   *
   * @param subject The subject; `*` stands for one part of it and `>` for all that follow.
   * @param listener Hears each message; it must not throw.
   * @param options The group that shares it, and who hears that it was refused.
   * @returns Ends the subscription when disposed.
   */
  subscribe(
    subject: string,
    listener: (message: BusMessage) => void,
    options?: Subscribing,
  ): Disposable;
  /**
   * Calls back each time the way to the NATS server broke: messages may have been lost.
   *
   * @param listener Hears why; it must not throw.
   * @returns Ends that when disposed.
   */
  onLost(listener: (reason: string) => void): Disposable;
  /**
   * Calls back when the NATS server does not let this program publish on a subject.
   *
   * @param listener Hears the subject; it must not throw.
   * @returns Ends that when disposed.
   */
  onDenied(listener: (subject: string) => void): Disposable;
  /** Resolves once the NATS server has everything that was published and subscribed. */
  flush(): Promise<void>;
}
