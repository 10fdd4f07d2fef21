/**
 * `serve` and `connect`: the rooms of the house put together for a program.
 *
 * @module
 */

export * from "./connect.ts";
export type { TrustOptions } from "./reach.ts";
export * from "./serve.ts";
export type { AuthorityFile, CertificateFiles } from "./server_certificate.ts";
