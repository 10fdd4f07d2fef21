/**
 * One ClientHello and the server's answer to it.
 *
 * @module
 */

import { limits } from "../../../base/limits.ts";
import { encodeClientHello, type Offer } from "../hello/client_hello.ts";
import {
  handshakeType,
  parseCertificates12,
  parseServerHello,
  parseServerKeyExchange,
  type ServerHello,
  type ServerKeyExchange,
} from "../hello/server_hello.ts";
import { nameOfAlert } from "../names/alerts.ts";
import { allSchemes } from "../names/signatures.ts";
import { curvesOf12, groupsOf13 } from "../names/groups.ts";
import { isDhe, isEcdhe, isSigned, suitesFor } from "../names/suites.ts";
import { type VersionName, versionNumber } from "../names/versions.ts";
import type { ScanBudget } from "../wire/budget.ts";
import type { Bytes } from "../wire/bytes.ts";
import { AlertFault, type FaultKind, ScanFault } from "../wire/fault.ts";
import { contentType, type TlsPeer } from "../wire/tls_peer.ts";

/** The server that is scanned, as every probe needs it. */
export interface Target {
  /** Opens connections to it. */
  readonly budget: ScanBudget;
  /** The host, as requests name it. */
  readonly host: string;
  /** The name in the ClientHello; none for an IP address. */
  readonly serverName: string | undefined;
  /** Protocols of the application that are offered. */
  readonly protocols: readonly string[];
}

/** What the server sends in the clear after its ServerHello, up to TLS 1.2. */
export interface PlainFlight {
  /** Its certificates in DER. */
  readonly chain: readonly Bytes[];
  /** Its key agreement. */
  readonly exchange: ServerKeyExchange | undefined;
  /** Whether it asks for a certificate. */
  readonly asksForCertificate: boolean;
}

/** The server's answer. */
export type Answer =
  | { readonly kind: "hello"; readonly hello: ServerHello; readonly flight?: PlainFlight }
  | { readonly kind: "alert"; readonly alert: number }
  | { readonly kind: "fault"; readonly fault: FaultKind; readonly message: string };

/** What is asked. */
export interface Question {
  /** The version, and no other. */
  readonly version: VersionName;
  /** The suites; all of the version when left out. */
  readonly suites?: readonly number[];
  /** The groups; all of the version when left out. */
  readonly groups?: readonly number[];
  /** The signature schemes; all when left out. */
  readonly schemes?: readonly number[];
  /** Whether compression is offered. */
  readonly compression?: boolean;
  /** Whether the server's flight is read, too (TLS 1.2 and older). */
  readonly readsFlight?: boolean;
}

/**
 * Sends a ClientHello on a connection of its own.
 *
 * @param target The server.
 * @param question What is offered.
 * @returns The answer; a connection that broke is one as well.
 */
export async function ask(target: Target, question: Question): Promise<Answer> {
  try {
    return await target.budget.connect((peer) => askOn(peer, target, question));
  } catch (error) {
    return answerOf(error);
  }
}

/** An error of a connection as an answer. */
export function answerOf(error: unknown): Exclude<Answer, { kind: "hello" }> {
  if (error instanceof AlertFault) return { kind: "alert", alert: error.alert };
  if (!(error instanceof ScanFault)) throw error;
  return { kind: "fault", fault: error.kind, message: error.message };
}

/** An answer that is no ServerHello, in words. */
export function describeAnswer(answer: Exclude<Answer, { kind: "hello" }>): string {
  return answer.kind === "alert" ? nameOfAlert(answer.alert) : answer.message;
}

async function askOn(peer: TlsPeer, target: Target, question: Question): Promise<Answer> {
  const { version, suites = suitesFor(version) } = question;
  const is13 = version === "TLSv1.3";
  await send(peer, {
    version: versionNumber[version],
    random: crypto.getRandomValues(new Uint8Array(32)),
    suites,
    groups: question.groups ?? (is13 ? groupsOf13 : curvesOf12),
    // TLS 1.1 and older know no schemes.
    schemes: versionNumber[version] < 0x0303 ? [] : question.schemes ?? allSchemes,
    serverName: target.serverName,
    protocols: target.protocols,
    ...(question.compression ? { compression: true } : {}),
  });
  const message = await peer.nextHandshake();
  if (message.type !== handshakeType.serverHello) {
    throw new ScanFault("malformed", "its first message is not a ServerHello");
  }
  const hello = parseServerHello(message.body);
  if (hello.version === versionNumber[version] && !suites.includes(hello.suite)) {
    throw new ScanFault("malformed", "it chooses a suite that was not offered");
  }
  if (question.readsFlight !== true || is13) return { kind: "hello", hello };
  return { kind: "hello", hello, flight: await readFlight(peer, hello) };
}

async function send(peer: TlsPeer, offer: Offer): Promise<void> {
  const version = offer.version === 0x0300 ? 0x0300 : 0x0301;
  await peer.send(contentType.handshake, encodeClientHello(offer), version);
}

async function readFlight(peer: TlsPeer, hello: ServerHello): Promise<PlainFlight> {
  let chain: readonly Bytes[] = [];
  let exchange: ServerKeyExchange | undefined;
  let asksForCertificate = false;
  const { suite, version } = hello;
  while (true) {
    const { type, body } = await peer.nextHandshake();
    switch (type) {
      case handshakeType.certificate:
        chain = parseCertificates12(body).slice(0, limits.maxScanChainLength);
        break;
      case handshakeType.serverKeyExchange:
        if (isEcdhe(suite) || isDhe(suite)) {
          exchange = parseServerKeyExchange(body, {
            isEcdhe: isEcdhe(suite),
            hasScheme: version === 0x0303,
            isSigned: isSigned(suite),
          });
        }
        break;
      case handshakeType.certificateRequest:
        asksForCertificate = true;
        break;
      case handshakeType.serverHelloDone:
        return { chain, exchange, asksForCertificate };
      default:
        break;
    }
  }
}
