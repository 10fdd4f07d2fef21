import { assert, assertEquals, assertRejects } from "@std/assert";
import { TransportError } from "../../../lib/base/errors.ts";
import { ClusterSurvey } from "../../../lib/cli/cluster/cluster_survey.ts";
import { serve } from "../../../lib/endpoint/serve.ts";
import type { NatsAddress } from "../../../lib/transport/address.ts";
import { parseAddress } from "../../../lib/transport/scheme/parse.ts";
import { natsTest, startNats } from "../../support/nats_server.ts";
import { world } from "../../support/mutual_tls.ts";

natsTest(
  "a survey finds the servers of the service, and is shared by all who ask meanwhile",
  async () => {
    await using nats = await startNats();
    const { server: tls } = await world();
    const listen = `nats://${nats.at}/orders`;
    const methods = { add: () => 3 };
    const natsState = () => ({ server: "box", connections: 2 });
    await using _one = await serve({ listen, methods, public: ["add"], tls, natsState });
    await using survey = new ClusterSurvey(parseAddress(listen) as NatsAddress, {});
    while (true) {
      const [first, second] = await Promise.all([survey.look(100), survey.look(100)]);
      assert(first === second);
      if (first.servers.length === 0) continue; // it took longer to answer
      assertEquals(first.servers.map(({ server, health }) => [server, health]), [
        ["box", "SERVING"],
      ]);
      break;
    }
    await nats.kill();
    await using lost = new ClusterSurvey(parseAddress(listen) as NatsAddress, {});
    await assertRejects(() => lost.look(), TransportError, "Cannot connect");
  },
);
