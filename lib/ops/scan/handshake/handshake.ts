/**
 * What a whole handshake is told and what it finds out, whatever the version.
 *
 * @module
 */

import type { Bytes } from "../wire/bytes.ts";
import type { UsableSuite } from "./record_ciphers.ts";

/** The certificate that a scan shows where a server wants one. */
export interface ClientCertificate {
  /** The certificate and those above it, in DER. */
  readonly chain: readonly Bytes[];
  /** The signature scheme. */
  readonly scheme: number;
  /** Signs as TLS writes signatures. */
  sign(message: Bytes): Promise<Bytes>;
}

/**
 * Verifies a signature by a certificate's key.
 *
 * @param leaf The certificate in DER.
 * @param scheme The signature scheme of TLS.
 * @returns Whether it is right; `undefined` where that cannot be told.
 */
export type VerifySignature = (
  leaf: Bytes,
  scheme: number,
  message: Bytes,
  signature: Bytes,
) => Promise<boolean | undefined>;

/** A session that a server let a client go on with. */
export interface Session {
  /** The version. */
  readonly version: "TLSv1.2" | "TLSv1.3";
  /** The suite. */
  readonly suite: UsableSuite;
  /** The secret: the pre-shared key of TLS 1.3, the master secret of TLS 1.2. */
  readonly secret: Bytes;
  /** The ticket; empty where the session has only an ID. */
  readonly ticket: Bytes;
  /** The ID of TLS 1.2. */
  readonly id: Bytes;
  /** The number that hides a ticket's age in TLS 1.3. */
  readonly ageAdd: number;
}

/** What a handshake is told. */
export interface Wish {
  /** The name of the server that is meant. */
  readonly serverName: string | undefined;
  /** Protocols of the application. */
  readonly protocols: readonly string[];
  /** What is shown where the server asks for a certificate; none when left out. */
  readonly certificate?: ClientCertificate | undefined;
  /** The session to go on with. */
  readonly session?: Session | undefined;
  /** Verifies the server's signature. */
  readonly verifySignature: VerifySignature;
}

/** What a handshake found out. */
export interface Shaken {
  /** The version. */
  readonly version: "TLSv1.2" | "TLSv1.3";
  /** The suite. */
  readonly suite: number;
  /** The group of the key agreement; none where a session went on. */
  readonly group: number | undefined;
  /** The protocol of the application. */
  readonly protocol: string | undefined;
  /** The certificates of the server in DER; empty where a session went on. */
  readonly chain: readonly Bytes[];
  /** The scheme of the server's signature. */
  readonly scheme: number | undefined;
  /** Whether the server has the key of its certificate; `undefined` where it was not to be told. */
  readonly isKeyProven: boolean | undefined;
  /** Whether the server asked for a certificate. */
  readonly asksForCertificate: boolean;
  /** Whether the session went on. */
  readonly isResumed: boolean;
  /**
   * Takes a handshake message that came after the handshake.
   *
   * @returns A session, where the message brings one.
   */
  takeLater(type: number, body: Bytes): Promise<Session | undefined>;
  /** A session that came before the end of the handshake (TLS 1.2). */
  readonly session: Session | undefined;
}
