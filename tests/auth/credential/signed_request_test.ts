import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import {
  canonicalJson,
  createCallSigner,
  signCall,
} from "../../../lib/auth/credential/signed_request.ts";
import { parseApiKey } from "../../../lib/auth/proof/api_key.ts";
import { AuthenticationError } from "../../../lib/auth/proof/errors.ts";
import { openIdentity } from "../../../lib/auth/sign_in/identity.ts";
import { DariError } from "../../../lib/base/errors.ts";
import { type TestIdentity, testIdentity } from "../../support/identity.ts";

const check = async (test: TestIdentity, auth: string, method = "add", params: unknown = null) =>
  await test.identity.gate.authenticate(auth, method, params);

async function refused(test: TestIdentity, auth: string, method?: string, params?: unknown) {
  const error = await assertRejects(() => check(test, auth, method, params), DariError);
  assertEquals(error.code, "unauthenticated");
  assertEquals(error.message, "The credential was not accepted");
}

Deno.test("a signed request is accepted once, for its method and parameters, within a minute", async () => {
  await using test = await testIdentity();
  const { text, key } = await test.identity.keys.create({
    account: "alice",
    name: "signer",
    signs: true,
  });
  const params = { b: [1, 2.5, "다리"], a: { y: null, x: true } };
  const sign = () => signCall(text, "add", params, test.clock);
  const auth = await sign();
  assert(!auth.includes(parseApiKey(text).secret));
  const reordered = { a: { x: true, y: null }, b: [1, 2.5, "다리"] };
  const principal = await check(test, auth, "add", reordered);
  assertEquals(principal.credentialId, `apiKey:${key.id}`);
  await refused(test, auth, "add", params);
  assert(await check(test, await sign(), "add", params) === principal);

  // The stored hash of the secret is not accepted as a signature.
  const [entry] = await test.store.list("key/");
  await refused(test, `dari-hmac ${JSON.parse(entry?.value ?? "").secrets[0].hash}`);

  await refused(test, await sign(), "multiply", params);
  await refused(test, await sign(), "add", { ...params, b: [] });
  await refused(test, (await sign()).replace(/s=.{5}/, "s=AAAAA"), "add", params);
  await refused(test, (await sign()).replace(/n=.{5}/, "n=AAAAA"), "add", params);
  for (const off of [-60_001, 60_001]) {
    const clock = { now: () => test.clock.now() + off };
    await refused(test, await signCall(text, "add", params, clock), "add", params);
  }
  await test.identity.keys.revoke(key.id);
  await refused(test, await sign(), "add", params);
});

Deno.test("signatures by two keys are two principals, of their own accounts", async () => {
  await using test = await testIdentity();
  const { accounts, keys } = test.identity;
  await accounts.add({ name: "bob" });
  const ids: string[] = [];
  for (const account of ["alice", "bob", "alice"]) {
    const { text, key } = await keys.create({ account, name: "signer", signs: true });
    const { name, credentialId } = await check(
      test,
      await signCall(text, "add", null, test.clock),
    );
    assertEquals([name, credentialId], [account, `apiKey:${key.id}`]);
    ids.push(credentialId);
  }
  assertEquals(new Set(ids).size, 3);
});

Deno.test("a signature by a key that may not sign is refused", async () => {
  await using test = await testIdentity();
  const { text } = await test.identity.keys.create({ account: "alice", name: "plain" });
  await refused(test, await signCall(text, "add", null, test.clock));
});

Deno.test("canonicalJson() sorts names and drops spaces, as RFC 8785 does", () => {
  assertEquals(
    canonicalJson({ "b": 1e21, "a": [0.1, -0, "\u20ac\n"], "": { z: 1, y: undefined } }),
    '{"":{"z":1},"a":[0.1,0,"€\\n"],"b":1e+21}',
  );
  assertEquals(canonicalJson(undefined), "");
});

Deno.test("a refused signature does not reveal what was wrong with it", async () => {
  await using test = await testIdentity();
  const { text } = await test.identity.keys.create({ account: "alice", name: "s", signs: true });
  const auth = await signCall(text, "add", null, test.clock);
  for (
    const changed of [
      "dari-hmac ",
      auth.slice(0, -1),
      `${auth}A`,
      auth.replace("dari-hmac", "dari-HMAC"),
      auth.replace(/key=.{12}/, "key=000000000000"),
      auth.replace(/t=\d+/, "t=0"),
    ]
  ) await refused(test, changed, "add", null);
  assertEquals((await check(test, auth, "add", null)).name, "alice");
});

Deno.test("a signature counts once for all servers of a store, also after a restart", async () => {
  await using test = await testIdentity();
  const { text } = await test.identity.keys.create({ account: "alice", name: "s", signs: true });
  const auth = await signCall(text, "add", null, test.clock);
  await check(test, auth, "add", null);
  using second = await openIdentity(test.store, { clock: test.clock });
  await assertRejects(async () => await second.gate.authenticate(auth, "add", null), DariError);
});

Deno.test("createCallSigner() signs many requests, and takes the params as they are when it is asked", async () => {
  await using test = await testIdentity();
  const { text } = await test.identity.keys.create({ account: "alice", name: "s", signs: true });
  const sign = createCallSigner(text, test.clock);
  const params = { n: 1 };
  const signing = sign("add", params);
  params.n = 2;
  assertEquals((await check(test, await signing, "add", { n: 1 })).name, "alice");
  await check(test, await sign("add", params), "add", { n: 2 });
  assertThrows(() => createCallSigner("dari_no key"), AuthenticationError);
  await assertRejects(() => signCall("dari_no key", "add", null), AuthenticationError);
});

Deno.test("a rotated key signs with its new secret at once, and with the old one for a while", async () => {
  await using test = await testIdentity();
  const { keys } = test.identity;
  const { text, key } = await keys.create({ account: "alice", name: "s", signs: true });
  const old = createCallSigner(text, test.clock);
  await check(test, await old("add", null), "add", null);
  const rotated = createCallSigner(
    (await keys.rotate(key.id, { overlapMs: 1_000 })).text,
    test.clock,
  );
  await check(test, await rotated("add", null), "add", null);
  await check(test, await old("add", null), "add", null);
  test.clock.advance(1_000);
  await refused(test, await old("add", null), "add", null);
  await check(test, await rotated("add", null), "add", null);
});
