import { assert, assertEquals } from "@std/assert";
import { connect } from "../../lib/endpoint/connect.ts";
import { limits } from "../../lib/base/limits.ts";
import { PASSWORD } from "../support/identity.ts";
import { runProgram, startProgram } from "../support/program.ts";
import { RawPeer } from "../support/raw_peer.ts";
import { tempDirectory } from "../support/temp.ts";

const CONNECTIONS = 20;
const GUESSES = 10;
/** Answers to wait for: about a second of derivations on two cores, each of 600,000 iterations. */
const DERIVATIONS = 12;
const FLOOD_TIMEOUT_MS = 120_000;
const UNAUTHENTICATED = -32001;
const RESOURCE_EXHAUSTED = -32005;

/** Sends guesses on a connection of its own, all at once, and tells the code of each answer. */
async function guess(address: string, ca: string, sender: number, tell: (code: number) => void) {
  using peer = await RawPeer.connect(address, ca);
  const requests = Array.from({ length: GUESSES }, (_, id) => {
    // Alice's own name as well: what exists and what does not is guessed alike.
    const params = { username: id === 0 ? "alice" : `guess-${sender}-${id}`, password: PASSWORD };
    const wrong = { ...params, password: `${PASSWORD} ${sender}` };
    return JSON.stringify({ jsonrpc: "2.0", id, method: "rpc.login", params: wrong });
  });
  await peer.send(`${requests.join("\n")}\n`);
  for (let i = 0; i < GUESSES; i++) tell(JSON.parse(await peer.line()).error.code);
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

  const counts = { [UNAUTHENTICATED]: 0, [RESOURCE_EXHAUSTED]: 0 };
  const flood = Array.from(
    { length: CONNECTIONS },
    (_, sender) =>
      guess(address, ca, sender, (code) => counts[code as keyof typeof counts]++).catch(() => {}),
  );
  // Alice's others wait for their turn before the queue, and what was answered made room in it.
  const most = navigator.hardwareConcurrency + limits.maxDerivationsWaiting;
  const refusedAtLeast = () => {
    const settled = most + (CONNECTIONS - 1) + counts[UNAUTHENTICATED];
    return CONNECTIONS * GUESSES - settled;
  };
  const signal = AbortSignal.timeout(FLOOD_TIMEOUT_MS);
  let pings = 0;
  while (
    counts[UNAUTHENTICATED] < DERIVATIONS || counts[RESOURCE_EXHAUSTED] < refusedAtLeast()
  ) {
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
  const refused = counts[RESOURCE_EXHAUSTED];
  assert(refused <= CONNECTIONS * GUESSES - most, `${refused} were refused`);
  Deno.kill(server.pid, "SIGKILL");
  await Promise.all(flood);
});
