import { assert, assertEquals } from "@std/assert";
import { type Identity, openIdentity } from "../../../lib/auth/mod.ts";
import { DariError } from "../../../lib/base/errors.ts";
import { limits } from "../../../lib/base/limits.ts";
import type { LogPlace } from "../../../lib/cluster/log/log.ts";
import {
  type AccountInput,
  accountModel,
  type AccountOutput,
} from "../../../scripts/faults/history/account_model.ts";
import { judgeHistory } from "../../../scripts/faults/history/linearizable.ts";
import type { Operation } from "../../../scripts/faults/history/operation.ts";
import { Random } from "../../../scripts/sim/time/random.ts";
import { MemoryLog } from "../../support/memory_log.ts";
import { StoreWorld } from "../../support/store_world.ts";

type Done = Operation<AccountInput, AccountOutput>;

const SERVERS = 3;
const NAMES = ["ann", "ben", "cid"];
const INPUTS: readonly AccountInput[] = ["create", "disable", "enable", "remove", "read", "read"];

/** The way to the log of a server that can be cut off: nothing gets through, and nobody is told. */
class CuttableLog extends MemoryLog {
  override append(place: LogPlace, data: Uint8Array): Promise<void> {
    return this.isDelivering ? super.append(place, data) : Promise.resolve();
  }
}

async function carryOut(
  { accounts }: Identity,
  name: string,
  input: AccountInput,
): Promise<AccountOutput> {
  if (input === "read") {
    const account = await accounts.find(name);
    return account === null ? "absent" : account.active ? "active" : "disabled";
  }
  if (input === "create") await accounts.add({ name });
  else await accounts[input](name);
  return "done";
}

/** What was answered, as far as it is known: what a server says by what it has read may be old. */
function outputOf(input: AccountInput, error: unknown): AccountOutput | undefined {
  const code = error instanceof DariError ? error.code : undefined;
  return input === "create" && code === "already_exists" ? "exists" : undefined;
}

/** Works on accounts at all servers at once, one of which is cut off for a while. */
async function recordHistories(seed: number) {
  await using world = new StoreWorld();
  const random = new Random(seed);
  const logs = Array.from({ length: SERVERS }, () => new CuttableLog(world.hub, 4_096));
  using stack = new DisposableStack();
  const servers: Identity[] = [];
  for (const log of logs) servers.push(stack.use(await openIdentity(await world.open({ log }))));
  const histories = new Map<string, Done[]>(NAMES.map((name) => [name, []]));
  let events = 0;
  // What happens at the same time happens one behind the other.
  const now = () => world.clock.monotonic() + ++events / 1e6;
  const underway: Promise<void>[] = [];
  let refused = 0;
  const begin = (server: number, name: string, input: AccountInput) => {
    const begunAtMs = now();
    const record = (output: AccountOutput | undefined) => {
      const isOld = input === "read" || output === "exists";
      const invokedAtMs = isOld ? begunAtMs - limits.maxStoreStalenessMs : begunAtMs;
      histories.get(name)!.push({ input, output, invokedAtMs, returnedAtMs: now() });
    };
    underway.push(
      carryOut(servers[server]!, name, input).then(record, (error) => {
        if (error instanceof DariError && error.code === "unavailable") refused++;
        record(outputOf(input, error));
      }),
    );
  };
  const work = async (ms: number) => {
    for (let at = 0; at < ms; at += limits.storeTickMs) {
      begin(random.whole(0, SERVERS - 1), random.pick(NAMES), random.pick(INPUTS));
      await world.pass(limits.storeTickMs);
    }
  };
  await work(3_000);
  const cut = random.pick(logs);
  cut.isDelivering = false;
  await work(limits.maxStoreStalenessMs + 3_000);
  cut.isDelivering = true;
  await work(4_000);
  await world.pass(limits.storeWriteTimeoutMs);
  await Promise.all(underway);
  for (const [name, history] of histories) {
    for (const server of servers) {
      const invokedAtMs = now();
      const output = await carryOut(server, name, "read");
      history.push({ input: "read", output, invokedAtMs, returnedAtMs: now() });
    }
  }
  return { histories, refused };
}

Deno.test("accounts are linearizable while one of three servers is cut off, and all agree after", async () => {
  for (const seed of [1, 2, 3]) {
    const { histories, refused } = await recordHistories(seed);
    assert(refused > 0, "the server that was cut off answered everything");
    for (const [name, history] of histories) {
      assertEquals(judgeHistory(accountModel, history).kind, "linearizable", `${seed} ${name}`);
    }
  }
});
