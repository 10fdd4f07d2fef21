import { systemClock } from "../../../base/clock.ts";
import { DariError } from "../../../base/errors.ts";
import { limits } from "../../../base/limits.ts";
import { escapeControls } from "../../../base/text/printable.ts";
import type { ConnectionList } from "../../../ops/live/connections.ts";
import type { TapBatch } from "../../../ops/tap/tap_queue.ts";
import type { Client } from "../../../rpc/client/client.ts";
import { type Command, defineCommand, type Io } from "../../app/command.ts";
import { flag, option, repeatedOption } from "../../app/option.ts";
import { report } from "../../app/report.ts";
import { file, text } from "../../app/value_type.ts";
import {
  connectAsAsked,
  type ConnectionChoice,
  connectionOptions,
} from "../../workspace/server_connection.ts";
import { RecordingFile } from "./recording_file.ts";
import { linesOfCall, linesOfConnections } from "./tap_report.ts";

/** What the user typed. */
interface TapChoice extends ConnectionChoice {
  readonly method: readonly string[];
  readonly principal: readonly string[];
  readonly params: boolean;
  readonly connections: boolean;
  readonly record: string | undefined;
  readonly json: boolean;
}

/** `dari tap` */
export const command: Command = defineCommand({
  examples: [
    ["dari tap", "every call as it ends: time, who, method, duration, error"],
    "dari tap --method 'orders.*' --principal alice",
    ["dari tap --connections", "who is connected now, and which calls and streams run"],
    ["dari tap --record calls.jsonl", "for dari policy try"],
  ],
  options: {
    method: repeatedOption(text("PATTERN"), "only these methods: a name, or orders.*"),
    principal: repeatedOption(text("NAME"), "only calls of this principal, or of this credential"),
    params: flag("show params, without what is secret"),
    connections: flag("list open connections and running calls, and end"),
    record: option(file(), "write the calls to a new file (mode 0600), and print none"),
    ...connectionOptions,
    json: flag("print each call as JSON, one a line; with --connections one JSON value"),
  },
  notes: [
    "Takes the role admin, or a rule that names rpc.tap; with --params rpc.tap.params, with " +
    "--connections rpc.connections. Every tap is in the server's audit. It ends with the credential " +
    "of whoever taps.",
    "Params that a method's schema marks with format password or writeOnly are not shown, nor are " +
    "members with names such as password, token and secret, nor text that came by position and has no " +
    "name. They may still tell what is nobody else's business: give the right to few.",
    "Nothing is kept for a reader who is too slow: the calls that were not shown are counted.",
  ],
  async run({ options }, io) {
    if (options.connections) return await listOpen(options, io);
    using record = options.record === undefined
      ? undefined
      : await RecordingFile.create(options.record);
    await using client = await connectAsAsked(options, io);
    return await watch(client, options, io, record);
  },
});

async function listOpen(options: TapChoice, io: Io): Promise<number> {
  await using client = await connectAsAsked(options, io);
  const names = options.principal.length === 0 ? {} : { names: [...options.principal] };
  const list = await client.call("rpc.connections", names) as unknown as ConnectionList;
  report(options, io, list, linesOfConnections(list, systemClock.now()));
  return 0;
}

async function watch(
  client: Client,
  options: TapChoice,
  io: Io,
  record: RecordingFile | undefined,
): Promise<number> {
  const { method: methods, principal: principals } = options;
  const name = options.params ? "rpc.tap.params" : "rpc.tap";
  const { signal } = io;
  const asked = { signal, timeoutMs: limits.maxCallTimeoutMs };
  const totals = { calls: 0, missed: 0 };
  try {
    for await (const item of client.stream(name, { methods, principals }, asked)) {
      const batch = item as unknown as TapBatch;
      totals.calls += batch.calls.length;
      totals.missed += batch.missed;
      if (record === undefined) show(batch, options, io);
      else if (!await record.add(batch)) {
        throw new DariError("resource_exhausted", `"${options.record}" is full; it is complete`);
      } else io.status?.(`${totals.calls} calls recorded, ${totals.missed} missed`);
      if (io.isOutputClosed) break;
    }
    if (!io.isOutputClosed) io.warn("dari: the server ended the tap");
  } catch (error) {
    if (!signal.aborted) throw error;
  }
  if (record !== undefined) {
    io.status?.("");
    report(options, io, { recorded: options.record, ...totals }, [
      `recorded ${totals.calls} calls in ${options.record}; ${totals.missed} were missed`,
    ]);
  }
  return 0;
}

function show({ calls, missed }: TapBatch, { json }: TapChoice, io: Io): void {
  if (missed > 0) {
    if (json) io.print(JSON.stringify({ missed }));
    else io.print(`… ${missed} calls were not shown: they came faster than they could be read`);
  }
  for (const call of calls) {
    if (json) io.print(JSON.stringify(call));
    else for (const line of linesOfCall(call)) io.print(escapeControls(line));
  }
}
