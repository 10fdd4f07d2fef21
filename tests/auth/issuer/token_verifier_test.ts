import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { exportJWK, generateKeyPair, SignJWT, UnsecuredJWT } from "jose";
import { DariError } from "../../../lib/base/errors.ts";
import { limits } from "../../../lib/base/limits.ts";
import type { TokenIssuer } from "../../../lib/auth/issuer/token_issuer.ts";
import { TokenVerifier } from "../../../lib/auth/issuer/token_verifier.ts";
import { AuthenticationError } from "../../../lib/auth/proof/errors.ts";

const NOW_MS = Date.parse("2026-06-01T12:00:00Z");
const ISSUER = "https://ci.example.com";
const issuers: Record<string, TokenIssuer> = {
  ci: {
    issuer: ISSUER,
    audience: "https://calls.example.com",
    roles: [
      { role: "deploy", claims: { repository: "acme/app", ref: "refs/heads/*" } },
      { role: "admin", claims: { "realm.roles": "owner" } },
      { role: "user", claims: {} },
    ],
  },
};

/** An issuer that is asked by `fetch`, and what it was asked for. */
async function startIssuer() {
  const { publicKey, privateKey } = await generateKeyPair("ES256");
  const other = await generateKeyPair("ES256");
  const jwk = { ...await exportJWK(publicKey), kid: "1", alg: "ES256" };
  const asked: string[] = [];
  const state = { isDown: false, document: { issuer: ISSUER, jwks_uri: `${ISSUER}/keys` } };
  const clock = { now: NOW_MS };
  const answers = (input: RequestInfo | URL): Promise<Response> => {
    asked.push(new URL(String(input)).pathname);
    if (state.isDown) return Promise.reject(new TypeError("connection refused"));
    const isKeys = String(input) === `${ISSUER}/keys`;
    return Promise.resolve(Response.json(isKeys ? { keys: [jwk] } : state.document));
  };
  const claims = { repository: "acme/app", ref: "refs/heads/main", realm: { roles: ["owner"] } };
  const token = (
    change: (jwt: SignJWT) => SignJWT = (jwt) => jwt,
    key: Parameters<SignJWT["sign"]>[0] = privateKey,
    more: Record<string, unknown> = claims,
    kid = "1",
  ) =>
    change(
      new SignJWT(more).setProtectedHeader({ alg: "ES256", kid }).setIssuer(ISSUER)
        .setAudience("https://calls.example.com").setSubject("repo:acme/app")
        .setIssuedAt(NOW_MS / 1_000).setExpirationTime(NOW_MS / 1_000 + 600),
    ).sign(key);
  const verifier = new TokenVerifier({ fetch: answers as typeof fetch, now: () => clock.now });
  return { verifier, token, asked, state, clock, otherKey: other.privateKey, publicKey };
}

Deno.test("verify() gives name, roles and end of a token; its issuer is asked once", async () => {
  const { verifier, token, asked } = await startIssuer();
  for (let round = 0; round < 2; round++) {
    const { name, roles, endsAtMs } = await verifier.verify(await token(), issuers);
    assertEquals(name, "ci:repo:acme/app");
    assertEquals(roles, ["deploy", "admin", "user"]);
    assertEquals(endsAtMs, NOW_MS + 600_000);
  }
  assertEquals(asked, ["/.well-known/openid-configuration", "/keys"]);
  const fork = await token(undefined, undefined, { repository: "eve/app", ref: "refs/heads/main" });
  assertEquals((await verifier.verify(fork, issuers)).roles, ["user"]);
});

Deno.test("verify() refuses tokens that are not for this server, not now, or not signed by the issuer", async () => {
  const { verifier, token, otherKey, publicKey } = await startIssuer();
  const claims = { sub: "repo:acme/app", iss: ISSUER, aud: "https://calls.example.com" };
  const unsigned = new UnsecuredJWT({ ...claims, exp: NOW_MS / 1_000 + 600 }).encode();
  const secret = new TextEncoder().encode(JSON.stringify(await exportJWK(publicKey)));
  const byPublicKey = await new SignJWT(claims).setProtectedHeader({ alg: "HS256", kid: "1" })
    .setExpirationTime(NOW_MS / 1_000 + 600).sign(secret);
  const lateMs = limits.tokenClockToleranceMs + 1_000;
  const wrong: Record<string, string> = {
    "alg none": unsigned,
    "a secret instead of a key": byPublicKey,
    "another audience": await token((jwt) => jwt.setAudience("https://other.example.com")),
    "another issuer": await token((jwt) => jwt.setIssuer("https://evil.example.com")),
    "another key": await token(undefined, otherKey),
    "no such key": await token(undefined, undefined, {}, "2"),
    "expired": await token((jwt) => jwt.setExpirationTime((NOW_MS - lateMs) / 1_000)),
    "not yet": await token((jwt) => jwt.setNotBefore((NOW_MS + lateMs) / 1_000)),
    "nobody": await token((jwt) => jwt.setSubject("")),
    "changed": (await token()).replace(/\.([^.]+)\./, (_, body) => `.${body}A.`),
  };
  for (const [name, text] of Object.entries(wrong)) {
    assert(TokenVerifier.isToken(text), name);
    const error = await assertRejects(() => verifier.verify(text, issuers), AuthenticationError);
    assertEquals(error.code, "unauthenticated", name);
    assert(!error.message.includes(text));
  }
  const eternal = await new SignJWT(claims).setProtectedHeader({ alg: "ES256", kid: "1" })
    .sign(otherKey);
  await assertRejects(() => verifier.verify(eternal, issuers), AuthenticationError);
  // Within the tolerance clocks may differ.
  const slightly = await token((jwt) => jwt.setExpirationTime((NOW_MS - 1_000) / 1_000));
  assertEquals((await verifier.verify(slightly, issuers)).name, "ci:repo:acme/app");
});

Deno.test("verify() is unavailable while the issuer is down, and asks again a little later", async () => {
  const { verifier, token, asked, state, clock } = await startIssuer();
  state.isDown = true;
  for (let round = 0; round < 3; round++) {
    const error = await assertRejects(
      async () => verifier.verify(await token(), issuers),
      DariError,
    );
    assertEquals([error.code, error.retryAfterMs], ["unavailable", limits.issuerRetryMs]);
    assertMatch(error.message, /"ci" cannot be read now/);
  }
  assertEquals(asked.length, 1, "an issuer that is down is left in peace");
  state.isDown = false;
  clock.now += limits.issuerRetryMs;
  assertEquals((await verifier.verify(await token(), issuers)).name, "ci:repo:acme/app");
});

Deno.test("verify() trusts no document of another issuer, and no keys on the way of others", async () => {
  const documents = [
    { issuer: "https://evil.example.com", jwks_uri: `${ISSUER}/keys` },
    { issuer: ISSUER, jwks_uri: "http://ci.example.com/keys" },
  ];
  for (const document of documents) {
    const { verifier, token, state } = await startIssuer();
    state.document = document;
    const error = await assertRejects(
      async () => verifier.verify(await token(), issuers),
      DariError,
    );
    assertEquals(error.code, "unavailable");
  }
});

Deno.test("isToken() tells tokens from other credentials", () => {
  for (const text of ["dari_x", "dses_x", "a.b.c", "eyJ.a", `eyJ.${"a".repeat(20_000)}.b`, ""]) {
    assertEquals(TokenVerifier.isToken(text), false, text.slice(0, 20));
  }
  assertEquals(limits.maxIssuedTokenLength < 20_000 && limits.issuerTimeoutMs > 0, true);
});
