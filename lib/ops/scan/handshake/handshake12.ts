/**
 * A whole handshake of TLS 1.2, to the server's Finished.
 *
 * @see RFC 5246 section 7, RFC 7627, RFC 5077
 * @module
 */

import { encodeClientHello, extension } from "../hello/client_hello.ts";
import {
  handshakeType,
  parseCertificates12,
  parseServerHello,
  parseServerKeyExchange,
  type ServerHello,
} from "../hello/server_hello.ts";
import { allSchemes } from "../names/signatures.ts";
import { ByteReader, type Bytes, join, u16, vector16, vector24, vector8 } from "../wire/bytes.ts";
import { ScanFault } from "../wire/fault.ts";
import { contentType, type Message, type TlsPeer } from "../wire/tls_peer.ts";
import { startAgreement, usableGroups } from "./agreement.ts";
import type { Session, Shaken, Wish } from "./handshake.ts";
import { expect, protocolOf, unexpected } from "./messages.ts";
import { cipher12, type UsableSuite, usableSuites } from "./record_ciphers.ts";
import { digest, prf12 } from "./secrets.ts";

const suites = usableSuites.filter(({ code }) => code >> 8 !== 0x13);
const none: Bytes = new Uint8Array(0);

/** A handshake under way. */
interface Handshake {
  readonly peer: TlsPeer;
  readonly wish: Wish;
  readonly clientRandom: Bytes;
  readonly hello: ServerHello;
  readonly suite: UsableSuite;
  /** The messages so far. */
  transcript: Bytes;
  /** The session that the server gives, once its ticket has come. */
  ticket: Bytes | undefined;
}

/** What the server's flight has brought. */
interface ServerFlight {
  readonly group: number;
  readonly serverKey: Bytes;
  readonly chain: readonly Bytes[];
  readonly scheme: number | undefined;
  readonly isKeyProven: boolean | undefined;
  readonly asksForCertificate: boolean;
}

/**
 * Shakes hands.
 *
 * @param peer A new connection.
 * @param wish What is offered and shown.
 * @throws {AlertFault} A fatal alert.
 * @throws {ScanFault} What ended the connection.
 */
export async function shake12(peer: TlsPeer, wish: Wish): Promise<Shaken> {
  const handshake = await greet(peer, wish);
  const { hello, suite } = handshake;
  const found = {
    version: "TLSv1.2" as const,
    suite: suite.code,
    protocol: protocolOf(hello.extensions),
    takeLater: () => Promise.resolve(undefined),
  };
  const resumed = await resume(handshake);
  if (!(resumed instanceof Uint8Array)) {
    const flight = await readFlight(handshake, resumed);
    const master = await answer(handshake, flight);
    await finish(handshake, master, await peer.nextHandshake());
    const { serverKey: _, ...rest } = flight;
    return { ...found, ...rest, isResumed: false, session: sessionOf(handshake, master) };
  }
  await sendFinished(handshake, resumed);
  return {
    ...found,
    group: undefined,
    chain: [],
    scheme: undefined,
    isKeyProven: undefined,
    asksForCertificate: false,
    isResumed: true,
    session: undefined,
  };
}

async function greet(peer: TlsPeer, wish: Wish): Promise<Handshake> {
  const clientRandom = crypto.getRandomValues(new Uint8Array(32));
  const { session } = wish;
  // RFC 5077 section 3.4: an ID of the client's own tells whether the server takes the ticket.
  const sessionId = session === undefined || session.ticket.length === 0
    ? session?.id ?? none
    : crypto.getRandomValues(new Uint8Array(32));
  const hello = encodeClientHello({
    version: 0x0303,
    random: clientRandom,
    suites: suites.map(({ code }) => code),
    groups: usableGroups,
    schemes: allSchemes,
    serverName: wish.serverName,
    protocols: wish.protocols,
    ticket: session?.ticket ?? none,
    sessionId,
  });
  await peer.send(contentType.handshake, hello, 0x0301);
  const message = expect(await peer.nextHandshake(), handshakeType.serverHello);
  const answered = parseServerHello(message.body);
  const suite = suites.find(({ code }) => code === answered.suite);
  if (suite === undefined || answered.version !== 0x0303) {
    throw new ScanFault("malformed", "it chooses a version or a suite that was not offered");
  }
  return {
    peer,
    wish,
    clientRandom,
    hello: answered,
    suite,
    transcript: join(hello, message.bytes),
    ticket: undefined,
  };
}

/**
 * Finds out whether the server goes on with the session: then its Finished comes at once.
 *
 * @returns The master secret where it does; else the message that begins a new handshake.
 */
async function resume(
  handshake: Handshake,
): Promise<Bytes | Extract<Message, { kind: "handshake" }>> {
  const { peer, wish } = handshake;
  const secret = wish.session?.secret;
  if (secret === undefined) return expect(await peer.nextHandshake(), handshakeType.certificate);
  const keys = await keysOf(handshake, secret);
  peer.nextReadCipher = keys.server;
  const message = await peer.nextHandshake();
  if (message.type === handshakeType.certificate) {
    peer.nextReadCipher = undefined;
    return message;
  }
  await finish(handshake, secret, message);
  return secret;
}

