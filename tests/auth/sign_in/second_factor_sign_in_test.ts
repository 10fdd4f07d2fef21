import { assert, assertEquals, assertRejects } from "@std/assert";
import { AccountLockedError } from "../../../lib/auth/account/errors.ts";
import { AuthenticationError, openIdentity, signIn } from "../../../lib/auth/mod.ts";
import { SecondFactorRequiredError } from "../../../lib/auth/proof/second_factor.ts";
import { DariError } from "../../../lib/base/errors.ts";
import { limits } from "../../../lib/base/limits.ts";
import { openSqliteStore } from "../../../lib/store/mod.ts";
import { AuthenticatorApp, enrol } from "../../support/factors.ts";
import { ITERATIONS, PASSWORD, testIdentity } from "../../support/identity.ts";
import { tempDirectory } from "../../support/temp.ts";

const login = (more: object = {}) => ({
  login: { username: "alice", password: PASSWORD, ...more },
});

for (const plain of [true, false]) {
  const way = plain ? "rpc.login" : "SCRAM";

  Deno.test(`a sign-in by ${way} asks for the code and takes it once`, async () => {
    await using test = await testIdentity();
    const { app } = await enrol(test);
    const asked: (readonly string[])[] = [];
    const code = async (kinds: readonly string[]) => {
      asked.push(kinds);
      return await app.code(test.clock.now());
    };
    const connection = test.connection();
    const { token } = await signIn(connection.call, login({ plain, code }));
    assertEquals(asked, [["totp", "recovery"]]);
    assertEquals([typeof token, connection.principal()?.name], ["string", "alice"]);
    const replayed = await assertRejects(
      () => signIn(test.connection().call, login({ plain, code })),
      DariError,
      "The code was not accepted",
    );
    assertEquals(replayed.code, "unauthenticated");
    test.clock.advance(limits.oneTimeCodeStepMs);
    await signIn(test.connection().call, login({ plain, code }));
  });

  Deno.test(`a sign-in by ${way} without a code signs nobody in`, async () => {
    await using test = await testIdentity();
    await enrol(test);
    const connection = test.connection();
    await assertRejects(
      () => signIn(connection.call, login({ plain })),
      SecondFactorRequiredError,
    );
    assertEquals(connection.principal(), null);
    assertEquals(await test.identity.sessions.list("alice"), []);
  });

  Deno.test(`wrong codes by ${way} lock the account, and passwords without a code in between do not help`, async () => {
    await using test = await testIdentity();
    const { app } = await enrol(test);
    for (let i = 1; i < limits.lockoutFailures; i++) {
      await assertRejects(() =>
        signIn(test.connection().call, login({ plain, code: () => "000000" }))
      );
      await assertRejects(
        () => signIn(test.connection().call, login({ plain })),
        SecondFactorRequiredError,
      );
    }
    assertEquals((await test.identity.accounts.get("alice")).lockedUntilMs, undefined);
    await assertRejects(() => signIn(test.connection().call, login({ plain, code: () => "x" })));
    assert((await test.identity.accounts.get("alice")).lockedUntilMs !== undefined);
    const code = () => app.code(test.clock.now());
    const locked = await assertRejects(
      () => signIn(test.connection().call, login({ plain, code })),
      DariError,
    );
    assert(locked.cause instanceof AccountLockedError);
    test.clock.advance(limits.lockoutMs);
    await signIn(test.connection().call, login({ plain, code }));
  });
}

Deno.test("a recovery code signs in once, and a right code forgets the failures before it", async () => {
  await using test = await testIdentity();
  const { recoveryCodes } = await enrol(test);
  const { verify } = test.identity;
  for (const code of recoveryCodes) {
    for (let i = 1; i < limits.lockoutFailures; i++) {
      await assertRejects(() => verify("alice", PASSWORD, undefined, "wrong"), AuthenticationError);
    }
    await verify("alice", PASSWORD, undefined, code);
  }
  assertEquals((await test.identity.factors.list("alice")).recoveryCodesLeft, 0);
  const [first = ""] = recoveryCodes;
  await assertRejects(() => verify("alice", PASSWORD, undefined, first), AuthenticationError);
  const asked = await assertRejects(() => verify("alice", PASSWORD), SecondFactorRequiredError);
  assertEquals(asked.kinds, ["totp"]);
});

