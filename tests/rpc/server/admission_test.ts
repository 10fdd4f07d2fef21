import { assertEquals, assertStringIncludes } from "@std/assert";
import type { Principal } from "../../../lib/auth/policy/principal.ts";
import { limits } from "../../../lib/base/limits.ts";
import { ThreadCounts } from "../../../lib/base/threads/thread_counts.ts";
import {
  Admission,
  type AdmissionOptions,
  type AdmittedConnection,
} from "../../../lib/rpc/server/admission.ts";
import type { Peer } from "../../../lib/transport/connection.ts";
import { soon } from "../../support/mutual_tls.ts";

const alice: Principal = { name: "alice", kind: "session", roles: [], credentialId: "1" };
const LONG = { handshakeTimeoutMs: Infinity, anonymousIdleMs: Infinity };

/** A connection that tells why it was dropped. */
class FakeConnection implements AdmittedConnection {
  readonly peer: Peer;
  principal: Principal | null = null;
  isQuiet = true;
  onAccepted: (() => void) | undefined;
  onPrincipal: (() => void) | undefined;
  readonly #dropped = Promise.withResolvers<string>();
  dropReason: string | undefined;

  constructor(address: string, transport: Peer["transport"] = "tcp") {
    this.peer = { transport, address };
  }

  /** Resolves with the reason for which it was dropped. */
  get dropped(): Promise<string> {
    return this.#dropped.promise;
  }

  abort(reason: string): void {
    this.dropReason = reason;
    this.#dropped.resolve(reason);
  }

  expire(reason: string): void {
    this.abort(reason);
  }

  signIn(principal: Principal | null): void {
    this.principal = principal;
    if (principal !== null) this.onAccepted?.();
    this.onPrincipal?.();
  }
}

/** Lets strangers of one host in until one is refused; gives those that entered, and the refusal. */
function fill(admission: Admission, host: string): [FakeConnection[], string] {
  const entered: FakeConnection[] = [];
  for (let port = 1;; port++) {
    const connection = new FakeConnection(`${host}:${port}`);
    const fault = admission.enter(connection);
    if (fault !== undefined) return [entered, fault];
    entered.push(connection);
  }
}

function admissionOf(options: AdmissionOptions): Admission {
  return new Admission({ ...LONG, ...options });
}

Deno.test("strangers never take the last places: the owner of the Unix socket gets in", () => {
  const admission = admissionOf({ maxConnections: 20 });
  const [strangers, fault] = fill(admission, "192.0.2.1");
  assertEquals(strangers.length, 18);
  assertStringIncludes(fault, "18 of which have not signed in");
  for (let n = 0; n < 2; n++) {
    assertEquals(admission.enter(new FakeConnection("/run/dari.sock", "unix")), undefined);
  }
  assertEquals(strangers.every(({ dropReason }) => dropReason === undefined), true);
  // All places are taken now: a stranger gives up its own.
  assertEquals(admission.enter(new FakeConnection("/run/dari.sock", "unix")), undefined);
  assertStringIncludes(strangers[0]?.dropReason ?? "", "made room");
});

Deno.test("at most 64 places are kept from strangers", () => {
  const [strangers] = fill(
    admissionOf({ maxConnections: 10_000, maxConnectionsPerPeer: Infinity }),
    "a",
  );
  assertEquals(strangers.length, 10_000 - limits.maxReservedConnections);
});

Deno.test("a connection that has signed in is no stranger, until it signs out", () => {
  const admission = admissionOf({ maxConnections: 20 });
  const [[first, ...others]] = fill(admission, "192.0.2.1");
  first?.signIn(alice);
  const next = new FakeConnection("192.0.2.1:99");
  assertEquals(admission.enter(next), undefined);
  assertEquals(typeof admission.enter(new FakeConnection("192.0.2.1:100")), "string");
  admission.leave(next);
  first?.signIn(null);
  assertEquals(typeof admission.enter(new FakeConnection("192.0.2.1:100")), "string");
  for (const other of others) admission.leave(other);
  assertEquals(fill(admission, "192.0.2.1")[0].length, others.length);
});

Deno.test("one address has no more strangers than it may, at the bound and one beyond", () => {
  const admission = admissionOf({ maxConnectionsPerPeer: 3 });
  const [strangers, fault] = fill(admission, "192.0.2.1");
  assertEquals(strangers.length, 3);
  assertStringIncludes(fault, "3 connections of its address");
  assertEquals(admission.enter(new FakeConnection("192.0.2.2:1")), undefined);
  assertEquals(fill(admissionOf({}), "192.0.2.1")[0].length, limits.maxConnectionsPerPeer);
  assertEquals(fill(admissionOf({ maxConnectionsPerPeer: 3 }), "[2001:db8::1]")[0].length, 3);
});

