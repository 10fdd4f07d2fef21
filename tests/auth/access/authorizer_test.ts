import { assert, assertEquals, assertThrows } from "@std/assert";
import { Authorizer } from "../../../lib/auth/access/authorizer.ts";
import {
  type LiveFacts,
  LivePrincipal,
  type Origin,
} from "../../../lib/auth/credential/live_principal.ts";
import { compilePolicy, type Policy } from "../../../lib/auth/policy/policy.ts";
import type { CredentialKind } from "../../../lib/auth/policy/principal.ts";
import { DariError } from "../../../lib/base/errors.ts";
import { limits } from "../../../lib/base/limits.ts";
import { TestClock } from "../../support/clock.ts";
import { certificateOf, peer, testIdentity } from "../../support/identity.ts";

const codeOf = (work: () => void) => assertThrows(work, DariError).code;

Deno.test("authorize() checks the credential again after the clock was set back", async () => {
  let revoked = false;
  await using test = await testIdentity({ isCertificateRevoked: () => revoked });
  const { gate } = test.identity;
  const certificate = certificateOf("worker-1", test.clock.now() + 60_000);
  const principal = await gate.identify({ ...peer, certificate });
  gate.authorize(principal, "add");
  revoked = true;
  test.clock.step(-3_600_000);
  assertEquals(codeOf(() => gate.authorize(principal, "add")), "unauthenticated");
});

/** An authorizer with a clock of its own, and records of what it does to the others. */
function opened(
  policy: Policy = { roles: { user: ["add"] }, public: ["ping"] },
  idleMs = 60_000,
) {
  const clock = new TestClock();
  const revoked: LivePrincipal[] = [];
  const news = { look: () => {} };
  const uses: [id: string, idleUntilMs?: number][] = [];
  let asked = 0;
  const compiled = compilePolicy(policy);
  const authorizer = new Authorizer({
    policy: {
      current: {
        ...compiled,
        decide(...asks) {
          asked++;
          return compiled.decide(...asks);
        },
      },
    },
    live: { revoke: (principal) => revoked.push(principal), look: () => news.look() },
    sessions: { idleMs, touchMs: idleMs / 10 },
    uses: {
      session: (id, idleUntilMs) => uses.push([id, idleUntilMs]),
      apiKey: (id) => uses.push([id]),
    },
    clock,
  });
  return { clock, authorizer, revoked, uses, news, asked: () => asked };
}

function principalOf(kind: CredentialKind, facts: Partial<LiveFacts> = {}, origin: Origin = {}) {
  const face = { name: "alice", kind, roles: ["user"], credentialId: "1", ...facts };
  return new LivePrincipal(face, { key: `${kind}/1`, ...origin });
}

Deno.test("authorize() refuses a credential that ended while the process stood still", () => {
  const { clock, authorizer, news } = opened();
  const alice = principalOf("session", { idleUntilMs: clock.now() + 60_000 });
  authorizer.authorize(alice, "add");
  clock.step(15_000); // no timer of the store has run since
  news.look = () => LivePrincipal.validityOf(alice)!.revoked = true;
  assertEquals(codeOf(() => authorizer.authorize(alice, "add")), "unauthenticated");
});

Deno.test("authorize() has one error for callers who did not sign in, and one for those without the right", () => {
  const { authorizer } = opened();
  const alice = principalOf("apiKey");
  authorizer.authorize(alice, "add");
  authorizer.authorize(null, "ping");
  assertEquals(codeOf(() => authorizer.authorize(alice, "remove")), "permission_denied");
  assertEquals(codeOf(() => authorizer.authorize(null, "add")), "unauthenticated");
  assertEquals(codeOf(() => authorizer.authorize({ ...alice }, "add")), "unauthenticated");
});

Deno.test("authorize() asks the policy once for each method that is allowed", () => {
  const { authorizer, asked } = opened({ roles: { user: ["*", "!remove"] } });
  const alice = principalOf("apiKey");
  for (let i = 0; i < 3; i++) {
    authorizer.authorize(alice, "add");
    authorizer.authorize(alice, "list");
  }
  assertEquals(asked(), 2);
  for (let i = 0; i < 2; i++) codeOf(() => authorizer.authorize(alice, "remove"));
  assertEquals(asked(), 4, "a refusal is not kept");
});

