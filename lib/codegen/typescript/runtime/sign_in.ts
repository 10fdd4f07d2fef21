/**
 * SCRAM-SHA-256 (RFC 5802, RFC 7677): the password never leaves this program.
 *
 * @module
 */

import { DariError, errorNamed, isRecord } from "./errors.ts";
import { base64, type CryptoBytes } from "./values.ts";

/** Makes a call on the connection that signs in. */
export type Ask = (method: string, params: { [name: string]: unknown }) => Promise<unknown>;

const MIN_ITERATIONS = 4_096;
const MAX_ITERATIONS = 10_000_000;
const NONCE_BYTES = 18;
const encoder = new TextEncoder();

/**
 * Signs the connection in; rejects with `unauthenticated` where either side is not right, and with
 * `second_factor_required` where the password is right and a code is needed beside it.
 */
export async function signInByPassword(
  ask: Ask,
  { username, password }: { readonly username: string; readonly password: string },
  binding: Uint8Array | undefined,
  code: string | undefined,
): Promise<{ readonly token: string | undefined }> {
  let header = binding === undefined ? "n,," : "p=tls-server-end-point,,";
  const nonce = base64(crypto.getRandomValues(new Uint8Array(NONCE_BYTES)));
  const bare = `n=${username.replaceAll("=", "=3D").replaceAll(",", "=2C")},r=${nonce}`;
  let bound = binding ?? new Uint8Array();
  let first: string;
  try {
    first = dataOf(await ask("rpc.scram", { data: header + bare }));
  } catch (error) {
    const cannotBind = error instanceof DariError && error.name === "failed_precondition";
    if (binding === undefined || !cannotBind) throw error;
    // Behind a proxy that ends TLS the server has no binding. The proof covers that it has none.
    [header, bound] = ["y,,", new Uint8Array()];
    first = dataOf(await ask("rpc.scram", { data: header + bare }));
  }
  const parts = attributesOf(first);
  const channel = base64(new Uint8Array([...encoder.encode(header), ...bound]));
  const unproved = `c=${channel},r=${parts.r}`;
  const said = `${bare},${first},${unproved}`;
  const { proof, signature } = await proveTo(parts, nonce, password, said);
  // The server has to know the account too, also before the user is asked for a code.
  const verify = (message: string) => {
    if (isSame(attributesOf(message).v ?? "", base64(signature))) return;
    throw errorNamed("unauthenticated", "The server did not prove that it knows the account");
  };
  const answer = {
    data: `${unproved},p=${base64(proof)}`,
    ...(code === undefined ? {} : { code }),
  };
  let final: unknown;
  try {
    final = await ask("rpc.scram", answer);
  } catch (error) {
    if (error instanceof DariError && error.name === "second_factor_required") {
      verify(String(error.data.scram));
    }
    throw error;
  }
  verify(dataOf(final));
  return { token: isRecord(final) && typeof final.token === "string" ? final.token : undefined };
}

async function proveTo(
  { r = "", s = "", i = "" }: { readonly [name: string]: string },
  nonce: string,
  password: string,
  said: string,
): Promise<{ proof: Uint8Array; signature: Uint8Array }> {
  const iterations = /^[1-9]\d{0,8}$/.test(i) ? Number(i) : 0;
  if (!r.startsWith(nonce) || r === nonce) {
    throw errorNamed("unauthenticated", "The server's SCRAM nonce is not an answer to ours");
  }
  if (iterations < MIN_ITERATIONS || iterations > MAX_ITERATIONS) {
    throw errorNamed("unauthenticated", `The server asks for ${i} SCRAM iterations`);
  }
  const text = password.replace(/\p{Zs}/gu, " ").normalize("NFC");
  const key = await crypto.subtle.importKey("raw", encoder.encode(text), "PBKDF2", false, [
    "deriveBits",
  ]);
  const salt = Uint8Array.from(atob(s), (letter) => letter.charCodeAt(0));
  const derivation = { name: "PBKDF2", hash: "SHA-256", salt, iterations };
  const salted = new Uint8Array(await crypto.subtle.deriveBits(derivation, key, 256));
  const clientKey = await hmac(salted, "Client Key");
  const stored = new Uint8Array(await crypto.subtle.digest("SHA-256", clientKey as CryptoBytes));
  const mask = await hmac(stored, said);
  return {
    proof: clientKey.map((byte, at) => byte ^ (mask[at] ?? 0)),
    signature: await hmac(await hmac(salted, "Server Key"), said),
  };
}

async function hmac(
  key: Uint8Array,
  message: string,
): Promise<Uint8Array> {
  const algorithm = { name: "HMAC", hash: "SHA-256" };
  const imported = await crypto.subtle.importKey("raw", key as CryptoBytes, algorithm, false, [
    "sign",
  ]);
  return new Uint8Array(await crypto.subtle.sign("HMAC", imported, encoder.encode(message)));
}

function dataOf(reply: unknown): string {
  if (isRecord(reply) && typeof reply.data === "string") return reply.data;
  throw errorNamed("unauthenticated", "The server's answer to rpc.scram is malformed");
}

function attributesOf(message: string): { readonly [name: string]: string } {
  return Object.fromEntries(message.split(",").map((part) => [part[0], part.slice(2)]));
}

/** Takes as long wherever two texts differ. */
function isSame(a: string, b: string): boolean {
  let difference = a.length ^ b.length;
  for (let at = 0; at < b.length; at++) difference |= a.charCodeAt(at) ^ b.charCodeAt(at);
  return difference === 0;
}
