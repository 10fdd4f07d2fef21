/**
 * The principal: who is calling, whatever the credential was.
 *
 * @module
 */

/**
 * The kind of a credential: the own process or its socket, a session, an API key, a certificate, the
 * token of an issuer that the policy names; or `delegated`, for a call that a peer makes on behalf of others.
 */
export type CredentialKind = "local" | "session" | "apiKey" | "certificate" | "token" | "delegated";

/**
 * The caller. Handlers read it from `context.principal`. It never changes: a change of the
 * account's rights ends it, and the client signs in again.
 */
export interface Principal {
  /** The account's folded name; `local`; or `certificate:IDENTITY` for one without an account; `ISSUER:SUBJECT`. */
  readonly name: string;
  /** The kind of its credential. */
  readonly kind: CredentialKind;
  /** The roles of its account; the policy says what roles may call. */
  readonly roles: readonly string[];
  /** The scopes that narrow what its roles allow, where the credential has some. */
  readonly scopes?: readonly string[];
  /** The id of the credential, for logs and `session|key revoke`; it reveals no secret. */
  readonly credentialId: string;
  /**
   * When the credential ends at the latest, in milliseconds since the epoch. A session ends earlier
   * when it is not used.
   */
  readonly expiresAtMs?: number;
  /**
   * Of a call that a peer makes on behalf of others, their names from the first caller, who is the
   * principal's `name`, to the peer itself. Such a principal may do what all of them may, and never
   * administers. Its kind is `delegated`, its credential the peer's, its roles are those that all of
   * them have.
   */
  readonly chain?: readonly string[];
}