Deno.test("a wrong password is answered alike with and without a factor, an account and a code", async () => {
  await using test = await testIdentity();
  const { app } = await enrol(test);
  await test.identity.accounts.add({ name: "bob", password: PASSWORD });
  const code = await app.code(test.clock.now());
  const answers = new Set<string>();
  for (const username of ["alice", "bob", "nobody"]) {
    for (const more of [{}, { code }, { code: "wrong" }]) {
      const params = { username, password: "a wrong password", ...more };
      const error = await assertRejects(
        () => test.connection().call("rpc.login", params),
        DariError,
      );
      answers.add(`${error.code} ${error.message}`);
    }
  }
  assertEquals([...answers], ["unauthenticated The credential was not accepted"]);
  // Nor did it use the code up.
  await test.identity.accounts.unlock("alice");
  await test.identity.verify("alice", PASSWORD, undefined, code);
});

Deno.test("a code that is not needed does no harm, and one that is no short text is refused", async () => {
  await using test = await testIdentity();
  const { call } = test.connection();
  const params = { username: "alice", password: PASSWORD };
  await call("rpc.login", { ...params, code: "c".repeat(limits.maxCodeLength) });
  for (const code of ["c".repeat(limits.maxCodeLength + 1), 123456, null, ["1"]]) {
    const error = await assertRejects(() => call("rpc.login", { ...params, code }), DariError);
    assertEquals(error.code, "invalid_params");
  }
});

Deno.test("of many sign-ins with one code over two servers of a store, one succeeds", async () => {
  await using directory = await tempDirectory();
  const path = `${directory.path}/dari.db`;
  await using left = await openSqliteStore(path);
  await using right = await openSqliteStore(path);
  const options = {
    passwords: { iterations: ITERATIONS },
    lockout: { failures: 1_000 },
    derivations: { running: 8 },
  };
  using one = await openIdentity(left, options);
  using other = await openIdentity(right, options);
  await one.accounts.add({ name: "alice", password: PASSWORD });
  const { secret } = await one.factors.begin("alice");
  const app = new AuthenticatorApp(secret);
  // The step of the first code is used; the next one is taken early.
  const { recoveryCodes: [recovery = ""] = [] } = await one.factors.confirm(
    "alice",
    await app.code(Date.now()),
  );
  const next = await app.code(Date.now() + limits.oneTimeCodeStepMs);
  for (const code of [next, recovery]) {
    const outcomes = await Promise.all(
      Array.from(
        { length: 12 },
        (_, at) =>
          (at % 2 === 0 ? one : other).verify("alice", PASSWORD, undefined, code)
            .then(() => "in", (error) => error.name),
      ),
    );
    assertEquals(outcomes.filter((each) => each === "in").length, 1, outcomes.join());
  }
});

Deno.test("a client asks for no code before the server has proved itself", async () => {
  await using test = await testIdentity();
  await enrol(test);
  let asked = 0;
  const code = () => {
    asked++;
    return "000000";
  };
  for (const scram of [undefined, "", `v=${btoa("\0".repeat(32))}`]) {
    const real = test.connection();
    const call = (method: string, params: Record<string, unknown>) =>
      real.call(method, params).catch((error) => {
        throw error instanceof SecondFactorRequiredError
          ? new SecondFactorRequiredError(error.kinds, scram)
          : error;
      });
    await assertRejects(() => signIn(call, login({ code })), AuthenticationError);
  }
  assertEquals(asked, 0);
});

Deno.test("a callback that rejects ends the sign-in with its reason", async () => {
  await using test = await testIdentity();
  await enrol(test);
  const reason = new Error("the user gave up");
  const code = () => Promise.reject(reason);
  const error = await assertRejects(() => signIn(test.connection().call, login({ code })));
  assertEquals(error, reason);
});

Deno.test("a second factor is asked for where a password signs in, and nowhere else", async () => {
  await using test = await testIdentity();
  await enrol(test);
  const { keys, gate } = test.identity;
  const { text } = await keys.create({ account: "alice", name: "key" });
  assertEquals((await gate.authenticate(text, "add", null)).name, "alice");
  await test.identity.accounts.disable("alice");
  // A disabled account gets the answer of a disabled account, not that of a second factor.
  const params = { username: "alice", password: PASSWORD };
  const error = await assertRejects(() => test.connection().call("rpc.login", params), DariError);
  assertEquals(error.code, "unauthenticated");
});
