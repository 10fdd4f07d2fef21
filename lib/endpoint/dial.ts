/**
 * From an address to a connection, by Deno's own TLS where that is enough.
 *
 * @module
 */

import { RpcError, TransportError } from "../base/errors.ts";
import type { OpenSession } from "../rpc/client/client.ts";
import { parseAddress } from "../transport/address.ts";
import { dial } from "../transport/scheme/dial.ts";
import type { Connection } from "../transport/connection.ts";
import type { CertificateAndKey } from "../transport/tls/key_pair.ts";
import { PromptAckConnection } from "../transport/tls/prompt_ack_connection.ts";

/** Whom a client trusts, and what it shows of itself. */
export interface TrustOptions {
  /** Authorities to trust, PEM: instead of the public ones together with `cert`, else beside them. */
  readonly ca?: string | readonly string[] | undefined;
  /** The client's certificate and its chain, PEM, for mutual TLS; `key` is its key then. */
  readonly cert?: string | undefined;
  /**
   * Take whatever certificate a `tls://` server shows, and allow `tcp://` beyond loopback.
   *
   * @default {false}
   */
  readonly insecure?: boolean | undefined;
  /**
   * Told, each time, that the server's certificate is not checked.
   *
   * @default {console.error}
   */
  readonly warn?: ((line: string) => void) | undefined;
}

/**
 * The certificate that a client shows, with its key.
 *
 * @param options What the user gave.
 * @returns Both; `undefined` where there is neither.
 * @throws {TypeError} Where there is one without the other.
 */
export function pairOf(
  { cert, key }: { readonly cert?: string | undefined; readonly key?: unknown },
): CertificateAndKey | undefined {
  if (cert === undefined && typeof key !== "string") return undefined;
  if (cert !== undefined && typeof key === "string") return { cert, key };
  throw new TypeError("Give cert and key together, both PEM");
}

/**
 * Opens a connection.
 *
 * @param address Where to.
 * @param options Whom to trust and what to show.
 * @param signal Ends the attempt.
 * @throws {DariError} `usage`, `configuration` for what cannot be used.
 * @throws {TransportError} `unavailable` when nothing answers or the certificate does not hold.
 */
export async function reach(
  address: string,
  options: TrustOptions & { readonly key?: unknown },
  signal: AbortSignal,
): Promise<Connection> {
  const { ca, insecure = false, warn = (line: string) => console.error(line) } = options;
  const pair = pairOf(options);
  const at = parseAddress(address);
  if (at.kind !== "tls" || (pair === undefined && !insecure)) {
    const connection = await dial(address, { ca, insecure, signal });
    return at.kind === "tls" ? new PromptAckConnection(connection) : connection;
  }
  if (insecure) warn(`The certificate of ${address} is not checked: anybody could be there`);
  // Deno's own TLS is a third faster, but it shows no certificate and always checks the server's.
  const [{ connectMutualTls }, { describeServer: describe }, { bindingsOf: bind }] = await Promise
    .all([
      import("../transport/tls/node/node_tls_connect.ts"),
      import("../cert/path/peer_certificate.ts"),
      import("../cert/server/channel_binding.ts"),
    ]);
  const authorities = ca === undefined || typeof ca === "string" ? ca : ca.join("\n");
  return await connectMutualTls({ ...at, ca: authorities, pair, insecure, describe, bind }, signal);
}

/**
 * Waits until the server has answered. In TLS 1.3 a client is done before the server has looked at
 * its certificate: only an answer says that it was let in.
 *
 * @param session The new connection in use.
 * @throws {TransportError} `unavailable` when the server ended it instead.
 */
export async function awaitAnswer(session: OpenSession): Promise<void> {
  try {
    await session.call("rpc.ping", undefined);
  } catch (cause) {
    if (cause instanceof RpcError) return; // an answer, and that is what was asked for
    const reason = cause instanceof Error ? cause.message : String(cause);
    const message = `The server did not let this certificate in: ${reason}`;
    throw new TransportError("unavailable", message, { cause });
  }
}
