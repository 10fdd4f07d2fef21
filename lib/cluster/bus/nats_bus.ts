/**
 * Messages by a NATS server. Loads the client of NATS.
 *
 * @module
 */

import {
  headers,
  type MsgHdrs,
  type NatsConnection,
  PermissionViolationError,
  type Server,
} from "@nats-io/nats-core";
import { NatsConnectionImpl, setTransportFactory } from "@nats-io/nats-core/internal";
import { abortable, after, settlesWithin } from "../../base/abort.ts";
import { TransportError } from "../../base/errors.ts";
import { reasonOf } from "../../base/file/reason.ts";
import { limits } from "../../base/limits.ts";
import { encodeBase64Url } from "@std/encoding/base64url";
import { inboxOf } from "../subjects.ts";
import { type NatsSockets, NatsTransport, type TransportSettings } from "./nats_transport.ts";
import type { Bus, BusHeaders, BusMessage, Subscribing } from "./bus.ts";

/** How to connect to NATS. */
export interface NatsOptions {
  /** The NATS servers, each `host:port`; one is enough of a cluster. */
  readonly servers: readonly string[];
  /** The name of this program in the NATS server's lists. */
  readonly name: string;
  /** Opens sockets to them. */
  readonly sockets: NatsSockets;
  /**
   * Whether a NATS server without TLS will do: on this machine, where nobody else hears.
   *
   * @default {false}
   */
  readonly allowsPlain?: boolean | undefined;
  /** The name of this program in the subjects of its answers. @default {random letters} */
  readonly inboxName?: string | undefined;
  /** Ends the attempt. */
  readonly signal?: AbortSignal | undefined;
}

const NO_RESPONDERS = 503;

/** A connection to NATS; it connects again by itself until it is closed. */
export class NatsBus implements Bus, AsyncDisposable {
  readonly inbox: string;
  readonly #nats: NatsConnection;
  readonly #losses = new Set<(reason: string) => void>();
  readonly #denials = new Set<(subject: string) => void>();
  #isConnected = true;
  #isClosed = false;

  private constructor(nats: NatsConnection, inbox: string) {
    this.#nats = nats;
    this.inbox = inbox;
    this.#follow();
  }

  /**
   * Connects.
   *
   * @param options Where to, and with which certificate.
   * @throws {TransportError} `unavailable` when no NATS server answers, or it refuses this program.
   */
  static async open(options: NatsOptions): Promise<NatsBus> {
    const { servers, inboxName, signal } = options;
    const inbox = inboxName === undefined
      ? inboxOf(randomPart())
      : `${inboxOf(inboxName)}.${randomPart()}`;
    try {
      const connecting = connectTo(options);
      connecting.then((nats) => signal?.aborted ? nats.close() : undefined, () => {});
      return new NatsBus(await abortable(connecting, signal), inbox);
    } catch (cause) {
      if (signal?.aborted) throw signal.reason;
      const message = `Cannot connect to nats://${servers.join(",")}: ${reasonOfNats(cause)}`;
      throw new TransportError("unavailable", message, { cause });
    }
  }

  get maxPayloadBytes(): number {
    return this.#nats.info?.max_payload ?? limits.natsPieceBytes;
  }

  get isConnected(): boolean {
    return this.#isConnected;
  }

  /** The connection itself, for what messages alone cannot do. */
  get nats(): NatsConnection {
    return this.#nats;
  }

