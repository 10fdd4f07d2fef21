/** RSA keys that were made once, as PKCS #8 in Base64, by their length in bits. They protect nothing. */
const kept: Readonly<Record<number, readonly string[]>> = JSON.parse(
  await Deno.readTextFile(new URL("./rsa_keys.json", import.meta.url)),
);

/**
 * Has RSA keys for signatures taken from those above instead of made, one after the other, for tests
 * that are not about making them: that takes a third of a second of a core for 2,048 bits, and more
 * than one for 3,072. Three keys in a row are different.
 *
 * @returns Disposed of, it has keys made again.
 */
export function keptRsaKeys(): Disposable {
  const { subtle } = crypto;
  const { generateKey } = subtle;
  let count = 0;
  subtle.generateKey = (async (...args: [RsaHashedKeyGenParams, boolean, KeyUsage[]]) => {
    const [algorithm] = args;
    const keys = algorithm.name === "RSASSA-PKCS1-v1_5" ? kept[algorithm.modulusLength] : undefined;
    if (keys === undefined) return await generateKey.apply(subtle, args);
    const bytes = Uint8Array.fromBase64(keys[count++ % keys.length]!);
    const privateKey = await subtle.importKey("pkcs8", bytes, algorithm, true, ["sign"]);
    const { kty, n, e } = await subtle.exportKey("jwk", privateKey);
    const publicKey = await subtle.importKey("jwk", { kty, n, e } as JsonWebKey, algorithm, true, [
      "verify",
    ]);
    return { privateKey, publicKey };
  }) as typeof generateKey;
  return { [Symbol.dispose]: () => void (subtle.generateKey = generateKey) };
}
