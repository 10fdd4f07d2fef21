import { generateKeyPair, type KeyAlgorithm, type KeyPair } from "../../lib/cert/key/key_pair.ts";

const made = new Map<string, Promise<KeyPair>>();

/**
 * A key pair that the tests of an isolate share, for tests that are not about making one: an RSA key
 * takes a third of a second of a core.
 *
 * @param algorithm The kind of key.
 * @param name Another name is another pair.
 */
export function sharedKeyPair(algorithm: KeyAlgorithm, name = "one"): Promise<KeyPair> {
  const key = `${algorithm} ${name}`;
  const pair = made.get(key) ?? generateKeyPair(algorithm);
  made.set(key, pair);
  return pair;
}
