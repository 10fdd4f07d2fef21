import { encodeBase64 } from "@std/encoding/base64";
import type { ChannelBinding, SignInCall } from "../../lib/auth/mod.ts";
import { peer, type TestIdentity } from "./identity.ts";

/** How Web Crypto makes a key pair of each algorithm that signs in. */
export const keyPairAlgorithms = {
  "Ed25519": { name: "Ed25519" },
  "P-256": { name: "ECDSA", namedCurve: "P-256" },
  "RSA-PSS": rsa("RSA-PSS", 2_048),
  "RSA-OAEP": rsa("RSA-OAEP", 2_048),
};

/** How Web Crypto makes an RSA key pair. */
export function rsa(name: string, modulusLength: number) {
  return { name, modulusLength, publicExponent: new Uint8Array([1, 0, 1]), hash: "SHA-256" };
}

/** A new key pair as PEM. */
export async function pemPair(
  algorithm: object & { name: string },
): Promise<{ publicKey: string; privateKey: string }> {
  const usages: KeyUsage[] = algorithm.name === "RSA-OAEP"
    ? ["encrypt", "decrypt"]
    : ["sign", "verify"];
  const pair = await crypto.subtle.generateKey(algorithm, true, usages) as CryptoKeyPair;
  const pem = async (format: "spki" | "pkcs8", key: CryptoKey, label: string) => {
    const body = encodeBase64(await crypto.subtle.exportKey(format, key)).replace(/.{64}/g, "$&\n");
    return `-----BEGIN ${label} KEY-----\n${body}\n-----END ${label} KEY-----\n`;
  };
  return {
    publicKey: await pem("spki", pair.publicKey, "PUBLIC"),
    privateKey: await pem("pkcs8", pair.privateKey, "PRIVATE"),
  };
}

/** Makes sign-in calls of a new connection whose server end has channel bindings. */
export function boundCaller(
  test: TestIdentity,
  channelBindings: readonly ChannelBinding[] = [],
): SignInCall {
  const connectionId = crypto.randomUUID();
  return async (method, params) => {
    const { result } = await test.identity.gate.signIn(
      method as "rpc.challenge",
      params,
      { peer: { ...peer, channelBindings }, connectionId },
    );
    return result;
  };
}
