import { blobContract } from "../support/blob_contract.ts";
import { transportContract } from "../support/transport_contract.ts";
import { transports } from "../support/transports.ts";

for (const transport of transports) {
  for (const [sentence, use] of Object.entries({ ...transportContract, ...blobContract })) {
    Deno.test({
      name: `${transport.name}: ${sentence}`,
      ignore: !transport.canPause && sentence.includes("a reader that does not read"),
      async fn() {
        await using pair = await transport.connect();
        await use(pair);
      },
    });
  }
}
