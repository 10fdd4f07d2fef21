import { pipePair, relayedPair } from "../../support/pipe_pairs.ts";
import { transportContract } from "../../support/transport_contract.ts";

const pairs = { "a pipe": pipePair, "a pipe through a worker": relayedPair };

for (const [name, connect] of Object.entries(pairs)) {
  for (const [sentence, use] of Object.entries(transportContract)) {
    Deno.test(`${name}: ${sentence}`, async () => {
      await using pair = connect();
      await use(pair);
    });
  }
}
