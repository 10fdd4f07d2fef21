/**
 * Who is calling, in one shape whatever proved it.
 *
 * @module
 */

/** What proved a principal: its own process or socket, a session, an API key or a certificate. */
export type CredentialKind = "local" | "session" | "apiKey" | "certificate";

/**
 * Who is calling. Handlers read it from `context.principal`; it never changes, and a change of
 * rights ends it.
 */
export interface Principal {
  /** The account's folded name; `local`; or `certificate:IDENTITY` where no account is mapped. */
  readonly name: string;
  /** What proved it. */
  readonly kind: CredentialKind;
  /** The roles of its account; the policy says what they may call. */
  readonly roles: readonly string[];
  /** Where given, what roles allow is narrowed to these scopes. */
  readonly scopes?: readonly string[];
  /** Names the credential without revealing it, for logs and `session|key revoke`. */
  readonly credentialId: string;
  /**
   * The last moment at which the credential can prove anything, in milliseconds since the epoch. A
   * session may end earlier, when it is idle.
   */
  readonly expiresAtMs?: number;
}
