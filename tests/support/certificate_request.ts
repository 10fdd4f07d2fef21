import { encodePem } from "../../lib/cert/der/pem.ts";
import { oid } from "../../lib/cert/der/oid.ts";
import { type DerNode, loadDerWriter } from "../../lib/cert/der/writer.ts";
import { openSigner, sealNode } from "../../lib/cert/key/signer.ts";
import { nameNode, parseSubject } from "../../lib/cert/x509/distinguished_name.ts";

/** How a request by hand differs from one that is as it should be. */
export interface RequestOptions {
  readonly subject?: string;
  readonly version?: number;
}

/** A request by hand: its subject and its attributes are as given, its signature is right. */
export async function requestOf(
  privateKey: Uint8Array<ArrayBuffer>,
  attributes: readonly DerNode[],
  { subject = "CN=r.internal", version = 0 }: RequestOptions = {},
): Promise<string> {
  const writer = await loadDerWriter();
  const signer = await openSigner(privateKey);
  const info = writer.sequence(
    writer.integer(version),
    nameNode(writer, parseSubject(subject)),
    writer.raw(signer.publicKey),
    writer.explicit(0, ...attributes),
  );
  return encodePem("CERTIFICATE REQUEST", await sealNode(writer, info, signer));
}

/** The attribute that asks for extensions. */
export async function asking(...extensions: DerNode[]): Promise<DerNode> {
  const writer = await loadDerWriter();
  return writer.sequence(
    writer.oid(oid.extensionRequest),
    writer.set(writer.sequence(...extensions)),
  );
}
