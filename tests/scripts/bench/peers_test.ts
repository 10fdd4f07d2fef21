import { assertEquals } from "@std/assert";
import { listContestants } from "../../../scripts/bench/contestants/mod.ts";
import { MissingToolError } from "../../../scripts/bench/contestants/tools.ts";
import type { Scenario } from "../../../scripts/bench/load.ts";
import { arePeersInstalled, copyPeers, peersDirectory } from "../../../scripts/bench/prepare.ts";
import { LineProcess, runRound } from "../../../scripts/bench/process.ts";

const directory = peersDirectory();
const peers = listContestants({ run: "", peers: directory }).filter(({ isPeer }) => isPeer);
const SECONDS = 0.05; // beside the warm-up of 0.3 s

const hasNpmPeers = Deno.build.os === "linux" && await arePeersInstalled(directory);
if (hasNpmPeers) await copyPeers(directory);

for (const peer of peers) {
  Deno.test({
    name: `the bench's peer ${peer.name} starts and answers rightly`,
    ignore: Deno.build.os !== "linux", // the bench reads /proc
    async fn() {
      if (peer.server.command === "node" && !hasNpmPeers) {
        return console.log("skipped: deno task bench rpc installs the peers from npm");
      }
      try {
        await peer.prepare?.();
      } catch (error) {
        if (error instanceof MissingToolError) return console.log(`skipped: ${error.message}`);
        throw error;
      }
      await using server = new LineProcess(peer.server);
      await using client = new LineProcess(peer.client(await server.readAddress()));
      const adds: Scenario = { name: "adds", connections: 2, inFlight: 4, work: "add" };
      // The client ends where an answer is wrong; a slow machine may see none in so short a time.
      let rate = 0;
      for (let round = 0; round < 50 && rate === 0; round++) {
        ({ rate } = await runRound(server, client, adds, SECONDS));
      }
      assertEquals(rate > 0, true);
      const work = peer.carriesBytes ? "bytes" : "echo";
      await runRound(server, client, { name: work, connections: 1, inFlight: 1, work }, SECONDS);
    },
  });
}
