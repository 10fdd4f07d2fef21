/**
 * The part of the start-up trial that resumes a session.
 *
 * @module
 */

import { limits } from "../../../base/limits.ts";
import type { CertificateAndKey } from "../key_pair.ts";
import { listenNodeTls, type NodeTlsListenOptions } from "../node/node_tls_listen.ts";

/** What a trial shows: certificates of an authority of its own, which is forgotten afterwards. */
export interface TrialCertificates {
  /** The trial's authority, PEM. */
  readonly ca: string;
  /** Of the trial's authority, for a server called `localhost`. */
  readonly server: CertificateAndKey;
  /** Of the trial's authority, for a client. */
  readonly member: CertificateAndKey;
  /** As `member`, but revoked. */
  readonly revoked: CertificateAndKey & { readonly serial: string };
  /** Of an authority that nobody trusts, for a client. */
  readonly stranger: CertificateAndKey;
}

/** What an attempt came to. */
export type Outcome = "let in" | "refused" | "not answered";

const HOST = "127.0.0.1";
const ANSWER = "HTTP/1.1 204 No Content\r\nconnection: close\r\n\r\n";

/**
 * Resumes a session. Of the runtime's clients only `fetch` does so, and it speaks no dari/1: hence a
 * twin of the listener, in the same process and so with the same ticket key.
 *
 * @param options What the listener on trial was made with.
 * @param trial What to show.
 */
export async function resumeSession(
  options: NodeTlsListenOptions,
  { member, server, ca }: TrialCertificates,
): Promise<Outcome> {
  const twin = await listenNodeTls({
    ...options,
    ...server,
    host: HOST,
    port: 0,
    alpn: "http/1.1",
  });
  using tunnel = openTunnel(twin.at.port);
  let outcome: Outcome = "refused";
  twin.claim = (connection, socket) => {
    if (socket.isSessionReused()) outcome = "let in";
    connection.receive()
      .then(() => connection.send(ANSWER))
      .then(() => connection.close())
      .catch(() => connection.abort());
    return true;
  };
  const client = Deno.createHttpClient({
    caCerts: [ca],
    ...member,
    http2: false,
    poolMaxIdlePerHost: 0, // a second connection, and not the first one again
    proxy: { url: `http://${HOST}:${tunnel.addr.port}` },
  });
  const visit = async () => {
    const signal = AbortSignal.timeout(limits.trialTimeoutMs);
    const response = await fetch(`https://localhost:${twin.at.port}/`, { client, signal });
    await response.body?.cancel();
  };
  try {
    await visit();
    await visit().catch(() => {}); // refused, as it should be
    return outcome;
  } catch {
    return "not answered";
  } finally {
    client.close();
    twin.close();
  }
}

/**
 * A proxy to one port. `fetch` takes the way through the proxy that the environment names, which need
 * not lead back here, unless it is told of another.
 */
function openTunnel(port: number): Deno.TcpListener {
  const listener = Deno.listen({ hostname: HOST, port: 0 });
  const serve = async () => {
    for await (const inner of listener) {
      await inner.read(new Uint8Array(4_096)); // CONNECT, which leads nowhere else
      const outer = await Deno.connect({ hostname: HOST, port });
      await inner.write(new TextEncoder().encode("HTTP/1.1 200 OK\r\n\r\n"));
      inner.readable.pipeTo(outer.writable).catch(() => {});
      outer.readable.pipeTo(inner.writable).catch(() => {});
    }
  };
  serve().catch(() => {}); // then the trial goes without an answer
  return listener;
}
