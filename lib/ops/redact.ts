/**
 * Secrets in text that is about to be kept, such as the message of an error.
 *
 * @module
 */

/** What begins a secret, and the secret; what begins it stays. */
const SECRETS: readonly RegExp[] = [
  /(dari_[0-9a-f]{12}_)[0-9A-Za-z]{8,}/g, // an API key; its id is no secret
  /(dses_)[0-9A-Za-z_-]{8,}/g, // a session
  /(dari-hmac )[^\s"']+/gi, // a signed request
  /(\b(?:Bearer|Basic) +)[0-9A-Za-z._~+/=-]{8,}/gi, // RFC 6750 §2.1, RFC 7617 §2
  /([a-z][a-z0-9+.-]*:\/\/[^\s/:@"']*:)[^\s/@"']+(?=@)/gi, // the password of a URL
  /(\$pbkdf2-sha256\$i=\d+\$)[A-Za-z0-9+/$]+/g, // a password's hash
  /(-----BEGIN [A-Z ]*PRIVATE KEY-----)[^]*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)/g,
];

/** One look that tells whether any of {@linkcode SECRETS} can be there. */
const HINT = /dari_|dses_|dari-hmac|Bearer|Basic|:\/\/|\$pbkdf2|PRIVATE KEY/i;

/**
 * Takes secrets out of text. It knows those that have a form: dari's keys, sessions and signatures,
 * credentials of HTTP, passwords in URLs, password hashes and private keys. A password that stands in
 * a sentence looks like any other word.
 *
 * @param text Any text.
 * @returns The text, with `[redacted]` in the place of each secret.
 *
 * @example
 * ```ts
 * import { redactSecrets } from "./redact.ts";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(
 *   redactSecrets("Authorization: Bearer abcdef0123456789 was refused"),
 *   "Authorization: Bearer [redacted] was refused",
 * );
 * ```
 */
export function redactSecrets(text: string): string {
  if (!HINT.test(text)) return text;
  return SECRETS.reduce((rest, secret) => rest.replace(secret, "$1[redacted]"), text);
}
