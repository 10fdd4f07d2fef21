/**
 * From an address to a connection, by Deno's own TLS where that is enough.
 *
 * @module
 */

import { RpcError, TransportError } from "../base/errors.ts";
import type { OpenConnection } from "../rpc/client/link_options.ts";
import type { Connection } from "../transport/connection.ts";
import { dial } from "../transport/scheme/dial.ts";
import { formatAddress, parseAddress } from "../transport/scheme/parse.ts";
import type { DialContext } from "../transport/scheme/table.ts";
import type { CertificateAndKey } from "../transport/tls/key_pair.ts";
import { PromptAckConnection } from "../transport/tls/prompt_ack_connection.ts";
import { connectTls } from "../transport/tls/tls_connect.ts";

/** Which servers a client trusts, and the certificate that it sends them. */
export interface TrustOptions {
  /**
   * Authorities to trust, PEM. Without `cert` and `caOnly` the public authorities are trusted beside
   * them: the runtime's own TLS cannot leave those out.
   */
  readonly ca?: string | readonly string[] | undefined;
  /**
   * Trust `ca` alone, and no public authority, as it always is together with `cert`. A call costs a
   * sixth more CPU then, and a new connection twice as much.
   *
   * @default {false}
   */
  readonly caOnly?: boolean | undefined;
  /** The client's certificate and its chain, PEM, for mutual TLS; `key` is its key then. */
  readonly cert?: string | undefined;
  /**
   * Accept any certificate of a `tls://` server, and allow `tcp://` beyond loopback.
   *
   * @default {false}
   */
  readonly insecure?: boolean | undefined;
  /**
   * Hears, for each connection, that the server's certificate is not checked.
   *
   * @default {console.error}
   */
  readonly warn?: ((line: string) => void) | undefined;
}

/** Trust, and the key of `cert`; a key that is no text belongs to a sign-in. */
type DialOptions = TrustOptions & { readonly key?: unknown };

/**
 * The certificate that a client sends, with its key.
 *
 * @param options What the user gave.
 * @returns Both; `undefined` when there is neither.
 * @throws {TypeError} When there is one without the other.
 */
export function clientCertificateOf(
  { cert, key }: { readonly cert?: string | undefined; readonly key?: unknown },
): CertificateAndKey | undefined {
  if (cert === undefined && typeof key !== "string") return undefined;
  if (cert !== undefined && typeof key === "string") return { cert, key };
  throw new TypeError("Give cert and key together, both PEM");
}

/**
 * Gives a function that connects for one client. It keeps what the client's connections share, its
 * parsed private key among it, for as long as the client has the function.
 *
 * @param options Which servers to trust, and the client's certificate.
 * @returns Connects to an address until the signal ends the attempt. It throws `DariError` (`usage`,
 * `configuration`) for what cannot be used, and `TransportError` (`unavailable`) when nothing answers
 * or the server's certificate is refused.
 * @throws {TypeError} When there is a certificate without its key, a key without its certificate, or
 * `caOnly` without `ca`.
 */
export function createDial(
  options: DialOptions,
): (address: string, signal?: AbortSignal) => Promise<Connection> {
  const { insecure = false, caOnly = false } = options;
  const pair = clientCertificateOf(options);
  if (caOnly && options.ca === undefined) throw new TypeError("Give ca together with caOnly");
  // Deno's own TLS is cheaper, but it sends no certificate, always checks the server's, and always
  // trusts the public authorities.
  const needsNode = pair !== undefined || insecure || caOnly;
  const tls = needsNode ? dialNodeTls(options, pair) : dialDenoTls(options);
  return (address, signal) => dial(parseAddress(address), { tls, insecure, signal });
}

function dialDenoTls({ ca = [] }: DialOptions): DialContext["tls"] {
  const authorities = typeof ca === "string" ? [ca] : ca;
  return async ({ host, port }, signal) =>
    new PromptAckConnection(await connectTls({ host, port, ca: authorities }, signal));
}

function dialNodeTls(
  { ca, insecure = false, warn = (line: string) => console.error(line) }: DialOptions,
  pair: CertificateAndKey | undefined,
): DialContext["tls"] {
  const authorities = ca === undefined || typeof ca === "string" ? ca : ca.join("\n");
  const load = async () => {
    const [{ NodeTlsDialer }, { PeerVerifier }, { bindingsOf }] = await Promise.all([
      import("../transport/tls/node/node_tls_connect.ts"),
      import("../cert/path/peer_verifier.ts"),
      import("../cert/server/channel_binding.ts"),
    ]);
    const verifier = new PeerVerifier();
    return new NodeTlsDialer({
      ca: authorities,
      pair,
      insecure,
      verifyServer: (chain, host) => verifier.verifyServer(chain, host),
      bindingsOf,
    });
  };
  let loading: ReturnType<typeof load> | undefined;
  return async (at, signal) => {
    if (insecure) {
      warn(
        `The certificate of ${formatAddress(at)} is not checked: any program could answer there`,
      );
    }
    const connection = await (await (loading ??= load())).connect(at, signal);
    // A server that asks for certificates listens with node:tls, which sends at once.
    return pair === undefined ? new PromptAckConnection(connection) : connection;
  };
}

/**
 * Waits until the server has answered. In TLS 1.3 a client is done before the server has checked its
 * certificate: only an answer says that the server has accepted it.
 *
 * @param connection The new connection.
 * @throws {TransportError} `unavailable` when the server ended it instead.
 */
export async function awaitAnswer(connection: OpenConnection): Promise<void> {
  try {
    await connection.call("rpc.ping", undefined);
  } catch (cause) {
    if (cause instanceof RpcError) return; // an error is an answer too
    const reason = cause instanceof Error ? cause.message : String(cause);
    const message = `The server refused the client's certificate: ${reason}`;
    throw new TransportError("unavailable", message, { cause });
  }
}
