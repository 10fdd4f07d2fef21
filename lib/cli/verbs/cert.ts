/**
 * The verbs of `dari cert`, as in the table of all commands.
 *
 * @module
 */

import type { CommandTable } from "../app/command.ts";

/** The commands for certificates and authorities, by name. */
export const certCommands: CommandTable = {
  "cert init": {
    summary: "Create a certificate authority",
    load: () => import("../commands/cert/init.ts"),
  },
  "cert issue": {
    summary: "Issue a certificate with a new key",
    load: () => import("../commands/cert/issue.ts"),
  },
  "cert self-signed": {
    summary: "Create a self-signed certificate",
    load: () => import("../commands/cert/self_signed.ts"),
  },
  "cert request": {
    summary: "Create a key and a certificate request",
    load: () => import("../commands/cert/request.ts"),
  },
  "cert sign": {
    summary: "Sign a certificate request",
    load: () => import("../commands/cert/sign.ts"),
  },
  "cert renew": {
    summary: "Renew a certificate, or all that are due",
    load: () => import("../commands/cert/renew.ts"),
  },
  "cert revoke": {
    summary: "Revoke a certificate",
    load: () => import("../commands/cert/revoke.ts"),
  },
  "cert list": {
    summary: "List the certificates that were issued",
    load: () => import("../commands/cert/list.ts"),
  },
  "cert inspect": {
    summary: "Show the contents of a certificate",
    load: () => import("../commands/cert/inspect.ts"),
  },
  "cert verify": {
    summary: "Check whether a certificate can be trusted",
    load: () => import("../commands/cert/verify.ts"),
  },
  "cert crl": {
    summary: "Write the certificate revocation list (CRL)",
    load: () => import("../commands/cert/crl.ts"),
  },
  "cert export": {
    summary: "Export a certificate and its key as PKCS#12, for browsers",
    load: () => import("../commands/cert/export.ts"),
  },
  "cert rotate": {
    summary: "Replace the certificate authority, step by step",
    load: () => import("../commands/cert/rotate.ts"),
  },
};
