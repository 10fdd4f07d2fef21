/**
 * Who takes part in the messages benchmark.
 *
 * @module
 */

import { requireTools, tools } from "../contestants/tools.ts";
import type { Program } from "../process.ts";

/** One contestant. */
export interface MessagesContestant {
  /** Its name in the table. */
  readonly name: string;
  /** Whether it is a program of others. */
  readonly isPeer: boolean;
  /** The program, whose files go into a directory; it takes orders as `carryOrders` does. */
  program(directory: string): Program;
  /**
   * Looks whether there is all that it needs.
   *
   * @throws {MissingToolError} Where a program is missing.
   */
  prepare?(): Promise<void>;
}

const SCRIPT = new URL("dari.ts", import.meta.url).pathname;

/** dari in the process that uses it: what the others are compared with. */
export const DARI = "dari in the process";

/** dari's queues that the servers of a cluster share, with one NATS server. */
export const DARI_NATS = "dari by NATS";

/** BullMQ, which the goals name. */
export const BULLMQ = "BullMQ";

/** A bare stream of the same NATS server, which the goals name for what goes by NATS. */
export const JETSTREAM = "JetStream, synced seldom";

/**
 * Lists all of them.
 *
 * @param peers The directory with the installed peers, where they are wanted.
 */
export function listMessagesContestants(peers: string | undefined): MessagesContestant[] {
  const own = (name: string, form: string): MessagesContestant => ({
    name,
    isPeer: false,
    program: (directory) => ({
      command: Deno.execPath(),
      args: ["run", "--quiet", "--no-check", "--allow-all", SCRIPT, form, directory],
    }),
  });
  const nats = { prepare: () => requireTools([tools.natsServer]) };
  const ours = [
    own(DARI, "embedded"),
    own("dari over Unix", "unix"),
    { ...own(DARI_NATS, "nats"), ...nats },
  ];
  if (peers === undefined) return ours;
  const peer = (name: string, script: string, ...options: string[]): MessagesContestant => ({
    name,
    isPeer: true,
    program: (directory) => ({
      command: "node",
      args: [`${script}.mjs`, directory, ...options],
      cwd: peers,
    }),
  });
  return [
    ...ours,
    { ...peer(BULLMQ, "bullmq"), prepare: () => requireTools([tools.redisServer]) },
    { ...peer("JetStream, synced always", "jetstream", "always"), ...nats },
    { ...peer(JETSTREAM, "jetstream"), ...nats },
    peer("plainjob", "plainjob"),
  ];
}
