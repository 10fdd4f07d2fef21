import { assert, assertEquals } from "@std/assert";
import { deadline } from "../../../lib/base/abort.ts";
import { connect } from "../../../lib/endpoint/connect.ts";
import { Client } from "../../../lib/rpc/client/client.ts";
import {
  type HostileListener,
  listenHostileMemory,
  listenHostileTcp,
} from "../../support/hostile_peer.ts";
import {
  serveHostile,
  type ServerScript,
  serverScripts,
  streamScripts,
} from "../../support/hostile_server.ts";

const TIMEOUT_MS = 300;
/** Far more than a call with that deadline may take. */
const PATIENCE_MS = 10_000;
const listeners = { tcp: listenHostileTcp, memory: listenHostileMemory };

interface Outcome {
  readonly result?: unknown;
  readonly code?: string;
}

function check({ expected }: ServerScript, outcome: Outcome): void {
  if ("result" in expected) assertEquals(outcome, { result: expected.result });
  else assert(expected.codes.includes(outcome.code ?? ""), JSON.stringify(outcome));
}

const outcomeOf = (call: Promise<unknown>): Promise<Outcome> =>
  deadline(call, PATIENCE_MS).then((result) => ({ result }), (error) => ({ code: error.code }));

async function dial({ target }: HostileListener): Promise<Client> {
  if (typeof target === "string") return await connect(target);
  return new Client({ dial: target });
}

for (const [transport, listen] of Object.entries(listeners)) {
  const test = (name: string, script: ServerScript, fn: (client: Client) => Promise<void>) => {
    if (script.isRaw && transport !== "tcp") return;
    Deno.test(`${name} (${transport})`, async () => {
      using listener = listen();
      serveHostile(listener, script).catch(() => {}); // the listener is closed
      const client = await dial(listener);
      try {
        await fn(client);
        // What happened to one call does not disturb the next one; it may find the connection ending.
        const next = client.call("echo", [7], { idempotent: true });
        assertEquals(await deadline(next, PATIENCE_MS), [7]);
      } finally {
        await deadline(client.close(), PATIENCE_MS);
      }
    });
  };

  for (const [what, script] of Object.entries(serverScripts)) {
    test(`a call to a server that ${what} ends as it should`, script, async (client) => {
      check(script, await outcomeOf(client.call("attack", {}, { timeoutMs: TIMEOUT_MS })));
    });
  }

  for (const [what, script] of Object.entries(streamScripts)) {
    test(`a stream of a server that ${what} ends as it should`, script, async (client) => {
      const options = { timeoutMs: TIMEOUT_MS, credit: 4 };
      const stream = client.stream("attack", {}, options);
      const items: unknown[] = [];
      const read = async () => {
        // Nothing is read before the server has sent what it will: so no credit is given back.
        await client.call("echo", [1]).catch(() => {});
        while (true) {
          const { done, value } = await stream.next();
          if (done) return value;
          items.push(value);
        }
      };
      check(script, await outcomeOf(read()));
      assertEquals(items, script.items);
    });
  }
}
