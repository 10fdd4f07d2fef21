/**
 * What a server does after a whole handshake: it refuses, it closes, or it takes a request.
 *
 * @module
 */

import { after } from "../../../base/abort.ts";
import { limits } from "../../../base/limits.ts";
import type { Bytes } from "../wire/bytes.ts";
import { AlertFault, ScanFault } from "../wire/fault.ts";
import { contentType, type Message, type TlsPeer } from "../wire/tls_peer.ts";
import type { Session, Shaken } from "./handshake.ts";

/** How a server received the client. */
export type Reception =
  /** It sent a fatal alert. */
  | { readonly kind: "refused"; readonly alert: number }
  /** It closed the connection before anything was asked. */
  | { readonly kind: "closed" }
  /** It closed the connection after the request. */
  | { readonly kind: "closed_later" }
  /** It sent data of the application. */
  | { readonly kind: "answered" }
  /** It left the connection open. */
  | { readonly kind: "open" };

/** A server's reception, and the sessions that it gave. */
export interface Knocked {
  /** The reception. */
  readonly reception: Reception;
  /** The sessions. */
  readonly sessions: readonly Session[];
}

/** How long the two waits take. */
export interface KnockTimes {
  /** Before the request: a server that refuses does so now. */
  readonly quietMs: number;
  /** After the request. */
  readonly settleMs: number;
}

/**
 * Waits a moment for a refusal, then sends one small request and waits for an answer.
 *
 * @param peer The connection, after the handshake.
 * @param shaken The handshake.
 * @param host The host, for a request of HTTP.
 * @param times How long it waits.
 */
export async function knock(
  peer: TlsPeer,
  shaken: Shaken,
  host: string,
  { quietMs, settleMs }: KnockTimes = {
    quietMs: limits.scanQuietMs,
    settleMs: limits.scanSettleMs,
  },
): Promise<Knocked> {
  const sessions = shaken.session === undefined ? [] : [shaken.session];
  let asked = false;
  let reading: Promise<Message> | undefined;
  /** Takes messages until the time is over or the reception is clear. */
  const listen = async (timeMs: number): Promise<Reception | undefined> => {
    const { promise: over, resolve } = Promise.withResolvers<undefined>();
    const cancel = after(timeMs, () => resolve(undefined));
    try {
      while (true) {
        reading ??= peer.next();
        const message = await Promise.race([reading, over]);
        if (message === undefined) return undefined;
        reading = undefined;
        if (message.kind === "data") return { kind: "answered" };
        if (message.kind === "closing") return { kind: asked ? "closed_later" : "closed" };
        const session = await shaken.takeLater(message.type, message.body);
        if (session !== undefined) sessions.push(session);
      }
    } finally {
      cancel();
    }
  };
  try {
    let reception = await listen(quietMs);
    if (reception === undefined) {
      asked = true;
      await peer.send(contentType.applicationData, requestOf(shaken.protocol, host));
      reception = await listen(settleMs);
    }
    reading?.catch(() => {}); // the connection is closed under it
    return { reception: reception ?? { kind: "open" }, sessions };
  } catch (error) {
    if (error instanceof AlertFault) {
      return { reception: { kind: "refused", alert: error.alert }, sessions };
    }
    if (error instanceof ScanFault && error.kind === "closed") {
      return { reception: { kind: asked ? "closed_later" : "closed" }, sessions };
    }
    throw error;
  }
}

function requestOf(protocol: string | undefined, host: string): Bytes {
  return new TextEncoder().encode(
    protocol === "dari/1"
      ? '{"jsonrpc":"2.0","id":1,"method":"rpc.ping"}\n'
      : protocol === "h2"
      ? "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0"
      : `HEAD / HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`,
  );
}
