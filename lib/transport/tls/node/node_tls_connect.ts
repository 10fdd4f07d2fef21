/**
 * Connecting with what Deno's own TLS lacks: a client certificate, authorities in place of the public
 * ones, or no check at all.
 *
 * @module
 */

import {
  connect,
  type ConnectionOptions,
  createSecureContext,
  type SecureContext,
  type TLSSocket,
} from "node:tls"; // see node_tls_connection.ts
import { TransportError } from "../../../base/errors.ts";
import { reasonOf } from "../../../base/files.ts";
import { hostAndPort } from "../../address.ts";
import type { ChannelBinding, Connection, PeerCertificate } from "../../connection.ts";
import { checkKeyPair, splitAuthorities } from "../key_pair.ts";
import type { CertificateAndKey } from "../key_pair.ts";
import { nodeTlsConnection } from "./node_tls_connection.ts";
import { type PeerChain, readPeerChain, refuseUnreadableChain } from "./peer_chain.ts";
import { ALPN } from "../tls_connect.ts";

/** What {@linkcode connectMutualTls} needs. */
export interface MutualTlsConnectOptions {
  /** The name or IP address that the server's certificate must carry. */
  readonly host: string;
  /** The port. */
  readonly port: number;
  /** The authorities to trust instead of the public ones, PEM. */
  readonly ca?: string | undefined;
  /** What the client shows when it is asked. */
  readonly pair?: CertificateAndKey | undefined;
  /**
   * Take whatever certificate the server shows.
   *
   * @default {false}
   */
  readonly insecure?: boolean | undefined;
  /**
   * Reads the server's certificate, whose signatures the handshake has verified.
   *
   * @throws {Error} Where it is not fit for a server of this name; node:tls is content with less.
   */
  readonly describe: (shown: PeerChain, host: string) => Promise<PeerCertificate>;
  /** Gives what sign-ins can be bound to, of whatever certificate the server shows. */
  readonly bind?: ((der: Uint8Array<ArrayBuffer>) => readonly ChannelBinding[]) | undefined;
}

const REFUSED =
  "the server ended the connection; it may want a certificate of its own authority (--cert, --key)";
const IP = /^[\d.]+$|:/;

/**
 * Connects with node:tls. In TLS 1.3 the server judges the client's certificate after the handshake
 * is done on this side: only its first answer says that it has accepted it.
 *
 * @param options Where to, whom to trust and what to show.
 * @param signal Ends the attempt.
 * @returns The connection, its handshake done on this side.
 * @throws {DariError} `configuration` when key and certificate do not fit.
 * @throws {TransportError} `unavailable` when nothing answers or the certificate does not hold.
 */
export async function connectMutualTls(
  options: MutualTlsConnectOptions,
  signal?: AbortSignal,
): Promise<Connection> {
  const { host, port, ca, pair, insecure = false, bind } = options;
  const socket = await shakeHands({
    host,
    port,
    ...(IP.test(host) ? {} : { servername: host }),
    secureContext: contextFor(ca, pair),
    rejectUnauthorized: !insecure,
    ALPNProtocols: [ALPN],
    allowHalfOpen: true,
  } as ConnectionOptions, signal);
  try {
    const shown = readPeerChain(socket, ca);
    // Without one the socket is gone already: the server has looked at what the client showed.
    if (shown === undefined) throw new Error(REFUSED);
    const certificate = insecure ? undefined : await options.describe(shown, host);
    if (socket.destroyed) throw new Error(REFUSED);
    return nodeTlsConnection(socket, certificate, bind?.(shown.chain[0]));
  } catch (cause) {
    socket.destroy();
    throw failure(options, reasonOf(cause), cause);
  }
}

let last:
  | { readonly ca?: string; readonly pair?: CertificateAndKey; readonly context: SecureContext }
  | undefined;

/** Reading PEM takes a third of a handshake's time, and who connects again shows the same again. */
function contextFor(ca: string | undefined, pair: CertificateAndKey | undefined): SecureContext {
  const isSame = last?.ca === ca && last?.pair?.cert === pair?.cert &&
    last?.pair?.key === pair?.key;
  if (last !== undefined && isSame) return last.context;
  if (pair !== undefined) checkKeyPair(pair);
  const context = createSecureContext({
    minVersion: "TLSv1.2",
    ...(ca === undefined ? {} : { ca: splitAuthorities(ca) }),
    ...(pair === undefined ? {} : { cert: pair.cert, key: pair.key }),
  });
  last = { context, ...(ca === undefined ? {} : { ca }), ...(pair === undefined ? {} : { pair }) };
  return context;
}

function shakeHands(options: ConnectionOptions, signal: AbortSignal | undefined) {
  const { promise, resolve, reject } = Promise.withResolvers<TLSSocket>();
  const socket = connect(options);
  refuseUnreadableChain(socket);
  const fail = (cause: unknown) => {
    socket.destroy();
    reject(failure(options as MutualTlsConnectOptions, reasonOfHandshake(cause), cause));
  };
  const onAbort = () => fail(new Error("the attempt was ended"));
  const onClose = () => fail(new Error("the server ended the handshake"));
  socket.on("error", fail);
  socket.once("close", onClose);
  socket.once("secureConnect", () => socket.destroyed || resolve(socket)); // else its error follows
  signal?.addEventListener("abort", onAbort, { once: true });
  if (signal?.aborted) onAbort(); // while this file was being loaded
  return promise.finally(() => {
    signal?.removeEventListener("abort", onAbort);
    socket.off("close", onClose);
  });
}

function failure(
  { host, port }: { readonly host: string; readonly port: number },
  reason: string,
  cause: unknown,
): TransportError {
  const message = `Cannot connect to tls://${hostAndPort(host, port)}: ${reason}`;
  return new TransportError("unavailable", message, { cause, retryable: false });
}

// The runtime has one word for an expired certificate, one for clients and one of strangers.
const UNTRUSTED = "its certificate does not hold: it comes from an authority that is not trusted " +
  "here (pass the server's ca.crt with --ca FILE), has expired, or is not for servers";
const reasons: Readonly<Record<string, string>> = {
  ECONNREFUSED: "nothing listens there; start the server first",
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: UNTRUSTED,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: UNTRUSTED,
  SELF_SIGNED_CERT_IN_CHAIN: UNTRUSTED,
  DEPTH_ZERO_SELF_SIGNED_CERT: UNTRUSTED,
  ERR_TLS_CERT_ALTNAME_INVALID:
    "its certificate is for other names; connect by one of them or issue one that has this name",
};

/** What a failed handshake means to a person. */
function reasonOfHandshake(cause: unknown): string {
  return reasons[(cause as { code?: string }).code ?? ""] ?? reasonOf(cause);
}
