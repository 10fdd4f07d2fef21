/**
 * SCRAM-SHA-256, the server's side of one exchange.
 *
 * @module
 * @see RFC 5802, sections 5 to 7
 */

import { encodeBase64 } from "@std/encoding/base64";
import { DariError } from "../../base/errors.ts";
import { limits } from "../../base/limits.ts";
import type { ChannelBinding } from "../../transport/connection.ts";
import { type Bytes, randomText, secretsEqual, systemRandom, utf8 } from "./bytes.ts";
import { AuthenticationError } from "./errors.ts";
import { attributeBytes, checkProof, parseAttributes, type ScramVerifier } from "./scram.ts";

/** A client's first message. */
export interface ClientFirst {
  /** The account's name, as the client wrote it. */
  readonly name: string;
  /** Its nonce. */
  readonly nonce: string;
  /** The message without its header. */
  readonly bare: string;
  /** The header, for instance `n,,`. */
  readonly header: string;
  /** The type of the channel binding that it uses, `null` for none. */
  readonly binding: string | null;
  /** Whether it could bind, but believes that the server cannot. */
  readonly couldBind: boolean;
}

/**
 * Parses a client's first message.
 *
 * @param message The message.
 * @returns Its parts.
 * @throws {AuthenticationError} When it is malformed, or asks to act for another user.
 * @example
 * ```ts
 * import { parseClientFirst } from "@dari/dari/auth";
 * import { assertEquals } from "@std/assert";
 *
 * const { name, nonce } = parseClientFirst("n,,n=user,r=rOprNGfwEbeRWgbNEkqO");
 * assertEquals([name, nonce], ["user", "rOprNGfwEbeRWgbNEkqO"]);
 * ```
 */
export function parseClientFirst(message: string): ClientFirst {
  const match = /^((n|y|p=([A-Za-z0-9.-]+)),(a=[^,]*)?,)(.*)$/su.exec(message);
  if (match === null) throw new AuthenticationError("The first SCRAM message has no valid header");
  const [, header, flag, binding, authzid, bare] = match as unknown as string[];
  const { n, r } = parseAttributes(bare ?? "", ["n", "r"]);
  if (r === "" || /=(?!2C|3D)/.test(n)) {
    throw new AuthenticationError("The first SCRAM message has no nonce or no valid name");
  }
  if (authzid !== undefined && authzid !== `a=${n}`) {
    throw new AuthenticationError("Signing in for another user is not supported");
  }
  return {
    name: n.replaceAll("=2C", ",").replaceAll("=3D", "="),
    nonce: r,
    bare: bare ?? "",
    header: header ?? "",
    binding: binding ?? null,
    couldBind: flag === "y",
  };
}

/** What the server needs besides the client's messages. */
export interface ScramServerOptions {
  /** What is stored of the user's password, or a decoy for an unknown user. */
  readonly verifier: ScramVerifier;
  /** The channel bindings of the connection. */
  readonly channelBindings?: readonly ChannelBinding[];
  /** The server's part of the nonce; random by default. */
  readonly nonce?: string;
}

/** One SCRAM exchange. */
export interface ScramServer {
  /** The server's first message. */
  readonly first: string;
  /**
   * Checks the client's final message.
   *
   * @param message The message.
   * @returns The server's final message, which proves the server.
   * @throws {AuthenticationError} When the client did not prove that it knows the password.
   */
  finish(message: string): Promise<string>;
}

/**
 * Answers a client's first message.
 *
 * @param client The message.
 * @param options The user's verifier and the connection's bindings.
 * @returns The exchange.
 * @throws {DariError} `failed_precondition` when the client asks for a binding that the connection
 * does not have; it may then try again and say that it could bind.
 * @throws {AuthenticationError} When the client could bind and was led to believe that the server
 * cannot (RFC 5802 section 6).
 * @example
 * ```ts
 * import { createScramServer, createScramVerifier, parseClientFirst } from "@dari/dari/auth";
 * import { assert } from "@std/assert";
 *
 * const verifier = await createScramVerifier("pencil", { iterations: 4_096 });
 * const client = parseClientFirst("n,,n=user,r=rOprNGfwEbeRWgbNEkqO");
 * assert(createScramServer(client, { verifier }).first.endsWith(",i=4096"));
 * ```
 */
export function createScramServer(client: ClientFirst, options: ScramServerOptions): ScramServer {
  const {
    verifier,
    channelBindings = [],
    nonce = randomText(systemRandom, limits.scramNonceBytes),
  } = options;
  const bound = channelBindings.find((each) => each.type === client.binding);
  if (client.binding !== null && bound === undefined) {
    throw new DariError(
      "failed_precondition",
      `This connection has no channel binding "${client.binding}"`,
    );
  }
  if (client.couldBind && channelBindings.length > 0) {
    throw new AuthenticationError(
      "The client did not bind, although this connection has a channel binding",
    );
  }
  const expected = utf8(expectedBinding(client.header, bound?.data));
  const fullNonce = client.nonce + nonce;
  const first = `r=${fullNonce},s=${verifier.salt},i=${verifier.iterations}`;
  return {
    first,
    async finish(message) {
      const { c, r } = parseAttributes(message, ["c", "r"]);
      const proofAt = message.lastIndexOf(",p=");
      if (proofAt < 0) throw new AuthenticationError("The final SCRAM message has no proof");
      const proof = attributeBytes(message.slice(proofAt + 3));
      const authMessage = `${client.bare},${first},${message.slice(0, proofAt)}`;
      const signature = proof.length === 32 ? await checkProof(verifier, authMessage, proof) : null;
      if (r !== fullNonce || !secretsEqual(utf8(c), expected) || signature === null) {
        throw new AuthenticationError("The SCRAM proof is wrong");
      }
      return `v=${encodeBase64(signature)}`;
    },
  };
}

/**
 * The value that the attribute `c` of the final message must have.
 *
 * @param header The header of the first message.
 * @param binding The connection's binding, where the header names one.
 * @returns The base64 of header and binding.
 */
export function expectedBinding(header: string, binding?: Uint8Array): string {
  const head = utf8(header);
  const whole: Bytes = new Uint8Array(head.length + (binding?.length ?? 0));
  whole.set(head);
  if (binding !== undefined) whole.set(binding, head.length);
  return encodeBase64(whole);
}
