/**
 * SCRAM-SHA-256, the client's side: the password never leaves the client, and the server has to prove
 * itself too.
 *
 * @module
 * @see RFC 5802, section 3
 */

import { encodeBase64 } from "@std/encoding/base64";
import { limits } from "../../base/limits.ts";
import type { ChannelBinding } from "../../transport/connection.ts";
import { digestSha256, hmacSha256, randomText, secretsEqual, systemRandom } from "./bytes.ts";
import { pbkdf2 } from "./derive.ts";
import { AuthenticationError } from "./errors.ts";
import { passwordBytes } from "./password.ts";
import { attributeBytes, deriveKeys, parseAttributes, xor } from "./scram.ts";
import { expectedBinding } from "./scram_server.ts";

/** What a client needs to sign in by SCRAM. */
export interface ScramClientOptions {
  /** The account. */
  readonly username: string;
  /** Its password. */
  readonly password: string;
  /** The connection's channel binding, where this end can see it. */
  readonly channelBinding?: ChannelBinding | undefined;
  /**
   * Says that this end could bind, to a server that seems unable to. A server that can bind then
   * refuses, because somebody in between hid that (RFC 5802 section 6).
   *
   * @default {false}
   */
  readonly couldBind?: boolean;
  /** The client's nonce; random by default. */
  readonly nonce?: string;
}

/** One SCRAM exchange. */
export interface ScramClient {
  /** The client's first message. */
  readonly first: string;
  /**
   * Answers the server's first message; takes the time of one derivation.
   *
   * @param message The server's first message.
   * @returns The client's final message.
   * @throws {AuthenticationError} When the message does not answer this exchange, or asks for so few
   * iterations that an impostor could guess the password, or for so many that this end would hang.
   */
  answer(message: string): Promise<string>;
  /**
   * Checks the server's final message.
   *
   * @param message The server's final message.
   * @throws {AuthenticationError} When the server did not prove that it has the account's verifier.
   */
  verify(message: string): void;
}

/**
 * Starts a SCRAM exchange as a client.
 *
 * @param options Account, password and channel binding.
 * @returns The exchange.
 * @example
 * ```ts
 * import {
 *   createScramClient,
 *   createScramServer,
 *   createScramVerifier,
 *   parseClientFirst,
 * } from "@dari/dari/auth";
 *
 * const verifier = await createScramVerifier("correct horse battery", { iterations: 4_096 });
 * const client = createScramClient({ username: "alice", password: "correct horse battery" });
 * const server = createScramServer(parseClientFirst(client.first), { verifier });
 * const last = await server.finish(await client.answer(server.first));
 * client.verify(last);
 * ```
 */
export function createScramClient(options: ScramClientOptions): ScramClient {
  const { username, password, channelBinding, couldBind = false } = options;
  const { nonce = randomText(systemRandom, limits.scramNonceBytes) } = options;
  const flag = channelBinding === undefined ? couldBind ? "y" : "n" : `p=${channelBinding.type}`;
  const header = `${flag},,`;
  const bare = `n=${username.replaceAll("=", "=3D").replaceAll(",", "=2C")},r=${nonce}`;
  let expectedSignature: Uint8Array | undefined;
  return {
    first: header + bare,
    async answer(message) {
      const { r, s, i } = parseAttributes(message, ["r", "s", "i"]);
      const iterations = /^[1-9]\d{0,8}$/.test(i) ? Number(i) : 0;
      if (!r.startsWith(nonce) || r === nonce) {
        throw new AuthenticationError("The server's SCRAM nonce does not begin with the client's");
      }
      if (iterations < limits.minScramIterations || iterations > limits.maxPasswordIterations) {
        throw new AuthenticationError(
          `The server asks for ${i} SCRAM iterations; allowed are ${limits.minScramIterations} to ` +
            `${limits.maxPasswordIterations}`,
        );
      }
      const salted = await pbkdf2(passwordBytes(password), attributeBytes(s), iterations);
      const { clientKey, serverKey } = await deriveKeys(salted);
      const unproved = `c=${expectedBinding(header, channelBinding?.data)},r=${r}`;
      const authMessage = `${bare},${message},${unproved}`;
      expectedSignature = await hmacSha256(serverKey, authMessage);
      const proof = xor(clientKey, await hmacSha256(await digestSha256(clientKey), authMessage));
      return `${unproved},p=${encodeBase64(proof)}`;
    },
    verify(message) {
      const signature = attributeBytes(parseAttributes(message, ["v"]).v);
      if (expectedSignature === undefined || !secretsEqual(signature, expectedSignature)) {
        throw new AuthenticationError("The server did not prove that it knows the account");
      }
    },
  };
}
