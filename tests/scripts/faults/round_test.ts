import { assert, assertEquals } from "@std/assert";
import { dari } from "../../../scripts/faults/contestants.ts";
import { openClient } from "../../../scripts/faults/dari/client.ts";
import { beginLoad } from "../../../scripts/faults/load.ts";
import { portsOf, runRound, startScene } from "../../../scripts/faults/round.ts";
import { scenarios } from "../../../scripts/faults/scenarios.ts";
import { shortfalls } from "../../../scripts/faults/table.ts";
import { tempDirectory } from "../../support/temp.ts";

const RATE = 200;
const times = { quietMs: 300, faultMs: 2_500, afterMs: 300 };
/** Calls that wait for a server which does not answer fail while the fault lasts. */
const options = { timeoutMs: 2_000, lifeSignMs: 100 };
/** How long it takes to be well again is measured by `deno task faults`, where nothing else runs. */
const anyTime = { recoveryMs: 0 };

Deno.test({
  name:
    "whatever fails one of three servers, no idempotent call is lost and no other one runs twice",
  ignore: Deno.build.os !== "linux",
  async fn(test) {
    await using directory = await tempDirectory();
    await using scene = await startScene(dari.servers, directory.path);
    for (const scenario of scenarios) {
      await test.step(scenario.name, async () => {
        const client = await openClient(portsOf(scene), options);
        try {
          const begin = () => beginLoad(client, RATE);
          const verdict = await runRound(scene, begin, scenario, times);
          assert(verdict.calls > RATE / 2);
          assertEquals(shortfalls(scenario, { ...verdict, ...anyTime }), []);
        } finally {
          await client.close();
        }
      });
    }
  },
});
