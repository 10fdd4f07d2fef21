import { assertEquals, assertRejects } from "@std/assert";
import { decodeBase64Url } from "@std/encoding/base64url";
import { AuthenticationError } from "../../../lib/auth/proof/errors.ts";
import { DariError } from "../../../lib/base/errors.ts";
import { limits } from "../../../lib/base/limits.ts";
import { testIdentity } from "../../support/identity.ts";

const request = "-----BEGIN CERTIFICATE REQUEST-----";

Deno.test("an invitation is changed once for an API key of its account", async () => {
  await using test = await testIdentity();
  const { invitations, gate } = test.identity;
  const { secret } = await invitations.create({ name: "alice" });
  const accepted = await Promise.allSettled(
    Array.from({ length: 8 }, () => test.connection().call("rpc.accept", { secret })),
  );
  const [won, ...others] = accepted.flatMap((one) => one.status === "fulfilled" ? [one.value] : []);
  assertEquals(others, []);
  const { name, apiKey } = won as { name: string; apiKey: string };
  const principal = await gate.authenticate(apiKey, "add", undefined);
  assertEquals([name, principal.name], ["alice", "alice"]);
});

Deno.test("the store has the hash of an invitation's secret alone", async () => {
  await using test = await testIdentity();
  const { secret } = await test.identity.invitations.create({ name: "alice" });
  assertEquals(decodeBase64Url(secret).length, limits.invitationSecretBytes);
  assertEquals(limits.invitationSecretBytes * 8, 128);
  const entries = await test.store.list("");
  assertEquals(entries.some(({ key }) => key.startsWith("invitation/")), true);
  for (const { key, value } of entries) assertEquals(`${key} ${value}`.includes(secret), false);
});

Deno.test("an invitation ends, and all that is not accepted fails alike", async () => {
  await using test = await testIdentity();
  const { invitations, accounts } = test.identity;
  const codes = new Set<string>();
  const refused = async (secret: string) => {
    const call = () => test.connection().call("rpc.accept", { secret });
    const { code, message } = await assertRejects(call, DariError);
    codes.add(`${code} ${message}`);
  };
  const old = await invitations.create({ name: "alice", lifeMs: 1_000 });
  test.clock.advance(1_000);
  await refused(old.secret);
  await refused("A".repeat(22));
  await accounts.add({ name: "gone" });
  const gone = await invitations.create({ name: "gone" });
  await accounts.remove("gone");
  await refused(gone.secret);
  await accounts.add({ name: "gone" }); // another account of the same name
  await refused(gone.secret);
  await accounts.add({ name: "off" });
  const off = await invitations.create({ name: "off" });
  await accounts.disable("off");
  await refused(off.secret);
  assertEquals([...codes], ["unauthenticated The credential was not accepted"]);
});

Deno.test("an invitation to a certificate is for its name and purposes, and stays where none can be issued", async () => {
  let isBroken = true;
  await using test = await testIdentity({
    issueCertificate: (text, name, purposes) =>
      isBroken
        ? Promise.reject(new DariError("failed_precondition", "not now"))
        : Promise.resolve(`${text} ${name} ${purposes}`),
  });
  const { invitations } = test.identity;
  const { secret } = await invitations.create({ name: "db.internal", purposes: ["server"] });
  const accept = (params: object) => test.connection().call("rpc.accept", { secret, ...params });
  const missing = await assertRejects(() => accept({}), DariError, '"request" is missing');
  assertEquals(missing.code, "invalid_params");
  await assertRejects(() => accept({ request }), DariError, "not now");
  isBroken = false;
  assertEquals(await accept({ request, name: "other.internal" }), {
    name: "db.internal",
    certificate: `${request} db.internal server`,
  });
  await assertRejects(() => accept({ request }), DariError, "not accepted");
});

Deno.test("an invitation to a cluster gives a certificate for its further names, and the cluster's secrets", async () => {
  const secrets = { recordKey: "key", authorities: "ca" };
  const given: (typeof secrets)[] = [];
  await using test = await testIdentity({
    issueCertificate: (_, name, purposes, further) =>
      Promise.resolve(`${name},${further} ${purposes}`),
    clusterSecrets: () => Promise.resolve(given[0]),
  });
  const { invitations } = test.identity;
  const cluster = { address: "nats://localhost/orders", names: ["orders.service.internal"] };
  const to = { name: "s2.internal", cluster };
  await assertRejects(() => invitations.create(to), DariError, "is for a certificate");
  const { secret } = await invitations.create({ ...to, purposes: ["server"] });
  const accept = () => test.connection().call("rpc.accept", { secret, request });
  await assertRejects(accept, DariError, "no cluster that others can join");
  given.push(secrets);
  assertEquals(await accept(), {
    name: "s2.internal",
    certificate: "s2.internal,orders.service.internal server",
    cluster: { address: cluster.address, ...secrets },
  });
  await assertRejects(accept, DariError, "not accepted");
});

Deno.test("a program without an authority has no invitations to certificates", async () => {
  await using test = await testIdentity();
  const made = await test.identity.invitations.create({ name: "a.internal", purposes: ["client"] });
  const error = await assertRejects(
    () => test.identity.invitations.accept(made.secret, request),
    DariError,
  );
  assertEquals(error.code, "failed_precondition");
});

Deno.test("an invitation is for an account that exists, and for a day at most", async () => {
  await using test = await testIdentity();
  const { invitations } = test.identity;
  const cases: [name: string, lifeMs: number, code: string][] = [
    ["nobody", limits.invitationLifeMs, "not_found"],
    ["alice", 0, "invalid_params"],
    ["alice", NaN, "invalid_params"],
    ["alice", limits.maxInvitationLifeMs + 1, "invalid_params"],
  ];
  for (const [name, lifeMs, code] of cases) {
    const error = await assertRejects(() => invitations.create({ name, lifeMs }), DariError);
    assertEquals(error.code, code);
  }
  await assertRejects(() => invitations.accept("", undefined), AuthenticationError);
});

Deno.test("invitations are listed while they can be accepted, and can be taken back", async () => {
  await using test = await testIdentity();
  const { invitations } = test.identity;
  await invitations.create({ name: "alice", lifeMs: 1_000 });
  const { secret } = await invitations.create({ name: "alice" });
  await invitations.create({ name: "worker-1", purposes: ["client"], lifeMs: 2_000 });
  const listed = async () =>
    (await invitations.list()).map(({ name, purposes }) => [name, purposes]);
  assertEquals(await listed(), [["alice", []], ["worker-1", ["client"]], ["alice", []]]);
  test.clock.advance(1_000);
  assertEquals(await listed(), [["worker-1", ["client"]], ["alice", []]]);
  const [, last] = await invitations.list();
  assertEquals(JSON.stringify(last).includes(secret), false);
  assertEquals(await invitations.remove(last?.id ?? ""), true);
  assertEquals(await invitations.remove(last?.id ?? ""), false);
  await assertRejects(() => test.connection().call("rpc.accept", { secret }), DariError);
});
