import { assertEquals } from "@std/assert";
import type { Principal } from "../../../lib/auth/mod.ts";
import { limits } from "../../../lib/base/limits.ts";
import { listConnections } from "../../../lib/ops/live/connections.ts";
import type { ServedConnection } from "../../../lib/rpc/served_connection.ts";
import { certificateOf, peer } from "../../support/identity.ts";

const alice: Principal = {
  ...{ name: "alice", kind: "apiKey", roles: ["user"], credentialId: "apiKey:5f0c11d2a9be" },
};
const bob: Principal = { ...alice, name: "bob", credentialId: "apiKey:0123456789ab" };

/** A connection that is open, with a running call of each of these. */
function open(
  id: string,
  more: Partial<ServedConnection> = {},
  callers: readonly (Principal | null)[] = [],
): ServedConnection {
  const calls = callers.map((principal) => ({
    ...{ connectionId: id, id: 1, method: "slow", principal, peer, meta: {} },
    ...{ startedAtMs: 5, durationMs: 1, errorCode: undefined, error: undefined },
    ...{ bytesIn: 1, bytesOut: 2, isStream: true },
  }));
  return { id, peer, principal: null, openedAtMs: 1, calls, ...more };
}

Deno.test("listConnections() shows who is connected and what runs, the oldest first", () => {
  const newer = open("new", { openedAtMs: 2, principal: alice }, [alice]);
  const older = open("old", { peer: { ...peer, certificate: certificateOf("w", 9) } });
  const { connections, more } = listConnections([newer, older]);
  const shown = { name: "alice", kind: "apiKey", credential: "apiKey:5f0c11d2a9be" };
  const at = { transport: "tls", address: peer.address };
  assertEquals(more, 0);
  assertEquals(connections as unknown, [
    { id: "old", ...at, principal: null, serial: "1f", openedAtMs: 1, calls: [] },
    {
      ...{ id: "new", ...at, principal: shown, openedAtMs: 2 },
      calls: [{ method: "slow", principal: shown, startedAtMs: 5, stream: true, bytesOut: 2 }],
    },
  ]);
});

Deno.test("listConnections() finds somebody by name, credential, certificate, and in chains", () => {
  const behalf: Principal = { ...bob, kind: "delegated", chain: ["bob", "alice"] };
  const all = [
    open("hers", { principal: alice }),
    open("his", { principal: bob }),
    // Calls with a credential of their own, over the connection of somebody else.
    open("shared", {}, [alice, bob, null]),
    open("behalf", {}, [behalf]),
    open("certificate", { peer: { ...peer, certificate: certificateOf("w", 9) } }),
  ];
  const found = (owner: Parameters<typeof listConnections>[1]) =>
    listConnections(all, owner).connections.map(({ id, calls }) => `${id} ${calls.length}`);
  assertEquals(found({ names: ["alice"] }), ["hers 0", "shared 1", "behalf 1"]);
  assertEquals(found({ credentials: ["apiKey:5f0c11d2a9be"] }), ["hers 0", "shared 1"]);
  assertEquals(found({ serials: ["1f"] }), ["certificate 0"]);
  assertEquals(found({}), []);
});

Deno.test("listConnections() bounds connections and calls, and counts the rest", () => {
  const all = ["a", "b", "c"].map((id) => open(id));
  const { connections, more } = listConnections(all, undefined, 2);
  assertEquals([connections.length, more], [2, 1]);
  assertEquals(listConnections(all, undefined, 3).more, 0);
  assertEquals(limits.maxListedConnections, 10_000);
  const calls = (count: number) => {
    const callers = Array.from({ length: count }, () => alice);
    return listConnections([open("busy", {}, callers)]).connections[0]?.calls.length;
  };
  assertEquals(calls(limits.maxListedCalls), limits.maxListedCalls);
  assertEquals(calls(limits.maxListedCalls + 1), limits.maxListedCalls);
});
