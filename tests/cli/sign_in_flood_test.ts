import { assert, assertEquals } from "@std/assert";
import { connect } from "../../lib/endpoint/connect.ts";
import { limits } from "../../lib/base/limits.ts";
import { PASSWORD } from "../support/identity.ts";
import { runProgram, startProgram } from "../support/program.ts";
import { RawPeer } from "../support/raw_peer.ts";
import { tempDirectory } from "../support/temp.ts";

/** One connection's sign-ins wait for each other, so a flood comes over many. */
const CONNECTIONS = 120;
/** One of so many connections guesses for Alice. */
const EACH = 10;
/** Answers to wait for: about a second of derivations on two cores, each of 600,000 iterations. */
const DERIVATIONS = 12;
const FLOOD_TIMEOUT_MS = 120_000;
const UNAUTHENTICATED = -32001;
const RESOURCE_EXHAUSTED = -32005;

/** Guesses on a connection, and gives the code of the answer. */
async function guess(peer: RawPeer, sender: number): Promise<number> {
  // Alice's own name as well: what exists and what does not is guessed alike.
  const username = sender % EACH === 0 ? "alice" : `guess-${sender}`;
  const params = { username, password: `${PASSWORD} ${sender}` };
  await peer.send(`${JSON.stringify({ jsonrpc: "2.0", id: 1, method: "rpc.login", params })}\n`);
  return JSON.parse(await peer.line()).error.code;
}

Deno.test("a flood of sign-ins does not hold up rpc.ping, and is refused beyond the queue", async () => {
  await using directory = await tempDirectory();
  const data = `${directory.path}/data`;
  const add = ["user", "add", "alice", "--password-stdin", "--data", data];
  assertEquals((await runProgram(add, { input: PASSWORD })).code, 0);
  await using server = startProgram(["serve", "--data", data, "--listen", "tls://localhost:0"]);
  const [, address = ""] = await server.waitFor(/listening on (tls:\S+)/);
  await server.waitFor(/^ready$/m);
  const ca = await Deno.readTextFile(`${data}/ca.crt`);
  await using other = await connect(address, { ca });
  const login = { username: "alice", password: PASSWORD };
  await using alice = await connect(address, { ca, login });

  // Handshakes are not what is measured.
  using peers = new DisposableStack();
  const connected = await Promise.all(
    Array.from({ length: CONNECTIONS }, () => RawPeer.connect(address, ca)),
  );
  for (const peer of connected) peers.use(peer);
  const counts = { [UNAUTHENTICATED]: 0, [RESOURCE_EXHAUSTED]: 0 };
  const flood = connected.map((peer, sender) =>
    guess(peer, sender).then((code) => counts[code as keyof typeof counts]++, () => {})
  );
  const signal = AbortSignal.timeout(FLOOD_TIMEOUT_MS);
  let pings = 0;
  while (counts[UNAUTHENTICATED] < DERIVATIONS) {
    await other.call("rpc.ping", undefined, { signal });
    pings++;
  }
  // Where derivations held the event loop, there would be about one ping for each.
  const pingsEach = pings / counts[UNAUTHENTICATED];
  assert(pingsEach > 5, `${pings} pings, ${counts[UNAUTHENTICATED]} derivations`);
  // Who is signed in works on, and new connections are served.
  assertEquals(await alice.call("add", { a: 1, b: 2 }), 3);
  await using late = await connect(address, { ca });
  assertEquals(await late.call("rpc.ping"), "pong");
  const most = navigator.hardwareConcurrency + limits.maxDerivationsWaiting;
  // Alice's others wait for their turn before the queue, and what was answered made room in it.
  const waiting = CONNECTIONS / EACH - 1;
  const refused = counts[RESOURCE_EXHAUSTED];
  assert(
    refused >= CONNECTIONS - most - waiting - DERIVATIONS,
    `${refused} were refused`,
  );
  assert(refused <= CONNECTIONS - most, `${refused} were refused`);
  Deno.kill(server.pid, "SIGKILL");
  await Promise.all(flood);
});
