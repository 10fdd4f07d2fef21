/**
 * Changing the secret of an invitation for what it is for.
 *
 * @module
 */

import { DariError } from "../../base/errors.ts";
import { encodePem, makeRequest } from "../../cert/mod.ts";
import { connect } from "../../endpoint/connect.ts";
import { formatAddress } from "../../transport/scheme/parse.ts";
import type { Invitation } from "./invitation.ts";

/** The name in a request whose answer names another one. */
const PLACEHOLDER = "invited.internal";

/** What the server gives for an invitation. */
export interface Given {
  /** The account, or the name of the certificate. */
  readonly name: string;
  /** An API key of the account. */
  readonly apiKey?: string;
  /** The certificate, PEM. */
  readonly certificate?: string;
  /** The cluster that this machine joins; its members are not checked yet. */
  readonly cluster?: unknown;
}

/**
 * Sends the secret, and a certificate request, over a connection that trusts nothing but the authority
 * that has the fingerprint of the invitation.
 *
 * @param invitation The invitation.
 * @param ca The authority, PEM, as `fetchAuthority` gives it.
 * @param privateKey The key that a certificate is to be for; it stays here.
 * @throws {DariError} `unauthenticated` when the invitation was used or is too old, `data` when the
 * answer is no credential.
 */
export async function exchangeInvitation(
  { server, secret }: Invitation,
  ca: string,
  privateKey: Uint8Array<ArrayBuffer>,
): Promise<Given> {
  const request = encodePem("CERTIFICATE REQUEST", await makeRequest(privateKey, [PLACEHOLDER]));
  await using client = await connect(formatAddress(server), { ca, caOnly: true });
  const given = await client.call("rpc.accept", { secret, request }).catch((cause) => {
    if (!(cause instanceof DariError && cause.code === "unauthenticated")) throw cause;
    throw new DariError(
      "unauthenticated",
      "The server does not accept the invitation: it was used, or is too old; ask for another one",
      { cause },
    );
  });
  const { name, apiKey, certificate } = (given ?? {}) as Partial<Given>;
  const isText = (value: unknown) => value === undefined || typeof value === "string";
  if (typeof name !== "string" || !isText(apiKey) || !isText(certificate)) {
    throw new DariError("data", "The server's answer is no credential");
  }
  return given as Given;
}
