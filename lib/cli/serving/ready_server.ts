/**
 * What is announced of a server that listens.
 *
 * @module
 */

import { parseListenPlace } from "../../transport/scheme/listen_place.ts";
import type { ReadyServer } from "../workspace/announcement.ts";
import type { CertificateFiles } from "../workspace/certificate_files.ts";
import { readServerCertificate } from "../workspace/server_certificate.ts";

/** What a server that listens was started with. */
export interface StartedServer {
  /** Where it listens: its Unix socket, then each of `listen`, and at last its HTTPS gateway. */
  readonly addresses: readonly string[];
  /** Its data directory. */
  readonly data: string;
  /** The user's own certificate, where there is one. */
  readonly files: CertificateFiles | undefined;
  /** Whether it serves the sample methods. */
  readonly isSample: boolean;
  /** What --listen says. */
  readonly listen: readonly string[];
  /** What --name says. */
  readonly names: readonly string[];
  /** What --client-ca says. */
  readonly clientCa: string | undefined;
}

/**
 * Gathers what is announced.
 *
 * @param started The server.
 * @returns Its addresses and its certificate.
 * @throws {DariError} `io` where its certificate cannot be read.
 */
export async function readyServer(started: StartedServer): Promise<ReadyServer> {
  const { addresses, data, files, isSample, listen, names, clientCa } = started;
  // The socket's address comes first, then those of `listen` in their order.
  const mutual = addresses.slice(1).filter((address, at) =>
    /^(?:tls|nats):/.test(address) &&
    (clientCa ?? parseListenPlace(listen[at]!).clientCaFile) !== undefined
  );
  const ready = { addresses, mutual, isSample, data, names };
  if (!addresses.some((address) => /^(?:tls|https|nats):/.test(address))) return ready;
  if (files !== undefined) {
    return { ...ready, certificate: await readServerCertificate(files.certFile) };
  }
  const caFile = `${data}/ca.crt`;
  return {
    ...ready,
    caFile,
    certificate: await readServerCertificate(`${data}/server.crt`, caFile),
  };
}
