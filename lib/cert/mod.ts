/**
 * Certificates: an authority of one's own, the leaves it issues, and whether to trust what others
 * show.
 *
 * @module
 */

export type { Clock } from "../base/clock.ts";
export {
  type Authority,
  type AuthorityOptions,
  makeAuthority,
  openAuthority,
} from "./authority.ts";
export {
  initAuthority,
  loadAuthority,
  lockAuthority,
  readAuthorityCertificates,
} from "./authority_directory.ts";
export {
  type Certificate,
  fingerprintOf,
  identityOf,
  parseCertificate,
  parseCertificates,
} from "./certificate.ts";
export type { Purpose } from "./certificate_template.ts";
export { type DistinguishedName, formatName, type NameAttribute } from "./distinguished_name.ts";
export type { Extensions, KeyUsage, NameConstraints } from "./extension.ts";
export {
  formatGeneralName,
  type GeneralName,
  parseSubjectName,
  type SubjectName,
} from "./general_name.ts";
export { type CertificateDescription, describeCertificate, formatDescription } from "./inspect.ts";
export {
  generateKeyPair,
  type KeyAlgorithm,
  type KeyPair,
  publicKeyOf,
  rsaDecrypt,
  rsaEncrypt,
  type SignatureScheme,
  signMessage,
  verifyMessage,
} from "./keys.ts";
export { issueLeaf, type LeafOptions } from "./leaf.ts";
export { checkFree, checkVacant, issueLeafFiles, type LeafFiles, writePair } from "./leaf_files.ts";
export { Ledger } from "./ledger.ts";
export {
  type CertificateState,
  type IssuedEvent,
  type LedgerEntry,
  type RevocationReason,
  revocationReasons,
  stateOf,
} from "./ledger_event.ts";
export { checkName } from "./name_match.ts";
export type { CertificateAndKey } from "./own_certificate.ts";
export { decodePem, encodePem, type PemBlock } from "./pem.ts";
export { encodePkcs12 } from "./pkcs12.ts";
export { decodePrivateKeyPem, encodePrivateKeyPem, isEncryptedPem } from "./private_key.ts";
export { isDueForRenewal, type RenewalResult, renewDue, renewLeaf } from "./renewal.ts";
export { type CertificateRequest, makeRequest, parseRequest } from "./request.ts";
export { makeRevocationList } from "./revocation_list.ts";
export { openRevocations, type Revocations } from "./revocations.ts";
export {
  applyRotation,
  planRotation,
  type RotationOptions,
  type RotationPlan,
  type RotationStep,
} from "./rotation.ts";
export { makeSelfSigned, type SelfSignedOptions } from "./self_signed.ts";
export {
  ensureServerIdentity,
  type ServerIdentity,
  type ServerIdentityOptions,
} from "./server_identity.ts";
export { type SignedRequest, signRequest } from "./sign_request.ts";
export type { Signer } from "./signer.ts";
export { type CertificatePath, verifyCertificate, type VerifyOptions } from "./verify.ts";
