import { assertEquals } from "@std/assert";
import { DariError } from "../../../../../lib/base/errors.ts";
import type { Clients } from "../../../../../scripts/faults/cluster/work/clients.ts";
import { SessionLife } from "../../../../../scripts/faults/cluster/work/session_life.ts";
import { Journal, type Trouble } from "../../../../../scripts/faults/cluster/work/work.ts";
import { Random } from "../../../../../scripts/sim/time/random.ts";

/** Two servers that the test plays, of which the second hears late of what was revoked. */
function world(
  isAccepted: (server: number, token: string, revoked: ReadonlySet<string>) => boolean,
) {
  const revoked = new Set<string>();
  let nowMs = 0, begun = 0;
  const client = (server: number) => ({
    call(method: string, params: { id: string }, { auth = "" } = {}) {
      nowMs += 1;
      if (method === "revoke") revoked.add(params.id);
      if (method !== "whoami") return Promise.resolve(null);
      if (isAccepted(server, auth, revoked)) return Promise.resolve(`session:${auth}`);
      return Promise.reject(new DariError("unauthenticated", "The session has ended"));
    },
  });
  const clients = {
    local: [client(0), client(1)],
    any: () => 0,
    signIn: () => Promise.resolve({ token: `t${++begun}`, roles: [] }),
  } as unknown as Clients;
  class ToldJournal extends Journal {
    override readonly now = () => nowMs;
  }
  const parts = { clients, journal: new ToldJournal(), random: new Random(1), round: "r" };
  return { sessions: new SessionLife(parts, 1), pass: (ms: number) => void (nowMs += ms), revoked };
}

const calm: Trouble = {
  ...{ faultAtMs: 1e9, healedAtMs: 1e9, wellAtMs: 1e9, hit: new Set<number>(), isCut: false },
};

async function work(sessions: SessionLife, pass: (ms: number) => void): Promise<void> {
  await sessions.prepare();
  for (let step = 0; step < 300; step++) {
    await sessions.step();
    pass(10);
  }
}

Deno.test("SessionLife: who refuses at once what was revoked keeps the promises", async () => {
  const { sessions, pass } = world((_, token, revoked) => !revoked.has(token));
  await work(sessions, pass);
  assertEquals(await sessions.judge(calm), []);
  assertEquals(sessions.longestMs, 0);
});

Deno.test("SessionLife finds a server that accepts what was revoked, and one that refuses all", async () => {
  const late = world((server, token, revoked) => server === 1 || !revoked.has(token));
  await work(late.sessions, late.pass);
  late.pass(20_000);
  const found = new Set((await late.sessions.judge(calm)).map(({ promise }) => promise));
  assertEquals([...found], ["what was revoked is refused"]);
  const refusing = world((server) => server === 0);
  await refusing.sessions.prepare();
  refusing.pass(20_000);
  const lost = new Set((await refusing.sessions.judge(calm)).map(({ promise }) => promise));
  assertEquals([...lost], ["what was begun is accepted"]);
});

Deno.test("SessionLife counts what a server accepts that was cut off for longer than the bound", async () => {
  const { sessions, pass } = world(() => true);
  await sessions.prepare();
  const cut: Trouble = {
    ...{ faultAtMs: 0, healedAtMs: 60_000, wellAtMs: 60_000, hit: new Set([1]), isCut: true },
  };
  pass(20_000);
  await sessions.judge(cut);
  assertEquals(sessions.acceptedCutOff(cut, 10_000), 10);
  assertEquals(sessions.acceptedCutOff({ ...cut, hit: new Set() }, 10_000), 0);
  assertEquals(sessions.acceptedCutOff(cut, 40_000), 0);
});
