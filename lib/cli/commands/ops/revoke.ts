import { delay } from "../../../base/abort.ts";
import { systemClock } from "../../../base/clock.ts";
import { DariError, errorTable } from "../../../base/errors.ts";
import { dataLedger } from "../../../endpoint/data_ledger.ts";
import type { ConnectionList, Owner } from "../../../ops/live/connections.ts";
import { carryOut, type RevocationResult } from "../../../ops/revoke/carry_out.ts";
import { switchReasons } from "../../../ops/methods/revoke_method.ts";
import { planRevocation, type RevocationPlan } from "../../../ops/revoke/plan.ts";
import { findTarget } from "../../../ops/revoke/target.ts";
import type { Client } from "../../../rpc/client/client.ts";
import { type Command, defineCommand, type Io } from "../../app/command.ts";
import { flag, operand, option, repeatedOption } from "../../app/option.ts";
import { report } from "../../app/report.ts";
import { address, choice, text } from "../../app/value_type.ts";
import { dataDirectoryOf } from "../../workspace/data_directory.ts";
import { socketOf } from "../../workspace/directory_in_use.ts";
import { withIdentity } from "../../workspace/identity_store.ts";
import {
  connectAnonymously,
  connectAsAsked,
  type ConnectionChoice,
  connectionOptions,
} from "../../workspace/server_connection.ts";
import { linesOfPlan, linesOfResult } from "./revocation_report.ts";

/** What the user typed. */
interface RevokeChoice extends ConnectionChoice {
  readonly what: boolean;
  readonly yes: boolean;
  readonly reason: typeof switchReasons[number];
  readonly json: boolean;
}

/** `dari revoke` */
export const command: Command = defineCommand({
  examples: [
    ["dari revoke alice --what", "what alice has that still works; changes nothing"],
    ["dari revoke alice", "end all of it, after a question"],
    ["dari revoke key:5f0c11d2a9be --yes", "one API key, without a question"],
    ["dari revoke host:worker-1.internal --reason keyCompromise", "all certificates of a host"],
  ],
  operands: {
    who: operand(
      text("WHO"),
      "an account, the ID of an API key or a session, a serial number, or a name in certificates; " +
        "user:, key:, session:, serial: or host: before it says which",
    ),
  },
  options: {
    what: flag("list what would end, and change nothing"),
    yes: flag("do not ask first"),
    reason: option(choice("REASON", switchReasons), "why, for the certificates' revocation list", {
      default: "unspecified",
    }),
    ...connectionOptions,
    to: repeatedOption(
      address,
      "have this server do it, as an administrator (default: the data directory)",
    ),
  },
  notes: [
    "An account is disabled, its sessions end, its API keys and certificates are revoked, its " +
    "invitations are taken back, and its connections and running calls end within a second, on every " +
    "server of the data directory. dari user enable lets the account sign in again; revoked keys and " +
    "certificates stay revoked.",
    "A certificate takes its key with it, and so every other certificate of that key. Certificates of " +
    "other authorities are in no ledger: revoke the account that they stand for, or use --crl.",
    "What could not be ended is listed with the reason, and the exit code is that of the first " +
    "reason. Run the command again: what is gone already is left out.",
  ],
  async run({ operands: { who }, options }, io) {
    return options.to.length > 0
      ? await revokeByServer(who, options, io)
      : await revokeHere(who, options, io);
  },
});

async function revokeByServer(who: string, options: RevokeChoice, io: Io): Promise<number> {
  await using client = await connectAsAsked(options, io);
  const { reason } = options;
  const plan = await client.call("rpc.revoke", { who, what: true }) as unknown as RevocationPlan;
  return await decide(plan, options, io, async () => {
    const params = { who: plan.target, reason };
    return await client.call("rpc.revoke", params) as unknown as RevocationResult;
  });
}

async function revokeHere(who: string, options: RevokeChoice, io: Io): Promise<number> {
  await using server = await runningServer(options, io);
  await using ledger = dataLedger(dataDirectoryOf(options, io));
  return await withIdentity(options, io, async (identity) => {
    const connections = async (owner: Owner) =>
      await server?.client.call("rpc.connections", { ...owner }) as unknown as ConnectionList;
    const clock = systemClock;
    const parts = { ...identity, ledger, clock, connections };
    const plan = await planRevocation(parts, await findTarget(parts, who));
    const { reason } = options;
    return await decide(plan, options, io, () => carryOut(parts, plan, { reason, wait: delay }));
  });
}

/** The server of the data directory tells which connections there are; without one there are none. */
async function runningServer(
  options: RevokeChoice,
  io: Io,
): Promise<(AsyncDisposable & { readonly client: Client }) | undefined> {
  const socket = await socketOf(dataDirectoryOf(options, io));
  try {
    const client = await connectAnonymously(`unix:${socket}`, options, io);
    return { client, [Symbol.asyncDispose]: () => client[Symbol.asyncDispose]() };
  } catch (error) {
    if (error instanceof DariError && error.code === "unavailable") return undefined;
    throw error;
  }
}

/** Lists, asks, and does it. */
async function decide(
  plan: RevocationPlan,
  options: RevokeChoice,
  io: Io,
  revoke: () => Promise<RevocationResult>,
): Promise<number> {
  if (options.what) {
    report(options, io, plan, linesOfPlan(plan));
    return 0;
  }
  const isEmpty = plan.holdings.length === 0 && (plan.connections ?? []).length === 0;
  if (!isEmpty && !options.yes) await confirm(plan, io);
  const result = await revoke();
  report(options, io, result, linesOfResult(result));
  const [failure] = result.failed;
  if (failure !== undefined) return errorTable[failure.code].exit;
  return result.open.length === 0 ? 0 : errorTable.unavailable.exit;
}

async function confirm(plan: RevocationPlan, io: Io): Promise<void> {
  for (const line of linesOfPlan(plan)) io.warn(line);
  const answer = await io.ask("End all of this? [y/N]");
  if (answer === null) {
    throw new DariError("usage", "There is no terminal to ask on: give --yes, or --what to look");
  }
  if (!/^y(es)?$/i.test(answer.trim())) throw new DariError("cancelled", "Nothing was changed");
}