Deno.test("authorize() keeps no decision on an administrative method", () => {
  const { authorizer, asked } = opened({ roles: { user: ["*", "reset"] } });
  const alice = principalOf("session");
  for (let i = 0; i < 3; i++) authorizer.authorize(alice, "reset", undefined, true);
  assertEquals(asked(), 3);
  assertEquals(
    codeOf(() => authorizer.authorize(alice, "other", undefined, true)),
    "permission_denied",
  );
  authorizer.authorize(alice, "other");
  assertEquals(
    codeOf(() => authorizer.authorize(alice, "other", undefined, true)),
    "permission_denied",
  );
});

Deno.test("authorize() remembers a bounded number of decisions, those in use among them", () => {
  const { authorizer, asked } = opened({ roles: { user: ["*"] } });
  const alice = principalOf("apiKey");
  for (let i = 0; i < 3 * limits.maxCachedDecisions; i++) {
    authorizer.authorize(alice, `method.${i}`);
    authorizer.authorize(alice, "in use");
  }
  assertEquals(asked(), 3 * limits.maxCachedDecisions + 1);
  const { allowed } = LivePrincipal.validityOf(alice) ?? {};
  assert((allowed?.size ?? Infinity) <= limits.maxCachedDecisions);
});

Deno.test("a session ends when it is not used, and at its end at the latest", () => {
  const { authorizer, clock } = opened();
  const now = clock.now();
  const session = () =>
    principalOf("session", { idleUntilMs: now + 60_000, endsAtMs: now + 100_000 });
  const [used, unused] = [session(), session()];
  clock.advance(59_000);
  assert(authorizer.isValid(used));
  clock.advance(1_000);
  assert(authorizer.isValid(used));
  assertEquals(authorizer.isValid(unused), false);
  clock.advance(39_000);
  assert(authorizer.isValid(used));
  clock.advance(1_000);
  assertEquals(authorizer.isValid(used), false);
});

Deno.test("a session of a short life without use is prolonged by each of its uses", () => {
  const { authorizer, clock } = opened(undefined, 1_000);
  const session = principalOf("session", { idleUntilMs: clock.now() + 1_000 });
  for (const [waitMs, isValid] of [[0, true], [400, true], [950, true], [1_000, false]] as const) {
    clock.advance(waitMs);
    assertEquals(authorizer.isValid(session), isValid);
  }
});

Deno.test("a credential that is used all the time is checked in full twice a second", () => {
  for (const kind of ["session", "apiKey"] as const) {
    const { authorizer, clock } = opened();
    let asked = 0;
    const principal = principalOf(kind, {}, {
      isRevoked: () => {
        asked++;
        return false;
      },
    });
    for (let ms = 0; ms < 2_000; ms += 100, clock.advance(100)) {
      authorizer.authorize(principal, "add");
    }
    assertEquals(asked, 2_000 / limits.recheckMs);
  }
});

Deno.test("uses are written down now and then, with the session's new end", () => {
  const { authorizer, clock, uses } = opened();
  const start = clock.now();
  const session = principalOf("session", { idleUntilMs: start + 60_000 });
  const key = principalOf("apiKey");
  const use = () => [session, key].every((each) => authorizer.isValid(each));
  use();
  assertEquals(uses.splice(0), [["1", start + 60_000], ["1"]]);
  clock.advance(5_400);
  use();
  assertEquals(uses.splice(0), []);
  clock.advance(600);
  use();
  assertEquals(uses.splice(0), [["1", start + 66_000]]);
  clock.advance(54_000);
  use();
  assertEquals(uses.splice(0), [["1", start + 120_000], ["1"]]);
});

Deno.test("the first use of a new session is not written down in the moment that made it", () => {
  const { authorizer, clock, uses } = opened();
  const now = clock.now();
  const ends = { idleUntilMs: now + 60_000, touchAtMs: now + 6_000 };
  assert(authorizer.isValid(principalOf("session", ends)));
  assertEquals(uses, []);
});

Deno.test("a certificate that is revoked outside of the store ends at the next check", () => {
  const { authorizer, clock, revoked } = opened();
  let isRevoked = false;
  const worker = principalOf("certificate", {}, { isRevoked: () => isRevoked });
  authorizer.authorize(worker, "add");
  isRevoked = true;
  authorizer.authorize(worker, "add");
  clock.advance(limits.recheckMs);
  assertEquals(codeOf(() => authorizer.authorize(worker, "add")), "unauthenticated");
  assertEquals(revoked, [worker]);
});
