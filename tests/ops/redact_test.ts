import { assertEquals } from "@std/assert";
import { redactSecrets } from "../../lib/ops/redact.ts";

Deno.test("redactSecrets() takes out every secret that has a form, and leaves the text around it", () => {
  const id = "0123456789ab";
  const key = `dari_${id}_${"Ab1".repeat(16)}Z`;
  const cases: Record<string, string> = {
    [`key ${key} was refused`]: `key dari_${id}_[redacted] was refused`,
    "session dses_abcdefghijklmnop-_1, then": "session dses_[redacted], then",
    "auth=dari-hmac 0123:abc=": "auth=dari-hmac [redacted]",
    "authorization: bearer abcdefgh.ijk": "authorization: bearer [redacted]",
    "nats://bob:hunter2@example.com:4222": "nats://bob:[redacted]@example.com:4222",
    "$pbkdf2-sha256$i=600000$c2FsdA$aGFzaA": "$pbkdf2-sha256$i=600000$[redacted]",
    "a -----BEGIN PRIVATE KEY-----\nMIIB\n-----END PRIVATE KEY----- b":
      "a -----BEGIN PRIVATE KEY-----[redacted] b",
    "-----BEGIN EC PRIVATE KEY-----\nMIIB": "-----BEGIN EC PRIVATE KEY-----[redacted]",
  };
  for (const [text, expected] of Object.entries(cases)) {
    assertEquals(redactSecrets(text), expected);
  }
});

Deno.test("redactSecrets() leaves text without secrets as it is", () => {
  for (
    const text of [
      "",
      "https://example.com:9443/a@b",
      "a bearer of news",
      "dari_0123456789ab",
      "-----BEGIN PUBLIC KEY-----\nMIIB",
    ]
  ) assertEquals(redactSecrets(text), text);
});
