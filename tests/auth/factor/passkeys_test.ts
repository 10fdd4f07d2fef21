import { assert, assertEquals, assertRejects } from "@std/assert";
import type {
  PublicKeyCredentialCreationOptionsJSON,
  PublicKeyCredentialRequestOptionsJSON,
} from "@simplewebauthn/server";
import { openIdentity, type Principal, signIn } from "../../../lib/auth/mod.ts";
import type { Identity } from "../../../lib/auth/mod.ts";
import { DariError } from "../../../lib/base/errors.ts";
import { limits } from "../../../lib/base/limits.ts";
import { PASSWORD, peer, type TestIdentity, testIdentity } from "../../support/identity.ts";
import { SoftAuthenticator } from "../../support/soft_authenticator.ts";

const site = { origin: "https://dari.example", rpId: "dari.example", binding: "browser" };

async function signedIn(test: TestIdentity): Promise<Principal> {
  const connection = test.connection();
  await signIn(connection.call, { login: { username: "alice", password: PASSWORD } });
  return connection.principal()!;
}

const creation = async ({ gate }: Identity, principal: Principal) =>
  await gate.passkeys!.registrationOptions(
    principal,
    site,
    "dari",
  ) as PublicKeyCredentialCreationOptionsJSON;

async function add(test: TestIdentity): Promise<SoftAuthenticator> {
  const { identity } = test;
  const principal = await signedIn(test);
  const authenticator = await SoftAuthenticator.create();
  const response = await authenticator.register(await creation(identity, principal), site.origin);
  await identity.gate.passkeys!.register(principal, site, { response });
  return authenticator;
}

async function prove({ gate }: Identity, authenticator: SoftAuthenticator) {
  const options = await gate.passkeys!.signInOptions(site) as PublicKeyCredentialRequestOptionsJSON;
  return await authenticator.signIn(options, site.origin);
}

const enter = ({ gate }: Identity, response: unknown, connectionId = "c") =>
  gate.signIn("rpc.passkey", { response }, { peer, connectionId, site });

const codeOf = async (work: Promise<unknown>) => (await assertRejects(() => work, DariError)).code;

Deno.test("a challenge can be answered for five minutes, to the millisecond", async () => {
  await using test = await testIdentity();
  const { identity, clock } = test;
  const authenticator = await add(test);
  const inTime = await prove(identity, authenticator);
  clock.advance(limits.ceremonyTimeoutMs - 1);
  const { principal, factor } = await enter(identity, inTime);
  assertEquals([principal?.name, principal?.kind, factor], ["alice", "session", "passkey"]);
  const late = await prove(identity, authenticator);
  clock.advance(limits.ceremonyTimeoutMs);
  assertEquals(await codeOf(enter(identity, late)), "unauthenticated");
  // A clock that was set back does not make an answered challenge open again.
  clock.step(-limits.ceremonyTimeoutMs);
  assertEquals(await codeOf(enter(identity, inTime)), "unauthenticated");
});

Deno.test("a passkey is added with a fresh sign-in, to the millisecond", async () => {
  await using test = await testIdentity();
  const alice = await signedIn(test);
  test.clock.advance(limits.freshSignInMs);
  await creation(test.identity, alice);
  test.clock.advance(1);
  assertEquals(await codeOf(creation(test.identity, alice)), "failed_precondition");
  const adding = test.identity.gate.passkeys!.register(alice, site, { response: {} });
  assertEquals(await codeOf(adding), "failed_precondition");
});

Deno.test("any server of a store takes the answer to a challenge of another, and one of them once", async () => {
  await using test = await testIdentity();
  using other = await openIdentity(test.store, { clock: test.clock });
  const authenticator = await add(test);
  assertEquals((await enter(other, await prove(test.identity, authenticator))).factor, "passkey");
  const proof = await prove(test.identity, authenticator);
  const outcomes = await Promise.all(
    Array.from(
      { length: 8 },
      (_, at) =>
        enter(at % 2 === 0 ? other : test.identity, proof, String(at))
          .then(() => "in", (error) => error.code),
    ),
  );
  assertEquals(outcomes.filter((each) => each === "in").length, 1, outcomes.join());
  assertEquals(outcomes.filter((each) => each === "unauthenticated").length, 7);
});

Deno.test("strangers who ask for challenges fill nothing", async () => {
  await using test = await testIdentity();
  const before = (await test.store.list("")).length;
  for (let i = 0; i < 100; i++) await test.identity.gate.passkeys!.signInOptions(site);
  assertEquals((await test.store.list("")).length, before);
});

Deno.test("wrong proofs count against their peer, and lock no account", async () => {
  await using test = await testIdentity({ maxFailuresPerPeer: 3 });
  const authenticator = await add(test);
  const options = await test.identity.gate.passkeys!.signInOptions(
    site,
  ) as PublicKeyCredentialRequestOptionsJSON;
  const forged = await authenticator.signIn(options, site.origin, { isForged: true });
  for (let i = 0; i < 3; i++) {
    assertEquals(await codeOf(enter(test.identity, forged)), "unauthenticated");
  }
  assertEquals(await codeOf(enter(test.identity, forged)), "resource_exhausted");
  assertEquals((await test.identity.accounts.get("alice")).lockedUntilMs, undefined);
});

Deno.test("an account that was removed and made anew has no passkey of the one before", async () => {
  await using test = await testIdentity();
  const authenticator = await add(test);
  const { accounts, factors } = test.identity;
  await accounts.remove("alice");
  assertEquals(
    await codeOf(enter(test.identity, await prove(test.identity, authenticator))),
    "unauthenticated",
  );
  await accounts.add({ name: "alice", password: PASSWORD });
  assertEquals((await factors.list("alice")).factors, []);
  assertEquals(
    await codeOf(enter(test.identity, await prove(test.identity, authenticator))),
    "unauthenticated",
  );
  // The same authenticator may serve the new account.
  const principal = await signedIn(test);
  const response = await authenticator.register(
    await creation(test.identity, principal),
    site.origin,
  );
  await test.identity.gate.passkeys!.register(principal, site, { response });
  const { principal: found } = await enter(
    test.identity,
    await prove(test.identity, authenticator),
  );
  assertEquals(found?.name, "alice");
});

Deno.test("a passkey is offered to nobody twice, and its removal ends its sessions alone", async () => {
  await using test = await testIdentity();
  const authenticator = await add(test);
  const alice = await signedIn(test);
  const { excludeCredentials } = await creation(test.identity, alice);
  assertEquals(excludeCredentials?.map(({ id }) => id), [authenticator.id]);
  const { principal } = await enter(test.identity, await prove(test.identity, authenticator));
  const { identity: { factors, gate, sessions } } = test;
  assertEquals((await sessions.list("alice")).map(({ by }) => by?.slice(0, 8)).toSorted(), [
    "passkey:",
    undefined,
    undefined,
  ]);
  await factors.remove("alice");
  gate.authorize(alice, "rpc.discover");
  try {
    gate.authorize(principal!, "rpc.discover");
    assert(false, "the session goes on");
  } catch (error) {
    assertEquals((error as DariError).code, "unauthenticated");
  }
});
