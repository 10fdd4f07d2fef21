/**
 * Certificates: an authority of one's own, the leaves it issues, and whether to trust what others
 * show.
 *
 * @module
 */

export type { WriteLog } from "../base/text/write_log.ts";
export type { Clock } from "../base/clock.ts";
export {
  type Authority,
  type AuthorityOptions,
  makeAuthority,
  openAuthority,
} from "./authority/authority.ts";
export {
  initAuthority,
  type InitOptions,
  loadAuthority,
  readAuthorityCertificates,
} from "./authority/directory.ts";
export { lockAuthority } from "./authority/authority_files.ts";
export {
  type Certificate,
  fingerprintOf,
  identityOf,
  parseCertificate,
  parseCertificates,
} from "./x509/certificate.ts";
export type { Purpose } from "./x509/certificate_template.ts";
export {
  type DistinguishedName,
  formatName,
  type NameAttribute,
} from "./x509/distinguished_name.ts";
export type { Extensions, KeyUsage, NameConstraints } from "./x509/extension.ts";
export {
  formatGeneralName,
  type GeneralName,
  parseSubjectName,
  type SubjectName,
} from "./x509/general_name.ts";
export {
  type CertificateDescription,
  describeCertificate,
  formatDescription,
} from "./show/inspect.ts";
export { generateKeyPair, type KeyAlgorithm, type KeyPair, publicKeyOf } from "./key/key_pair.ts";
export { rsaDecrypt, rsaEncrypt } from "./key/rsa_encryption.ts";
export { type SignatureScheme, signMessage, verifyMessage } from "./key/scheme.ts";
export { issueLeaf, type LeafOptions } from "./authority/leaf.ts";
export {
  checkFree,
  checkVacant,
  issueLeafFiles,
  type LeafFiles,
  writePair,
} from "./authority/leaf_files.ts";
export {
  Ledger,
  openFileLedger,
  openStoreLedger,
  type StoreLedgerOptions,
} from "./ledger/ledger.ts";
export type { LedgerEntries } from "./ledger/entries.ts";
export type { EventLog, Follower } from "./ledger/event_log.ts";
export type { StoreOpener } from "./ledger/lazy_store.ts";
export {
  type CertificateState,
  concernsKey,
  type IssuedEvent,
  type LedgerEntry,
  type LedgerEvent,
  type ListedEvent,
  type RevocationReason,
  revocationReasons,
  type RevokedEvent,
  stateOf,
} from "./ledger/event.ts";
export { checkName } from "./path/name_match.ts";
export type { CertifiedKey } from "./authority/certified_key.ts";
export { decodePem, encodePem, type PemBlock } from "./der/pem.ts";
export { encodePkcs12 } from "./show/pkcs12.ts";
export { isPkcs12, parsePkcs12, type Pkcs12Contents } from "./show/pkcs12_reader.ts";
export {
  describeRequest,
  formatRequest,
  type RequestDescription,
} from "./show/request_description.ts";
export {
  describeRevocationList,
  formatRevocationList,
  type RevocationListDescription,
} from "./show/revocation_list_description.ts";
export { decodePrivateKeyPem, encodePrivateKeyPem, isEncryptedPem } from "./key/private_key.ts";
export {
  isDueForRenewal,
  type RenewalOptions,
  type RenewalResult,
  renewDue,
  renewLeaf,
} from "./authority/renewal.ts";
export { type CertificateRequest, makeRequest, parseRequest } from "./x509/request.ts";
export { checkRevocationLists } from "./path/revocation_check.ts";
export {
  parseRevocationList,
  parseRevocationLists,
  type RevocationList,
} from "./x509/revocation_list.ts";
export { issueRevocationList, makeRevocationList } from "./authority/revocation_list.ts";
export { openRevocations, type Revocations } from "./ledger/revocations.ts";
export {
  applyRotation,
  planRotation,
  type RotationOptions,
  type RotationPlan,
  type RotationStep,
} from "./authority/rotation.ts";
export {
  CertificateError,
  type CertificateReason,
  certificateReasons,
  type Fault,
  inFile,
} from "./reasons.ts";
export { restoreAuthority, type RestoreOptions } from "./authority/restore.ts";
export { makeSelfSigned, type SelfSignedOptions } from "./authority/self_signed.ts";
export {
  ensureServerIdentity,
  type ServerIdentity,
  type ServerIdentityOptions,
} from "./server/server_identity.ts";
export { type SignedRequest, signRequest } from "./authority/sign_request.ts";
export type { Signed } from "./key/signature.ts";
export type { Signer } from "./key/signer.ts";
export { type CertificatePath, verifyCertificate, type VerifyOptions } from "./path/verify.ts";
