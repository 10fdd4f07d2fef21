/**
 * A whole handshake of TLS 1.3, from the ClientHello to this side's Finished.
 *
 * @see RFC 8446 sections 4 and 7
 * @module
 */

import {
  encodeClientHello,
  extension,
  type KeyShare,
  type OfferedSession,
} from "../hello/client_hello.ts";
import {
  handshakeType,
  parseCertificates13,
  parseExtensions,
  parseServerHello,
  type ServerHello,
} from "../hello/server_hello.ts";
import { allSchemes } from "../names/signatures.ts";
import { ByteReader, type Bytes, join, u16, vector16, vector24, vector8 } from "../wire/bytes.ts";
import { ScanFault } from "../wire/fault.ts";
import { contentType, type TlsPeer } from "../wire/tls_peer.ts";
import { startAgreement, usableGroups } from "./agreement.ts";
import type { Session, Shaken, Wish } from "./handshake.ts";
import { expect, protocolOf, unexpected } from "./messages.ts";
import { cipher13, type UsableSuite, usableSuites } from "./record_ciphers.ts";
import { deriveSecret, digest, expandLabel, hashBytes, hmac } from "./secrets.ts";

const suites = usableSuites.filter(({ code }) => code >> 8 === 0x13);
const none: Bytes = new Uint8Array(0);

/** The server's flight, read. */
interface ServerFlight {
  readonly protocol: string | undefined;
  readonly chain: readonly Bytes[];
  readonly scheme: number | undefined;
  readonly isKeyProven: boolean | undefined;
  /** What a client's Certificate has to repeat; `undefined` where none is asked for. */
  readonly requestContext: Bytes | undefined;
}

/** The messages so far, which keys and signatures depend on. */
interface Transcript {
  bytes: Bytes;
}

/**
 * Shakes hands.
 *
 * @param peer A new connection.
 * @param wish What is offered and shown.
 * @throws {AlertFault} A fatal alert.
 * @throws {ScanFault} What ended the connection.
 */
export async function shake13(peer: TlsPeer, wish: Wish): Promise<Shaken> {
  const transcript: Transcript = { bytes: none };
  const { hello, suite, agreement } = await agree(peer, wish, transcript);
  const isResumed = hello.extensions.has(extension.preSharedKey);
  const shared = await agreement.agree(serverShare(hello));
  const { hash } = suite;
  const zeros = new Uint8Array(hashBytes(hash));
  const early = await hmac(hash, zeros, isResumed ? wish.session!.secret : zeros);
  const handshakeSecret = await hmac(
    hash,
    await deriveSecret(hash, early, "derived", none),
    shared,
  );
  const secretOf = (label: string) => deriveSecret(hash, handshakeSecret, label, transcript.bytes);
  const [client, server] = [await secretOf("c hs traffic"), await secretOf("s hs traffic")];
  peer.readCipher = await cipher13(suite, server);
  peer.writeCipher = await cipher13(suite, client);
  const flight = await readFlight(peer, wish, suite, server, transcript);
  const main = await hmac(hash, await deriveSecret(hash, handshakeSecret, "derived", none), zeros);
  const clientData = await deriveSecret(hash, main, "c ap traffic", transcript.bytes);
  peer.readCipher = await cipher13(
    suite,
    await deriveSecret(hash, main, "s ap traffic", transcript.bytes),
  );
  await sendFlight(peer, wish, suite, client, transcript, flight.requestContext);
  peer.writeCipher = await cipher13(suite, clientData);
  const resumption = await deriveSecret(hash, main, "res master", transcript.bytes);
  const { requestContext, ...found } = flight;
  return {
    version: "TLSv1.3",
    suite: suite.code,
    group: agreement.group,
    ...found,
    asksForCertificate: requestContext !== undefined,
    isResumed,
    session: undefined,
    takeLater: (type, body) => readTicket(type, body, suite, resumption),
  };
}

async function agree(peer: TlsPeer, wish: Wish, transcript: Transcript) {
  const random = crypto.getRandomValues(new Uint8Array(32));
  let agreement = await startAgreement(usableGroups[0]!);
  const say = async (cookie?: Bytes): Promise<ServerHello> => {
    const shares = [{ group: agreement.group, key: agreement.key }];
    const hello = await helloOf(wish, random, shares, transcript, cookie);
    transcript.bytes = join(transcript.bytes, hello);
    await peer.send(contentType.handshake, hello, 0x0301);
    const message = expect(await peer.nextHandshake(), handshakeType.serverHello);
    const answer = parseServerHello(message.body);
    if (answer.version !== 0x0304) {
      throw new ScanFault("malformed", "it chooses another version than TLSv1.3");
    }
    if (answer.isRetry) transcript.bytes = await syntheticHello(suiteOf(answer), transcript.bytes);
    transcript.bytes = join(transcript.bytes, message.bytes);
    return answer;
  };
  let hello = await say();
  if (hello.isRetry) {
    const cookie = hello.extensions.get(extension.cookie);
    agreement = await startAgreement(hello.group ?? agreement.group);
    hello = await say(cookie && new ByteReader(cookie).vector(2));
    if (hello.isRetry) throw new ScanFault("malformed", "it asks for a third ClientHello");
  }
  return { hello, suite: suiteOf(hello), agreement };
}

/** RFC 8446 section 4.4.1: the first ClientHello counts by its hash. */
async function syntheticHello({ hash }: UsableSuite, transcript: Bytes): Promise<Bytes> {
  return join(254, vector24(await digest(hash, transcript)));
}

