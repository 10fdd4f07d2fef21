import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { DariError } from "../../../lib/base/errors.ts";
import { limits } from "../../../lib/base/limits.ts";
import { PASSWORD, testIdentity } from "../../support/identity.ts";
import { AuthenticatorApp, enrol } from "../../support/factors.ts";

const codeOfError = async (work: Promise<unknown>) =>
  (await assertRejects(() => work, DariError)).code;

Deno.test("an authenticator app counts once its first code has confirmed it", async () => {
  await using test = await testIdentity();
  const { factors, verify } = test.identity;
  const begun = await factors.begin("ALICE", { name: "phone", issuer: "shop" });
  assertStringIncludes(begun.uri, "otpauth://totp/shop:alice?");
  assertEquals(await factors.list("alice"), { factors: [], recoveryCodesLeft: 0 });
  await verify("alice", PASSWORD);
  const app = new AuthenticatorApp(begun.secret);
  assertEquals(await codeOfError(factors.confirm("alice", "000000x")), "invalid_params");
  const { factor, recoveryCodes } = await factors.confirm(
    "alice",
    await app.code(test.clock.now()),
  );
  assertEquals(factor, {
    kind: "totp",
    id: begun.id,
    name: "phone",
    createdAtMs: test.clock.now(),
  });
  assertEquals(recoveryCodes?.length, limits.recoveryCodes);
  assertEquals(await factors.list("alice"), {
    factors: [factor],
    recoveryCodesLeft: limits.recoveryCodes,
  });
  assertEquals(await codeOfError(verify("alice", PASSWORD)), "second_factor_required");
});

Deno.test("an enrolment ends after ten minutes, and with the next one", async () => {
  await using test = await testIdentity();
  const { factors } = test.identity;
  assertEquals(await codeOfError(factors.confirm("alice", "123456")), "failed_precondition");
  const first = new AuthenticatorApp((await factors.begin("alice")).secret);
  const second = new AuthenticatorApp((await factors.begin("alice")).secret);
  const now = () => test.clock.now();
  assertEquals(
    await codeOfError(factors.confirm("alice", await first.code(now()))),
    "invalid_params",
  );
  test.clock.advance(limits.enrolmentTimeoutMs);
  const late = factors.confirm("alice", await second.code(now()));
  assertEquals(await codeOfError(late), "failed_precondition");
  const { secret, endsAtMs } = await factors.begin("alice");
  assertEquals(endsAtMs, now() + limits.enrolmentTimeoutMs);
  test.clock.advance(limits.enrolmentTimeoutMs - 1);
  await factors.confirm("alice", await new AuthenticatorApp(secret).code(now()));
});

Deno.test("an account has two authenticator apps and one set of recovery codes", async () => {
  await using test = await testIdentity();
  const { factors, verify } = test.identity;
  const phone = await enrol(test);
  const tablet = await enrol(test);
  assertEquals([phone.recoveryCodes.length, tablet.recoveryCodes.length], [
    limits.recoveryCodes,
    0,
  ]);
  assertEquals((await factors.list("alice")).factors.length, limits.maxCodeFactors);
  assertEquals(await codeOfError(factors.begin("alice")), "failed_precondition");
  for (const { app } of [phone, tablet]) {
    await verify("alice", PASSWORD, undefined, await app.code(test.clock.now()));
  }
  const [used] = (await factors.list("alice")).factors;
  assertEquals(used?.lastUsedAtMs, test.clock.now());
});

Deno.test("with the last authenticator app go the recovery codes", async () => {
  await using test = await testIdentity();
  const { factors, verify } = test.identity;
  const { id, recoveryCodes: [code = ""] } = await enrol(test);
  assertEquals(await codeOfError(factors.remove("alice", "00000000")), "not_found");
  assertEquals((await factors.remove("alice", id)).map((each) => each.id), [id]);
  assertEquals(await factors.list("alice"), { factors: [], recoveryCodesLeft: 0 });
  await verify("alice", PASSWORD);
  assertEquals(await codeOfError(factors.remove("alice")), "not_found");
  await enrol(test);
  await assertRejects(() => verify("alice", PASSWORD, undefined, code), DariError);
});

Deno.test("new recovery codes void the old ones", async () => {
  await using test = await testIdentity();
  const { factors, verify } = test.identity;
  assertEquals(await codeOfError(factors.renewRecoveryCodes("alice")), "failed_precondition");
  const { recoveryCodes: [old = ""] } = await enrol(test);
  const [fresh = ""] = await factors.renewRecoveryCodes("alice");
  await assertRejects(() => verify("alice", PASSWORD, undefined, old), DariError);
  await verify("alice", PASSWORD, undefined, fresh.toUpperCase().replaceAll("-", " "));
  assertEquals((await factors.list("alice")).recoveryCodesLeft, limits.recoveryCodes - 1);
});

Deno.test("the store has neither the secret nor a recovery code, and loses both with the account", async () => {
  await using test = await testIdentity();
  const { factors, accounts } = test.identity;
  const begun = await factors.begin("alice");
  const { recoveryCodes = [] } = await factors.confirm(
    "alice",
    await new AuthenticatorApp(begun.secret).code(test.clock.now()),
  );
  const [entry] = await test.store.list("factor/");
  assert(entry !== undefined);
  for (const secret of [begun.secret, ...recoveryCodes]) {
    assert(!entry.value.includes(secret) && !entry.value.includes(secret.replaceAll("-", "")));
  }
  assert(!Deno.inspect(await factors.list("alice"), { depth: 9 }).includes("secret"));
  await accounts.remove("alice");
  assertEquals(await test.store.list("factor/"), []);
  await accounts.add({ name: "alice", password: PASSWORD });
  // What another server writes late belongs to the account that was removed.
  await test.store.put(entry.key, entry.value);
  assertEquals((await factors.list("alice")).factors, []);
  await test.identity.verify("alice", PASSWORD);
});

Deno.test("a factor's name has as many characters as its bound says, and not one more", async () => {
  await using test = await testIdentity();
  const { factors } = test.identity;
  const name = "n".repeat(limits.maxFactorNameLength);
  assertEquals((await factors.begin("alice", { name })).name, name);
  for (const wrong of [`${name}n`, "", "a\u202eb", "a\nb"]) {
    assertEquals(await codeOfError(factors.begin("alice", { name: wrong })), "invalid_params");
  }
  for (const work of [factors.begin("nobody"), factors.list("nobody"), factors.remove("nobody")]) {
    assertEquals(await codeOfError(work), "not_found");
  }
});
