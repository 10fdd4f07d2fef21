import { transportContract } from "../support/transport_contract.ts";
import { transports } from "../support/transports.ts";

for (const transport of transports) {
  for (const [sentence, use] of Object.entries(transportContract)) {
    Deno.test(`${transport.name}: ${sentence}`, async () => {
      await using pair = await transport.connect();
      await use(pair);
    });
  }
}
