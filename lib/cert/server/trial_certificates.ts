/**
 * Certificates for the start-up trial of a listener, made in memory and forgotten with it.
 *
 * @module
 */

import { limits } from "../../base/limits.ts";
import { makeAuthority } from "../authority/authority.ts";
import { parseCertificate } from "../x509/certificate.ts";
import { type Purpose, randomSerial, signCertificate } from "../x509/certificate_template.ts";
import { parseSubject } from "../x509/distinguished_name.ts";
import { parseSubjectName } from "../x509/general_name.ts";
import { generateKeyPair } from "../key/key_pair.ts";
import { encodePem } from "../der/pem.ts";
import { encodePrivateKeyPem } from "../key/private_key.ts";
import { openSigner } from "../key/signer.ts";
import type { TrialCertificates } from "../../transport/tls/trial/client_certificate_trial.ts";

const CLIENT = "trial.internal";

/**
 * Makes two authorities and their leaves. The listener on trial trusts the first of them.
 *
 * @returns Their certificates; the authorities' keys are forgotten.
 */
export async function makeTrialCertificates(): Promise<TrialCertificates> {
  const trusted = await makeAuthority({ lifeMs: limits.trialCertificateLifeMs });
  const foreign = await makeAuthority({ lifeMs: limits.trialCertificateLifeMs });
  const { publicKey, privateKey } = await generateKeyPair();
  const key = await encodePrivateKeyPem(privateKey);
  const issue = async (by: typeof trusted, name: string, purpose: Purpose) => {
    const { subject, notBeforeMs, notAfterMs } = by.certificate;
    const der = await signCertificate({
      serial: randomSerial(),
      subject: parseSubject(`CN=${name}`),
      publicKey,
      notBeforeMs,
      notAfterMs,
      keyUsage: ["digitalSignature"],
      purposes: [purpose],
      names: [parseSubjectName(name)],
    }, { subject: subject.der, signer: await openSigner(by.privateKey) });
    return { cert: encodePem("CERTIFICATE", der), key, serial: parseCertificate(der).serial };
  };
  return {
    ca: encodePem("CERTIFICATE", trusted.certificate.der),
    server: await issue(trusted, "localhost", "server"),
    member: await issue(trusted, CLIENT, "client"),
    revoked: await issue(trusted, CLIENT, "client"),
    stranger: await issue(foreign, CLIENT, "client"),
  };
}
