/**
 * The part of the start-up trial that resumes a TLS session.
 *
 * @module
 */

import { limits } from "../../../base/limits.ts";
import type { CertificateAndKey } from "../key_pair.ts";
import { listenNodeTls, type NodeTlsListenOptions } from "../node/node_tls_listen.ts";

/** The certificates of a trial, of authorities that are made for it and forgotten afterwards. */
export interface TrialCertificates {
  /** The trial's authority, PEM. */
  readonly ca: string;
  /** Of the trial's authority, for a server called `localhost`. */
  readonly server: CertificateAndKey;
  /** Of the trial's authority, for a client. */
  readonly member: CertificateAndKey;
  /** As `member`, but revoked. */
  readonly revoked: CertificateAndKey & { readonly serial: string };
  /** Of another authority, which the listener does not trust, for a client. */
  readonly stranger: CertificateAndKey;
}

/** How an attempt ended. */
export type Outcome = "accepted" | "refused" | "not answered";

const HOST = "127.0.0.1";
const ANSWER = "HTTP/1.1 204 No Content\r\nconnection: close\r\n\r\n";

/**
 * Resumes a TLS session. Of the runtime's clients only `fetch` does that, and it does not speak
 * dari/1: hence a listener of its own, which has the same ticket key as every one of this process.
 *
 * @param options The configuration on trial.
 * @param trial The certificates to connect with.
 * @returns How the attempt with the resumed session ended.
 */
export async function resumeSession(
  options: NodeTlsListenOptions,
  { member, server, ca }: TrialCertificates,
): Promise<Outcome> {
  const listener = await listenNodeTls({
    ...options,
    ...server,
    host: HOST,
    port: 0,
    alpn: "http/1.1",
  });
  using tunnel = openTunnel(listener.at.port);
  let outcome: Outcome = "refused";
  const claim: typeof listener.claim = (connection, socket) => {
    if (socket.isSessionReused()) outcome = "accepted";
    connection.receive()
      .then(() => connection.send(ANSWER))
      .then(() => connection.close())
      .catch(() => connection.abort());
    return true;
  };
  listener.claim = claim;
  const client = Deno.createHttpClient({
    caCerts: [ca],
    ...member,
    http2: false,
    poolMaxIdlePerHost: 0, // a second connection, and not the first one again
    proxy: { url: `http://${HOST}:${tunnel.addr.port}` },
  });
  const visit = async () => {
    const signal = AbortSignal.timeout(limits.trialTimeoutMs);
    const response = await fetch(`https://localhost:${listener.at.port}/`, { client, signal });
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
    listener.close();
  }
}

/**
 * A proxy to one port. Unless `fetch` is given a proxy, it uses the one that the environment names,
 * which may not reach this machine.
 */
function openTunnel(port: number): Deno.TcpListener {
  const listener = Deno.listen({ hostname: HOST, port: 0 });
  const serve = async () => {
    for await (const inner of listener) {
      await inner.read(new Uint8Array(limits.trialRequestBytes)); // the CONNECT request, whatever it asks for
      const outer = await Deno.connect({ hostname: HOST, port });
      await inner.write(new TextEncoder().encode("HTTP/1.1 200 OK\r\n\r\n"));
      inner.readable.pipeTo(outer.writable).catch(() => {});
      outer.readable.pipeTo(inner.writable).catch(() => {});
    }
  };
  serve().catch(() => {}); // then the attempt is not answered
  return listener;
}
