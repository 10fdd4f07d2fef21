import { assertEquals, assertThrows } from "@std/assert";
import type { Principal } from "../../../lib/auth/policy/principal.ts";
import { DariError } from "../../../lib/base/errors.ts";
import type { Peer } from "../../../lib/transport/connection.ts";
import { certificateOf, peer, testIdentity } from "../../support/identity.ts";

const codeOf = (work: () => void) => assertThrows(work, DariError).code;

Deno.test("identify() knows the owner's own connections, and no other", async () => {
  await using test = await testIdentity();
  const { gate } = test.identity;
  for (const transport of ["unix", "memory", "pipe", "worker"] as const) {
    const principal = await gate.identify({ transport, address: "x" });
    assertEquals([principal?.kind, principal?.name], ["local", "local"]);
    gate.authorize(principal, "anything");
  }
  for (const transport of ["tcp", "tls", "https", "nats"] as const) {
    assertEquals(await gate.identify({ transport, address: "127.0.0.1:1" }), null);
  }
});

Deno.test("identify() maps a certificate to its account, and ends it with the account", async () => {
  await using test = await testIdentity();
  const { gate, accounts, certificates } = test.identity;
  const certificate = certificateOf("worker-1", test.clock.now() + 10_000);
  const known: Peer = { ...peer, certificate };
  const unmapped = await gate.identify(known);
  assertEquals([unmapped?.name, unmapped?.roles], ["certificate:worker-1", ["certificate"]]);
  gate.authorize(unmapped, "add");

  await certificates.map("alice", "worker-1");
  assertEquals(codeOf(() => gate.authorize(unmapped, "add")), "unauthenticated");
  const mapped = await gate.identify(known);
  assertEquals([mapped?.name, mapped?.kind, mapped?.roles], ["alice", "certificate", ["user"]]);
  gate.authorize(mapped, "add");
  test.clock.advance(10_000);
  assertEquals(codeOf(() => gate.authorize(mapped, "add")), "unauthenticated");
  test.clock.advance(-5_000);

  await accounts.disable("alice");
  assertEquals(await gate.identify(known), null);
  await accounts.enable("alice");
  assertEquals((await gate.identify(known))?.name, "alice");
  await certificates.unmap("alice", "worker-1");
  assertEquals(await gate.identify(known), null, "it stands for nobody, not for itself");
  await certificates.map("alice", "worker-1");
  await accounts.remove("alice");
  assertEquals(await gate.identify(known), null);
  await accounts.add({ name: "alice" });
  assertEquals(await gate.identify(known), null);
});

Deno.test("a revoked certificate is refused at connect, and soon after on an open connection", async () => {
  const revoked = new Set<string>();
  await using test = await testIdentity({
    isCertificateRevoked: ({ serial }) => revoked.has(serial),
  });
  const { gate } = test.identity;
  const heard: Principal[] = [];
  gate.onRevoked((principal) => heard.push(principal));
  const known = { ...peer, certificate: certificateOf("worker-1", test.clock.now() + 60_000) };
  const principal = await gate.identify(known);
  gate.authorize(principal, "add");
  revoked.add("1f");
  test.clock.advance(500);
  assertEquals(codeOf(() => gate.authorize(principal, "add")), "unauthenticated");
  assertEquals(heard, [principal]);
  assertEquals(await gate.identify(known), null);
});

Deno.test("authorize() refuses principals that the gate did not make", async () => {
  await using test = await testIdentity({ policy: { public: ["add"], roles: { admin: ["*"] } } });
  const { gate } = test.identity;
  const local = await gate.identify({ transport: "unix", address: "x" });
  const forged = { ...local } as Principal;
  assertEquals(codeOf(() => gate.authorize(forged, "multiply")), "unauthenticated");
  assertEquals(codeOf(() => gate.authorize(null, "multiply")), "unauthenticated");
  gate.authorize(forged, "add");
  gate.authorize(null, "add");
});
