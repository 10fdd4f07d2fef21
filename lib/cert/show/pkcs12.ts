/**
 * PKCS#12: a certificate, its chain and its key in one encrypted file, as browsers import them.
 *
 * @see RFC 7292
 * @module
 */

import type forge from "node-forge";
import { DariError } from "../../base/errors.ts";
import { limits } from "../../base/limits.ts";
import type { Certificate } from "../x509/certificate.ts";
import { type DerNode, type DerWriter, loadDerWriter } from "../der/writer.ts";
import { commonNamesOf } from "../x509/distinguished_name.ts";
import { oid } from "../der/oid.ts";
import { encryptPbes2 } from "../key/pbes2.ts";

/** The purpose byte of an integrity key (RFC 7292 appendix B.3). */
const MAC_KEY_ID = 3;

/**
 * Puts a certificate and its key into one file, encrypted with PBES2 (AES-256-CBC).
 *
 * @param certificates The leaf first, then its chain.
 * @param privateKey The leaf's key as PKCS#8.
 * @param passphrase What encrypts it.
 * @returns The file's octets.
 * @throws {DariError} `usage` when the passphrase is empty.
 *
 * @example
 * ```ts
 * import { encodePkcs12, makeSelfSigned } from "@dari/dari/cert";
 * import { assert } from "@std/assert";
 *
 * const { certificate, privateKey } = await makeSelfSigned("api.internal");
 * const file = await encodePkcs12([certificate], privateKey, "correct horse");
 * assert(file.length > certificate.der.length);
 * ```
 */
export async function encodePkcs12(
  certificates: readonly [Certificate, ...Certificate[]],
  privateKey: Uint8Array<ArrayBuffer>,
  passphrase: string,
): Promise<Uint8Array<ArrayBuffer>> {
  if (passphrase === "") throw new DariError("usage", "A PKCS#12 file needs a passphrase");
  const writer = await loadDerWriter();
  const digest = await crypto.subtle.digest("SHA-1", certificates[0].der);
  // SHA-1 is no protection here: it only tells which key belongs to which certificate.
  const attributes = bagAttributes(writer, certificates[0], new Uint8Array(digest));
  const key = await encryptPbes2(writer, privateKey, passphrase);
  const keyBag = writer.sequence(
    writer.oid(oid.shroudedKeyBag),
    writer.explicit(
      0,
      writer.sequence(key.algorithm, writer.octetString(key.ciphertext)),
    ),
    attributes,
  );
  const certBags = certificates.map((certificate, i) =>
    certBag(writer, certificate, i === 0 ? attributes : undefined)
  );
  const contents = writer.encode(
    writer.sequence(
      await encryptedContent(writer, writer.sequence(...certBags), passphrase),
      dataContent(writer, writer.encode(writer.sequence(keyBag))),
    ),
  );
  const pfx = writer.sequence(
    writer.integer(3),
    dataContent(writer, contents),
    await macNode(writer, contents, passphrase),
  );
  return writer.encode(pfx);
}

function bagAttributes(writer: DerWriter, leaf: Certificate, keyId: Uint8Array): DerNode {
  const friendlyName = commonNamesOf(leaf.subject).at(-1) ?? leaf.serial;
  const attributes = [
    writer.sequence(
      writer.oid(oid.friendlyName),
      writer.set(writer.string("bmp", friendlyName)),
    ),
    writer.sequence(writer.oid(oid.localKeyId), writer.set(writer.octetString(keyId))),
  ];
  return writer.setOf(attributes);
}

function certBag(
  writer: DerWriter,
  certificate: Certificate,
  attributes: DerNode | undefined,
): DerNode {
  const value = writer.sequence(
    writer.oid(oid.x509Certificate),
    writer.explicit(0, writer.octetString(certificate.der)),
  );
  return writer.sequence(writer.oid(oid.certBag), writer.explicit(0, value), attributes);
}

function dataContent(writer: DerWriter, contents: Uint8Array): DerNode {
  return writer.sequence(
    writer.oid(oid.data),
    writer.explicit(0, writer.octetString(contents)),
  );
}

async function encryptedContent(
  writer: DerWriter,
  contents: DerNode,
  passphrase: string,
): Promise<DerNode> {
  const encrypted = await encryptPbes2(writer, writer.encode(contents), passphrase);
  const info = writer.sequence(
    writer.oid(oid.data),
    encrypted.algorithm,
    writer.implicit(0, encrypted.ciphertext),
  );
  return writer.sequence(
    writer.oid(oid.encryptedData),
    writer.explicit(0, writer.sequence(writer.integer(0), info)),
  );
}

/** HMAC-SHA256 over the contents, with the key derivation of RFC 7292 appendix B. */
async function macNode(
  writer: DerWriter,
  contents: Uint8Array<ArrayBuffer>,
  passphrase: string,
): Promise<DerNode> {
  const { pkcs12, md, util } = (await import("node-forge")).default as typeof forge;
  const salt = crypto.getRandomValues(new Uint8Array(limits.keySaltBytes));
  const derived = pkcs12.generateKey(
    passphrase,
    util.createBuffer(salt),
    MAC_KEY_ID,
    limits.pkcs12MacIterations,
    32,
    md.sha256.create(),
  );
  const raw = Uint8Array.from(derived.getBytes(), (character: string) => character.charCodeAt(0));
  const hmac = { name: "HMAC", hash: "SHA-256" };
  const key = await crypto.subtle.importKey("raw", raw, hmac, false, ["sign"]);
  const mac = new Uint8Array(await crypto.subtle.sign("HMAC", key, contents));
  const digest = writer.sequence(
    writer.sequence(writer.oid(oid.sha256), writer.null()),
    writer.octetString(mac),
  );
  return writer.sequence(
    digest,
    writer.octetString(salt),
    writer.integer(limits.pkcs12MacIterations),
  );
}
