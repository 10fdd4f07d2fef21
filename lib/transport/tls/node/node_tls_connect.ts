/**
 * Connecting with what Deno's own TLS lacks: a client certificate, authorities in place of the public
 * ones, or no check of the server at all.
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
import { createHash } from "node:crypto"; // Web Crypto has no hash that answers at once
import { abortable } from "../../../base/abort.ts";
import { BoundedMap } from "../../../base/bounded_map.ts";
import { DariError, TransportError } from "../../../base/errors.ts";
import { reasonOf } from "../../../base/file/reason.ts";
import { limits } from "../../../base/limits.ts";
import { hostAndPort } from "../../address.ts";
import type { ChannelBinding, Connection, PeerCertificate } from "../../connection.ts";
import {
  type CertificateAndKey,
  checkKeyPair,
  containsPublicKey,
  splitAuthorities,
} from "../key_pair.ts";
import { SocketReads } from "../../node/socket_reads.ts";
import { ALPN } from "../alpn.ts";
import { nodeTlsConnection } from "./node_tls_connection.ts";
import { type PeerChain, readPeerChain, refuseUnreadableChain } from "./peer_chain.ts";

/** What a {@linkcode NodeTlsDialer} connects with. */
export interface NodeTlsDialerOptions {
  /** The authorities to trust instead of the public ones, PEM. */
  readonly ca?: string | undefined;
  /** The client's certificate and key, for servers that ask for one. */
  readonly pair?: CertificateAndKey | undefined;
  /**
   * Accept any certificate of the server.
   *
   * @default {false}
   */
  readonly insecure?: boolean | undefined;
  /**
   * Verifies what the handshake does not, and reads the server's certificate.
   *
   * @throws {Error} When the certificate is refused; the connection is refused for that reason.
   */
  readonly verifyServer: (chain: PeerChain, host: string) => Promise<PeerCertificate>;
  /** Gives what sign-ins can be bound to, for any certificate of a server, DER. */
  readonly bindingsOf?:
    | ((certificate: Uint8Array<ArrayBuffer>) => readonly ChannelBinding[])
    | undefined;
}

/** A server to connect to. */
export interface NodeTlsTarget {
  /** The name or IP address that the server's certificate must carry. */
  readonly host: string;
  /** The port. */
  readonly port: number;
  /** The IP address to connect to, where the name was looked up before. */
  readonly ip?: string | undefined;
  /** How errors call it. @default {`tls://HOST:PORT`} */
  readonly address?: string | undefined;
}

/** A socket whose handshake is done, and the server at its other end. */
export interface OpenSocket {
  readonly socket: TLSSocket;
  /** The server's certificate; absent where it was not verified. */
  readonly certificate: PeerCertificate | undefined;
  /** What the server sent. */
  readonly chain: PeerChain;
}

const CLIENT_REFUSED = "the server ended the connection; it may want a client certificate of an " +
  "authority that it trusts (--cert, --key)";
const IP = /^[\d.]+$|:/;

/**
 * Connects with node:tls. It keeps the parsed private key for its next connection, so it belongs to
 * one client and ends with it. Clients with the same certificate and authorities share it.
 */
export class NodeTlsDialer {
  readonly #options: NodeTlsDialerOptions;
  /** Made or found for the first connection; it ends with the last client that has it. */
  #context: SecureContext | undefined;

  /** @param options The client's certificate, and which servers it trusts. */
  constructor(options: NodeTlsDialerOptions) {
    this.#options = options;
  }

  /**
   * Connects. In TLS 1.3 the server checks the client's certificate after the handshake is done on
   * this side: only its first answer says that it has accepted the client.
   *
   * @param target Where to.
   * @param signal Ends the attempt.
   * @returns The connection, its handshake done on this side.
   * @throws {DariError} `configuration` when the key is not the certificate's.
   * @throws {TransportError} `unavailable` when nothing answers or the certificate is refused.
   */
  async connect(target: NodeTlsTarget, signal?: AbortSignal): Promise<Connection> {
    const { bindingsOf } = this.#options;
    const { host, port, ip = host } = target;
    const reads = new SocketReads();
    const options = { host: ip, port, ALPNProtocols: [ALPN], onread: reads.onread };
    const { socket, certificate, chain } = await this.open(target, options, signal);
    const bindings = bindingsOf?.(chain.certificates[0]);
    return nodeTlsConnection(socket, certificate, bindings, undefined, reads);
  }

