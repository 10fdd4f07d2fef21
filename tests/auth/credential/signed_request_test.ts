import { assert, assertEquals, assertRejects } from "@std/assert";
import { canonicalJson, signCall } from "../../../lib/auth/credential/signed_request.ts";
import { parseApiKey } from "../../../lib/auth/proof/api_key.ts";
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
  const auth = sign();
  assert(!auth.includes(parseApiKey(text).secret));
  const reordered = { a: { x: true, y: null }, b: [1, 2.5, "다리"] };
  const principal = await check(test, auth, "add", reordered);
  assertEquals(principal.credentialId, `apiKey:${key.id}`);
  await refused(test, auth, "add", params);
  assert(await check(test, sign(), "add", params) === principal);

  // The stored hash of the secret is not accepted as a signature.
  const [entry] = await test.store.list("key/");
  await refused(test, `dari-hmac ${JSON.parse(entry?.value ?? "").secrets[0].hash}`);

  await refused(test, sign(), "multiply", params);
  await refused(test, sign(), "add", { ...params, b: [] });
  await refused(test, sign().replace(/s=.{5}/, "s=AAAAA"), "add", params);
  await refused(test, sign().replace(/n=.{5}/, "n=AAAAA"), "add", params);
  for (const off of [-60_001, 60_001]) {
    const clock = { now: () => test.clock.now() + off };
    await refused(test, signCall(text, "add", params, clock), "add", params);
  }
  await test.identity.keys.revoke(key.id);
  await refused(test, sign(), "add", params);
});

Deno.test("a signature by a key that may not sign is refused", async () => {
  await using test = await testIdentity();
  const { text } = await test.identity.keys.create({ account: "alice", name: "plain" });
  await refused(test, signCall(text, "add", null, test.clock));
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
  const auth = signCall(text, "add", null, test.clock);
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
  const auth = signCall(text, "add", null, test.clock);
  await check(test, auth, "add", null);
  using second = await openIdentity(test.store, { clock: test.clock });
  await assertRejects(async () => await second.gate.authenticate(auth, "add", null), DariError);
});
