import { assert, assertEquals } from "@std/assert";
import { MissingToolError } from "../../../../scripts/bench/contestants/tools.ts";
import { listMessagesContestants } from "../../../../scripts/bench/messages/contestants.ts";
import { RunningContestant } from "../../../../scripts/bench/messages/running.ts";
import { arePeersInstalled, copyPeers, peersDirectory } from "../../../../scripts/bench/prepare.ts";
import { tempDirectory } from "../../../support/temp.ts";

const peers = peersDirectory();
const hasPeers = Deno.build.os === "linux" && await arePeersInstalled(peers);
if (hasPeers) await copyPeers(peers);

for (const contestant of listMessagesContestants(peers)) {
  Deno.test({
    name: `the messages bench's contestant ${contestant.name} puts, takes and is timed`,
    ignore: Deno.build.os !== "linux", // the bench reads /proc
    async fn() {
      if (contestant.isPeer && !hasPeers) {
        return console.log("skipped: deno task bench messages installs the peers from npm");
      }
      await using directory = await tempDirectory();
      await using running = await start(contestant, directory.path);
      if (running === undefined) return;
      const shared = { queue: "test", lanes: 4, seconds: 0.01 };
      const filled = await running.carryOut({ ...shared, kind: "fill", count: 20 });
      assert(filled.rate > 0);
      await running.carryOut({ ...shared, kind: "take", count: 20 });
      const timed = await running.carryOut({ ...shared, kind: "latency", rate: 50 });
      assertEquals(Number.isNaN(timed.cpuUs), false);
      assert(await running.diskBytes() > 0);
    },
  });
}

async function start(
  contestant: Parameters<typeof RunningContestant.start>[0],
  directory: string,
): Promise<RunningContestant | undefined> {
  try {
    return await RunningContestant.start(contestant, directory);
  } catch (error) {
    const isExpected = error instanceof MissingToolError ||
      contestant.name === "JetStream, synced always"; // Debian's nats-server does not know it
    if (!contestant.isPeer || !isExpected) throw error;
    console.log(`skipped: ${error instanceof Error ? error.message : error}`);
    return undefined;
  }
}
