import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { DariError } from "../../../lib/base/errors.ts";
import { LOCAL_TRANSPORTS } from "../../../lib/base/peer/local_transports.ts";
import { createPeerGate } from "../../../lib/rpc/server/peer_gate.ts";
import type { PeerCertificate, TransportName } from "../../../lib/transport/connection.ts";

const certificate: PeerCertificate = {
  identity: "worker-1",
  subject: "CN=worker-1",
  serial: "0a",
  fingerprint: "00",
  notAfterMs: 1_000,
};

Deno.test("a peer gate knows local peers as the administrator local", async () => {
  const gate = createPeerGate();
  for (const transport of LOCAL_TRANSPORTS) {
    const principal = await gate.identify({ transport, address: "any" });
    assertEquals([principal?.name, principal?.kind], ["local", "local"], transport);
  }
});

Deno.test("a peer gate knows others by their verified certificate alone", async () => {
  const gate = createPeerGate();
  const remote: TransportName[] = ["tcp", "tls", "https", "nats"];
  for (const transport of remote) {
    assertEquals(await gate.identify({ transport, address: "192.0.2.1:1" }), null, transport);
  }
  const peer = { transport: "tls", address: "192.0.2.1:1", certificate } as const;
  assertEquals(await gate.identify(peer), {
    name: "certificate:worker-1",
    kind: "certificate",
    roles: [],
    credentialId: "0a",
    expiresAtMs: 1_000,
  });
});

Deno.test("a peer gate lets a known peer call everything, and has nothing to sign in with", async () => {
  const gate = createPeerGate();
  const peer = { transport: "memory", address: "memory" } as const;
  gate.authorize(await gate.identify(peer), "any");
  const denied = assertThrows(
    () => gate.authorize(null, "any"),
    DariError,
    '"any" needs a sign-in',
  );
  const unsigned = assertThrows(() => gate.authenticate("t", "any", undefined, peer), DariError);
  const context = { peer, connectionId: "1" };
  const failed = await assertRejects(() => gate.signIn("rpc.login", {}, context), DariError);
  assertEquals([denied.code, unsigned.code, failed.code], Array(3).fill("unauthenticated"));
  gate.onRevoked(() => {})();
});

Deno.test("administrative methods are for the owner of the process, and not for certificates", async () => {
  const gate = createPeerGate();
  const owner = await gate.identify({ transport: "unix", address: "/run/dari.sock" });
  gate.authorize(owner, "reset", undefined, true);
  const worker = {
    name: "certificate:w",
    kind: "certificate",
    roles: [],
    credentialId: "1",
  } as const;
  gate.authorize(worker, "add");
  const error = assertThrows(() => gate.authorize(worker, "reset", undefined, true), DariError);
  assertEquals(error.code, "permission_denied");
});