async function readFlight(
  handshake: Handshake,
  first: Extract<Message, { kind: "handshake" }>,
): Promise<ServerFlight> {
  const { peer, wish, clientRandom, hello } = handshake;
  const chain = parseCertificates12(first.body);
  let exchange: ReturnType<typeof parseServerKeyExchange> | undefined;
  let isKeyProven: boolean | undefined;
  let asksForCertificate = false;
  for (let message = first;; message = await peer.nextHandshake()) {
    const { type, body, bytes } = message;
    handshake.transcript = join(handshake.transcript, bytes);
    if (type === handshakeType.serverHelloDone) break;
    if (type === handshakeType.certificateRequest) asksForCertificate = true;
    else if (type === handshakeType.serverKeyExchange) {
      exchange = parseServerKeyExchange(body, { isEcdhe: true, hasScheme: true, isSigned: true });
      const signed = join(clientRandom, hello.random, exchange.signed);
      const { scheme = 0, signature } = exchange;
      isKeyProven = await wish.verifySignature(chain[0] ?? none, scheme, signed, signature);
    } else if (type !== handshakeType.certificate && type !== handshakeType.certificateStatus) {
      throw unexpected(type);
    }
  }
  if (exchange?.group === undefined) {
    throw new ScanFault("malformed", "it sends no key for the key agreement");
  }
  const { group, key, scheme } = exchange;
  return { group, serverKey: key, chain, scheme, isKeyProven, asksForCertificate };
}

/** Sends this side's flight; gives the master secret. */
async function answer(handshake: Handshake, flight: ServerFlight): Promise<Bytes> {
  const { peer, wish: { certificate } } = handshake;
  const agreement = await startAgreement(flight.group);
  if (flight.asksForCertificate) {
    const entries = (certificate?.chain ?? []).map((der) => vector24(der));
    await send(handshake, handshakeType.certificate, vector24(...entries));
  }
  await send(handshake, handshakeType.clientKeyExchange, vector8(agreement.key));
  const shared = await agreement.agree(flight.serverKey);
  const master = await masterOf(handshake, shared);
  if (flight.asksForCertificate && certificate !== undefined) {
    const signature = vector16(await certificate.sign(handshake.transcript));
    const body = join(u16(certificate.scheme), signature);
    await send(handshake, handshakeType.certificateVerify, body);
  }
  const keys = await keysOf(handshake, master);
  peer.nextReadCipher = keys.server;
  await sendFinished(handshake, master, keys.client);
  return master;
}

async function masterOf(handshake: Handshake, shared: Bytes): Promise<Bytes> {
  const { hello, suite: { hash }, clientRandom, transcript } = handshake;
  return hello.extensions.has(extension.extendedMasterSecret)
    ? await prf12(hash, shared, "extended master secret", await digest(hash, transcript), 48)
    : await prf12(hash, shared, "master secret", join(clientRandom, hello.random), 48);
}

async function keysOf({ suite, hello, clientRandom }: Handshake, master: Bytes) {
  const { hash, keyBytes } = suite;
  const seed = join(hello.random, clientRandom);
  const block = new ByteReader(
    await prf12(hash, master, "key expansion", seed, 2 * keyBytes + 8),
  );
  const [clientKey, serverKey] = [block.take(keyBytes), block.take(keyBytes)];
  const [clientSalt, serverSalt] = [block.take(4), block.take(4)];
  return {
    client: await cipher12(clientKey, clientSalt),
    server: await cipher12(serverKey, serverSalt),
  };
}

async function send(handshake: Handshake, type: number, body: Bytes): Promise<void> {
  const message = join(type, vector24(body));
  handshake.transcript = join(handshake.transcript, message);
  await handshake.peer.send(contentType.handshake, message);
}

async function sendFinished(
  handshake: Handshake,
  master: Bytes,
  cipher?: Awaited<ReturnType<typeof cipher12>>,
): Promise<void> {
  const { peer } = handshake;
  const verify = await verifyData(handshake, master, "client finished");
  await peer.send(contentType.changeCipherSpec, Uint8Array.of(1));
  peer.writeCipher = cipher ?? (await keysOf(handshake, master)).client;
  await send(handshake, handshakeType.finished, verify);
}

/** Takes the server's Finished; a ticket may stand before it. */
async function finish(
  handshake: Handshake,
  master: Bytes,
  first: Extract<Message, { kind: "handshake" }>,
): Promise<void> {
  if (first.type !== handshakeType.newSessionTicket) {
    return await checkFinished(handshake, master, first);
  }
  const reader = new ByteReader(first.body);
  reader.number(4);
  handshake.ticket = reader.vector(2);
  handshake.transcript = join(handshake.transcript, first.bytes);
  await checkFinished(handshake, master, await handshake.peer.nextHandshake());
}

async function checkFinished(
  handshake: Handshake,
  master: Bytes,
  message: Extract<Message, { kind: "handshake" }>,
): Promise<void> {
  const { body, bytes } = expect(message, handshakeType.finished);
  const wanted = await verifyData(handshake, master, "server finished");
  if (body.length !== wanted.length || !wanted.every((octet, i) => octet === body[i])) {
    throw new ScanFault("malformed", "its Finished does not fit the handshake");
  }
  handshake.transcript = join(handshake.transcript, bytes);
}

async function verifyData(
  { suite: { hash }, transcript }: Handshake,
  master: Bytes,
  label: string,
): Promise<Bytes> {
  return await prf12(hash, master, label, await digest(hash, transcript), 12);
}

function sessionOf(
  { suite, hello, ticket = none }: Handshake,
  secret: Bytes,
): Session | undefined {
  const id = hello.sessionId;
  if (ticket.length === 0 && id.length === 0) return undefined;
  return { version: "TLSv1.2", suite, secret, ticket, id, ageAdd: 0 };
}
