import { assert, assertEquals } from "@std/assert";
import { run } from "../../../../scripts/faults/messages/run.ts";
import { tempDirectory } from "../../../support/temp.ts";

Deno.test({
  name:
    "whatever is killed under load, queues lose nothing and run nothing that a lease does not explain",
  ignore: Deno.build.os !== "linux",
  async fn() {
    await using directory = await tempDirectory();
    const { path } = directory;
    const stage = { directory: path, records: `${path}/records`, seed: 5, hasJobs: false };
    await Deno.mkdir(stage.records);
    const times = { quietMs: 250, settleMs: 60_000 };
    const { violations, counts } = await run(stage, { rounds: 3, seed: 5, ...times });
    assertEquals(violations, [], `seed ${stage.seed}; deno task crashes runs more of them`);
    assert((counts.get("put") ?? 0) > 0);
    assert((counts.get("run") ?? 0) > 0);
  },
});
