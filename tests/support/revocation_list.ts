import { extensionNode } from "../../lib/cert/x509/certificate_template.ts";
import { loadDerWriter } from "../../lib/cert/der/writer.ts";
import { oid } from "../../lib/cert/der/oid.ts";
import { encodePem } from "../../lib/cert/mod.ts";
import { sealNode, signatureAlgorithmNode, type Signer } from "../../lib/cert/key/signer.ts";
import { decodeHex } from "@std/encoding/hex";

/** What a test's revocation list says. */
export interface TestListOptions {
  /** The issuer's name, DER. */
  readonly subject: Uint8Array;
  readonly signer: Signer;
  readonly serials?: readonly string[];
  readonly thisUpdateMs: number;
  readonly nextUpdateMs?: number | undefined;
  /** An extension that makes the list one of changes alone. */
  readonly isDelta?: boolean;
  /** Whether the list, or each of its entries, has an extension that nobody knows, and it is critical. */
  readonly unknown?: { readonly of: "list" | "entry"; readonly isCritical: boolean };
  /** Its number; `null` for a list without one. @default {1} */
  readonly number?: number | null;
  /** Whether its number is marked critical, which it must not be. */
  readonly isNumberCritical?: boolean;
}

/** Writes and signs a revocation list. */
export async function testList(options: TestListOptions): Promise<Uint8Array<ArrayBuffer>> {
  const { subject, signer, serials = [], thisUpdateMs, nextUpdateMs, isDelta = false } = options;
  const { number = 1, isNumberCritical } = options;
  const writer = await loadDerWriter();
  const unknown = (of: "list" | "entry") =>
    options.unknown?.of === of
      ? extensionNode(
        writer,
        "1.3.6.1.4.1.55738.666.1",
        writer.integer(1),
        options.unknown.isCritical,
      )
      : undefined;
  const revoked = serials.map((serial) => {
    const extension = unknown("entry");
    return writer.sequence(
      writer.integer(decodeHex(serial)),
      writer.time(thisUpdateMs),
      extension && writer.sequence(extension),
    );
  });
  const keyId = writer.sequence(writer.implicit(0, signer.keyId));
  const toBeSigned = writer.sequence(
    writer.integer(1),
    signatureAlgorithmNode(writer, signer),
    writer.raw(subject),
    writer.time(thisUpdateMs),
    nextUpdateMs === undefined ? undefined : writer.time(nextUpdateMs),
    revoked.length === 0 ? undefined : writer.sequence(...revoked),
    writer.explicit(
      0,
      writer.sequence(
        extensionNode(writer, oid.authorityKeyIdentifier, keyId),
        number === null
          ? undefined
          : extensionNode(writer, oid.crlNumber, writer.integer(number), isNumberCritical),
        isDelta ? extensionNode(writer, "2.5.29.27", writer.integer(1), true) : undefined,
        unknown("list"),
      ),
    ),
  );
  return await sealNode(writer, toBeSigned, signer);
}

/** A list in PEM. */
export function listPem(der: Uint8Array): string {
  return encodePem("X509 CRL", der);
}