async function helloOf(
  wish: Wish,
  random: Bytes,
  shares: readonly KeyShare[],
  transcript: Transcript,
  cookie: Bytes | undefined,
): Promise<Bytes> {
  const { session } = wish;
  const offered: OfferedSession | undefined = session && {
    ticket: session.ticket,
    obscuredAge: session.ageAdd + 1,
    binderBytes: hashBytes(session.suite.hash),
  };
  const hello = encodeClientHello({
    version: 0x0304,
    random,
    suites: suites.map(({ code }) => code),
    groups: usableGroups,
    schemes: allSchemes,
    serverName: wish.serverName,
    protocols: wish.protocols,
    shares,
    cookie,
    session: offered,
  });
  return session === undefined ? hello : await withBinder(hello, session, transcript);
}

/** RFC 8446 section 4.2.11.2: the binder covers the ClientHello up to the list of binders. */
async function withBinder(hello: Bytes, session: Session, transcript: Transcript): Promise<Bytes> {
  const { hash } = session.suite;
  const bytes = hashBytes(hash);
  const early = await hmac(hash, new Uint8Array(bytes), session.secret);
  const key = await deriveSecret(hash, early, "res binder", none);
  const covered = join(transcript.bytes, hello.subarray(0, hello.length - bytes - 3));
  const binder = await hmac(
    hash,
    await expandLabel(hash, key, "finished", none, bytes),
    await digest(hash, covered),
  );
  return join(hello.subarray(0, hello.length - bytes), binder);
}

function suiteOf({ suite }: ServerHello): UsableSuite {
  const usable = suites.find(({ code }) => code === suite);
  if (usable === undefined) {
    throw new ScanFault("malformed", "it chooses a suite that was not offered");
  }
  return usable;
}

function serverShare(hello: ServerHello): Bytes {
  const share = new ByteReader(hello.extensions.get(extension.keyShare) ?? none);
  share.number(2);
  return share.vector(2);
}

async function readFlight(
  peer: TlsPeer,
  wish: Wish,
  suite: UsableSuite,
  secret: Bytes,
  transcript: Transcript,
): Promise<ServerFlight> {
  let protocol: string | undefined;
  let chain: readonly Bytes[] = [];
  let scheme: number | undefined;
  let isKeyProven: boolean | undefined;
  let requestContext: Bytes | undefined;
  while (true) {
    const { type, body, bytes } = await peer.nextHandshake();
    const before = transcript.bytes;
    transcript.bytes = join(before, bytes);
    switch (type) {
      case handshakeType.encryptedExtensions:
        protocol = protocolOf(parseExtensions(new ByteReader(body).inside(2)));
        break;
      case handshakeType.certificateRequest:
        requestContext = new ByteReader(body).vector(1);
        break;
      case handshakeType.certificate:
        chain = parseCertificates13(body);
        break;
      case handshakeType.certificateVerify: {
        const reader = new ByteReader(body);
        scheme = reader.number(2);
        const signed = signedBy("server", await digest(suite.hash, before));
        const leaf = chain[0] ?? none;
        isKeyProven = await wish.verifySignature(leaf, scheme, signed, reader.vector(2));
        break;
      }
      case handshakeType.finished: {
        const wanted = await finishedOf(suite, secret, before);
        if (!wanted.every((octet, i) => octet === body[i])) {
          throw new ScanFault("malformed", "its Finished does not fit the handshake");
        }
        return { protocol, chain, scheme, isKeyProven, requestContext };
      }
      default:
        throw unexpected(type);
    }
  }
}

async function sendFlight(
  peer: TlsPeer,
  { certificate }: Wish,
  suite: UsableSuite,
  secret: Bytes,
  transcript: Transcript,
  requestContext: Bytes | undefined,
): Promise<void> {
  const send = async (type: number, body: Bytes) => {
    const message = join(type, vector24(body));
    transcript.bytes = join(transcript.bytes, message);
    await peer.send(contentType.handshake, message);
  };
  if (requestContext !== undefined) {
    const entries = (certificate?.chain ?? []).map((der) => join(vector24(der), u16(0)));
    await send(handshakeType.certificate, join(vector8(requestContext), vector24(...entries)));
    if (certificate !== undefined) {
      const message = signedBy("client", await digest(suite.hash, transcript.bytes));
      const signature = vector16(await certificate.sign(message));
      await send(handshakeType.certificateVerify, join(u16(certificate.scheme), signature));
    }
  }
  await send(handshakeType.finished, await finishedOf(suite, secret, transcript.bytes));
}

/** RFC 8446 section 4.4.3. */
function signedBy(side: "server" | "client", hash: Bytes): Bytes {
  const context = new TextEncoder().encode(`TLS 1.3, ${side} CertificateVerify`);
  return join(new Uint8Array(64).fill(0x20), context, 0, hash);
}

async function finishedOf({ hash }: UsableSuite, secret: Bytes, transcript: Bytes): Promise<Bytes> {
  const key = await expandLabel(hash, secret, "finished", none, hashBytes(hash));
  return await hmac(hash, key, await digest(hash, transcript));
}

async function readTicket(
  type: number,
  body: Bytes,
  suite: UsableSuite,
  resumption: Bytes,
): Promise<Session | undefined> {
  if (type !== handshakeType.newSessionTicket) return undefined;
  const reader = new ByteReader(body);
  reader.number(4);
  const ageAdd = reader.number(4);
  const nonce = reader.vector(1);
  const ticket = reader.vector(2);
  const { hash } = suite;
  const secret = await expandLabel(hash, resumption, "resumption", nonce, hashBytes(hash));
  return { version: "TLSv1.3", suite, secret, ticket, id: none, ageAdd };
}