Deno.test("the address with the most strangers gives places up to others, down to an equal share", () => {
  const admission = admissionOf({ maxConnections: 20 });
  const [first] = fill(admission, "192.0.2.1");
  const [second] = fill(admission, "192.0.2.2");
  assertEquals([first.length, second.length], [18, 9]);
  assertEquals(first.filter(({ dropReason }) => dropReason !== undefined), first.slice(0, 9));
  const [third] = fill(admission, "192.0.2.3");
  assertEquals(third.length, 6);
});

Deno.test("a connection is dropped when it proves nothing in time", async () => {
  const admission = admissionOf({ handshakeTimeoutMs: 5 });
  const silent = new FakeConnection("192.0.2.1:1");
  admission.enter(silent);
  assertStringIncludes(await soon(silent.dropped), "neither signed in nor called");
});

Deno.test("a stranger that has called once is dropped when it stays idle, and not while a call runs", async () => {
  const admission = admissionOf({ handshakeTimeoutMs: 5, anonymousIdleMs: 5 });
  const [idle, busy, known] = [1, 2, 3].map((port) => new FakeConnection(`192.0.2.1:${port}`));
  for (const connection of [idle, busy, known]) admission.enter(connection!);
  idle?.onAccepted?.();
  busy?.onAccepted?.();
  busy!.isQuiet = false;
  known?.signIn(alice);
  assertStringIncludes(await soon(idle!.dropped), "made no call for 5 ms");
  assertEquals([busy?.dropReason, known?.dropReason], [undefined, undefined]);
  busy!.isQuiet = true;
  assertStringIncludes(await soon(busy!.dropped), "made no call");
  known?.signIn(null);
  assertStringIncludes(await soon(known!.dropped), "made no call");
});

Deno.test("a connection that has left is not dropped later, and its place is free", async () => {
  const admission = admissionOf({ maxConnections: 1, handshakeTimeoutMs: 5 });
  const [gone, next] = [1, 2].map((port) => new FakeConnection(`192.0.2.1:${port}`));
  assertEquals(admission.enter(gone!), undefined);
  admission.leave(gone!);
  assertEquals(admission.enter(next!), undefined);
  await soon(next!.dropped);
  assertEquals(gone?.dropReason, undefined);
});

Deno.test("servers that share their counts keep one set of bounds", () => {
  const memory = ThreadCounts.allocate(100, 2);
  const [a, b] = [0, 1].map((thread) =>
    new Admission({ ...LONG, maxConnections: 4 }, new ThreadCounts(memory, 2, thread))
  );
  // One of the four places is kept for those who are known.
  const [first, second] = [new FakeConnection("10.0.0.1:1"), new FakeConnection("10.0.0.2:1")];
  assertEquals([a!.enter(first), b!.enter(second)], [undefined, undefined]);
  const third = new FakeConnection("10.0.0.3:1");
  assertEquals(b!.enter(third), undefined);
  assertStringIncludes(
    a!.enter(new FakeConnection("10.0.0.4:1")) ?? "",
    "3 connections are open, 3 of which have not signed in",
  );
  const owner = new FakeConnection("/run/dari.sock", "unix");
  assertEquals(a!.enter(owner), undefined);
  // Another known one takes the place of a stranger of the same server.
  assertEquals(b!.enter(new FakeConnection("/run/dari.sock", "unix")), undefined);
  assertStringIncludes(second.dropReason ?? "", "made room");
  // Where a server has no stranger, there is no room.
  third.signIn(alice);
  first.signIn(alice);
  assertEquals(a!.enter(new FakeConnection("/x", "unix")), "4 connections are open");
  a!.leave(owner);
  assertEquals(b!.enter(new FakeConnection("/x", "unix")), undefined);
  for (const each of [a!, b!]) fill(each, "10.0.0.9");
});

Deno.test("servers that share their counts bound the strangers of one address together", () => {
  const memory = ThreadCounts.allocate(100, 2);
  const counts = [0, 1].map((thread) => new ThreadCounts(memory, 2, thread));
  const [a, b] = counts.map((each) => new Admission({ ...LONG, maxConnectionsPerPeer: 3 }, each));
  const [entered] = fill(a!, "10.0.0.1");
  assertEquals(entered.length, 3);
  assertStringIncludes(
    b!.enter(new FakeConnection("10.0.0.1:9")) ?? "",
    "3 connections of its address",
  );
  entered[0]?.signIn(alice);
  assertEquals(b!.enter(new FakeConnection("10.0.0.1:9")), undefined);
  // The thread of the second one dies.
  counts[0]!.forget(1);
  assertEquals(a!.enter(new FakeConnection("10.0.0.1:10")), undefined);
});
