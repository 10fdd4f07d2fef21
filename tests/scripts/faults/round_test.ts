import { assert, assertEquals } from "@std/assert";
import { Cable } from "../../../scripts/faults/cable.ts";
import { dari } from "../../../scripts/faults/contestants.ts";
import { openClient } from "../../../scripts/faults/dari/client.ts";
import { beginLoad } from "../../../scripts/faults/load.ts";
import { addressesOf, runRound, startScene } from "../../../scripts/faults/round.ts";
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
      if (scenario.needsCable) continue;
      await test.step(scenario.name, async () => {
        const client = await openClient(addressesOf(scene), options);
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

Deno.test({
  name: "a server whose cable is pulled loses no idempotent call",
  ignore: Deno.build.os !== "linux",
  async fn() {
    await using cable = await Cable.lay();
    if (cable === undefined) return console.log("skipped: this user may not make networks");
    await using directory = await tempDirectory();
    await using scene = await startScene(dari.servers, directory.path, cable);
    const scenario = scenarios.find(({ needsCable }) => needsCable);
    assert(scenario !== undefined);
    const client = await openClient(addressesOf(scene), options);
    try {
      const verdict = await runRound(scene, () => beginLoad(client, RATE), scenario, times);
      assertEquals(shortfalls(scenario, { ...verdict, ...anyTime }), []);
    } finally {
      await client.close();
    }
  },
});