  publish(subject: string, data: Uint8Array, reply?: string, told?: BusHeaders): void {
    if (this.#isClosed || this.#nats.isClosed()) return;
    this.#nats.publish(subject, data, {
      ...(reply !== undefined && { reply }),
      ...(told !== undefined && { headers: headersOf(told) }),
    });
  }

  subscribe(
    subject: string,
    listener: (message: BusMessage) => void,
    { queue, onRefused }: Subscribing = {},
  ): Disposable {
    const subscription = this.#nats.subscribe(subject, {
      ...(queue === undefined ? {} : { queue }),
      callback: (error, message) => {
        if (error !== null) return onRefused?.(reasonOfNats(error));
        const { subject, data, reply = "", headers } = message;
        const isNobody = data.length === 0 && headers?.code === NO_RESPONDERS;
        listener({ subject, data, reply, isNobody });
      },
    });
    return { [Symbol.dispose]: () => subscription.unsubscribe() };
  }

  onLost(listener: (reason: string) => void): Disposable {
    this.#losses.add(listener);
    return { [Symbol.dispose]: () => void this.#losses.delete(listener) };
  }

  onDenied(listener: (subject: string) => void): Disposable {
    this.#denials.add(listener);
    return { [Symbol.dispose]: () => void this.#denials.delete(listener) };
  }

  async flush(): Promise<void> {
    await this.#nats.flush();
  }

  /** Sends what waits, and ends the connection. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    if (this.#isConnected) await settlesWithin(this.#nats.flush(), limits.natsFlushMs);
    await this.#nats.close();
    this.#lose("it was closed");
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #follow(): Promise<void> {
    for await (const status of this.#nats.status()) {
      const { type } = status;
      if (type === "reconnect") this.#isConnected = true;
      if (type === "disconnect" || type === "close") this.#lose("the NATS server is not reached");
      if (type === "error") this.#deny(status.error);
    }
    this.#lose("the NATS server is not reached");
  }

  #deny(error: Error): void {
    if (!(error instanceof PermissionViolationError) || error.operation !== "publish") return;
    for (const listener of [...this.#denials]) listener(error.subject);
  }

  #lose(reason: string): void {
    if (!this.#isConnected) return;
    this.#isConnected = false;
    for (const listener of [...this.#losses]) listener(reason);
  }
}

/** Connects; a NATS server that ends the connection before it has greeted back ends the attempt. */
async function connectTo(options: NatsOptions): Promise<NatsConnection> {
  const { servers, name, sockets, allowsPlain = false } = options;
  // Each connection brings its own sockets: what is global is only how they are used.
  setTransportFactory({ factory: () => new NatsTransport() });
  const ended = Promise.withResolvers<never>();
  const settings: TransportSettings = {
    sockets,
    allowsPlain,
    // A turn later: what the NATS server said before it ended the connection is the better reason.
    onEnd: (error) => void after(0, () => ended.reject(error ?? new Error(ENDED))),
    servers: [...servers],
    name,
    timeout: limits.natsConnectTimeoutMs + limits.natsHandshakeTimeoutMs,
    pingInterval: limits.natsPingMs,
    reconnectToServer: longestUntried,
    maxReconnectAttempts: -1,
    reconnectTimeWait: limits.natsReconnectMs,
    reconnectJitter: limits.natsReconnectMs,
    reconnectJitterTLS: limits.natsReconnectMs,
  };
  const connecting = NatsConnectionImpl.connect(settings);
  ended.promise.catch(() => {}); // ends of later connections are told by its status
  try {
    return await Promise.race([connecting, ended.promise]);
  } catch (error) {
    connecting.then((nats) => nats.close()).catch(() => {}); // it may still come about
    throw error;
  }
}

/** The one that was lost was tried last, and may be silent: nobody should wait for it first. */
function longestUntried(servers: readonly Server[]): Server {
  return servers.reduce((one, other) => other.lastConnect < one.lastConnect ? other : one);
}

function headersOf(told: BusHeaders): MsgHdrs {
  const made = headers();
  for (const [name, value] of Object.entries(told)) made.set(name, value);
  return made;
}

function randomPart(): string {
  return encodeBase64Url(crypto.getRandomValues(new Uint8Array(limits.natsIdBytes)));
}

const ENDED = "it ended the connection";

const reasons: readonly (readonly [RegExp, string])[] = [
  [/connection refused|ECONNREFUSED/i, "nothing listens there; start the NATS server first"],
  [/authorization|permissions/i, "it refuses this program: its configuration does not allow it"],
  [
    /ended the connection|alert|close_notify|broken pipe|reset/i,
    "it ended the connection; it may want a client certificate of an authority that it trusts " +
    "(--cert and --key, or --cluster-cert and --cluster-key)",
  ],
  [/\btimeout$/i, "it does not answer"],
];

function reasonOfNats(error: unknown): string {
  const cause = (error as { cause?: unknown } | null)?.cause;
  const text = cause === undefined ? reasonOf(error) : `${reasonOf(error)}: ${reasonOf(cause)}`;
  return reasons.find(([pattern]) => pattern.test(text))?.[1] ?? reasonOf(error);
}
