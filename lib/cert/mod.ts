/**
 * Certificates: an authority of one's own, the leaves it issues, and whether to trust what others
 * show.
 *
 * @module
 */

export {
  ensureServerIdentity,
  type ServerIdentity,
  type ServerIdentityOptions,
} from "./server_identity.ts";
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
export type { Clock } from "../base/clock.ts";