  /**
   * Shakes hands and verifies the server.
   *
   * @param target The server.
   * @param transport What is connected to, or the stream to speak over, and the protocols to offer.
   * @param signal Ends the attempt.
   * @returns The socket, with what is known of the server.
   * @throws As {@linkcode connect} does.
   */
  async open(
    target: NodeTlsTarget,
    transport: ConnectionOptions,
    signal?: AbortSignal,
  ): Promise<OpenSocket> {
    const { host } = target;
    const { ca, insecure = false, verifyServer } = this.#options;
    this.#context ??= contextFor(this.#options);
    const socket = await shakeHands(target, {
      host, // an address has no SNI: over a stream it would be taken for localhost
      ...transport,
      ...(IP.test(host) ? {} : { servername: host }),
      secureContext: this.#context,
      rejectUnauthorized: !insecure,
      allowHalfOpen: true,
    } as ConnectionOptions, signal);
    try {
      const chain = readPeerChain(socket, ca);
      // A server that refused the client's certificate has closed the socket: there is no chain then.
      if (chain === undefined) throw new Error(CLIENT_REFUSED);
      const certificate = insecure ? undefined : await verifyServer(chain, host);
      if (socket.destroyed) throw new Error(CLIENT_REFUSED);
      return { socket, certificate, chain };
    } catch (cause) {
      socket.destroy();
      throw failure(target, reasonOf(cause), cause);
    }
  }
}

/**
 * The contexts that clients have, by a hash of what each was made of. The map holds none of them: once
 * no client has a context, it is collected with its private key.
 */
const contexts = new BoundedMap<string, WeakRef<SecureContext>>(limits.maxContextsInUse);

/** Reading and checking a private key takes half as long as a handshake, so it is done once. */
function contextFor(options: NodeTlsDialerOptions): SecureContext {
  const { ca = null, pair = null } = options;
  const parts = JSON.stringify([ca, pair?.cert, pair?.key]);
  const hash = createHash("sha256").update(parts).digest("base64");
  const known = contexts.get(hash)?.deref();
  if (known !== undefined) return known;
  const context = createContext(options);
  contexts.set(hash, new WeakRef(context));
  return context;
}

function createContext({ ca, pair }: NodeTlsDialerOptions): SecureContext {
  if (pair !== undefined && !containsPublicKey(pair)) checkKeyPair(pair);
  const authorities = ca === undefined ? {} : { ca: splitAuthorities(ca) };
  try {
    return createSecureContext({ minVersion: "TLSv1.2", ...authorities, ...pair });
  } catch (cause) {
    const message = `Cannot use the certificate and key: ${reasonOf(cause)}`;
    throw new DariError("configuration", message, { cause });
  }
}

async function shakeHands(
  target: NodeTlsTarget,
  options: ConnectionOptions,
  signal: AbortSignal | undefined,
): Promise<TLSSocket> {
  const { promise, resolve, reject } = Promise.withResolvers<TLSSocket>();
  const socket = connect(options);
  refuseUnreadableChain(socket);
  const onClose = () => reject(new Error("the server ended the handshake"));
  socket.on("error", reject); // stays: an error without a listener would end the program
  socket.once("close", onClose);
  socket.once("secureConnect", () => socket.destroyed || resolve(socket)); // else its error follows
  try {
    return await abortable(promise, signal);
  } catch (cause) {
    socket.destroy();
    throw failure(target, reasonOfHandshake(cause), cause, isPassing(cause));
  } finally {
    socket.off("close", onClose);
  }
}

function failure(
  { host, port, address = `tls://${hostAndPort(host, port)}` }: NodeTlsTarget,
  reason: string,
  cause: unknown,
  retryable = false,
): TransportError {
  const message = `Cannot connect to ${address}: ${reason}`;
  return new TransportError("unavailable", message, { cause, retryable });
}

/** Whether nothing answered, or the network failed: no certificate was shown then. */
function isPassing(cause: unknown): boolean {
  return PASSING.has((cause as { code?: string }).code ?? "");
}

const PASSING: ReadonlySet<string> = new Set([
  "ECONNREFUSED",
  "ECONNRESET",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "ETIMEDOUT",
  "EPIPE",
  "EAI_AGAIN",
  "ENOTFOUND",
]);

// The runtime has one code for all of these.
const UNTRUSTED = "its certificate is refused: it comes from an authority that is not trusted " +
  "here (pass the server's ca.crt with --ca FILE, or dari trust), lacks an intermediate, is not " +
  "valid now, is not for servers, or breaks a rule of its authorities";
const reasons: Readonly<Record<string, string>> = {
  ECONNREFUSED: "nothing listens there; start the server first",
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: UNTRUSTED,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: UNTRUSTED,
  SELF_SIGNED_CERT_IN_CHAIN: UNTRUSTED,
  DEPTH_ZERO_SELF_SIGNED_CERT: UNTRUSTED,
  ERR_TLS_CERT_ALTNAME_INVALID:
    "its certificate is for other names; connect by one of them or issue one that has this name",
};

/** What a failed handshake means and what to do. */
function reasonOfHandshake(cause: unknown): string {
  return reasons[(cause as { code?: string }).code ?? ""] ?? reasonOf(cause);
}
