/** An RSA public key of 1,024 bits, as SubjectPublicKeyInfo, which dari must refuse. */
export async function weakPublicKey(): Promise<Uint8Array<ArrayBuffer>> {
  const publicExponent = Uint8Array.of(1, 0, 1);
  const { publicKey } = await crypto.subtle.generateKey(
    { name: "RSA-PSS", hash: "SHA-256", modulusLength: 1_024, publicExponent },
    true,
    ["sign", "verify"],
  );
  return new Uint8Array(await crypto.subtle.exportKey("spki", publicKey));
}
