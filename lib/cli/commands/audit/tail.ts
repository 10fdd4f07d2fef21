import { delay } from "../../../base/abort.ts";
import { limits } from "../../../base/limits.ts";
import { queryRecords } from "../../../ops/audit/reading/query.ts";
import { matchingRecords, NewestRecords } from "../../../ops/audit/servers/newest.ts";
import { parsePiece } from "../../../ops/audit/servers/piece.ts";
import { readRecords } from "../../../ops/audit/tables.ts";
import { openAudit } from "../../audit/audited_directory.ts";
import { clusterFlag, openClusterAudits } from "../../audit/cluster_audits.ts";
import { printRecords, printServerRecords } from "../../audit/record_lines.ts";
import { type Command, defineCommand, type Io } from "../../app/command.ts";
import { flag, option } from "../../app/option.ts";
import { wholeNumber } from "../../app/value_type.ts";
import { type DataChoice, dataOptions } from "../../workspace/data_directory.ts";

/** `dari audit tail` */
export const command: Command = defineCommand({
  examples: [
    "dari audit tail",
    "dari audit tail --follow",
    "dari audit tail --lines 500 --json",
    ["dari audit tail --cluster", "of all servers of the cluster"],
  ],
  options: {
    lines: option(wholeNumber(1), "how many of the newest records", {
      default: `${limits.auditShownRecords}`,
    }),
    follow: flag("go on with new records until Ctrl+C"),
    cluster: clusterFlag,
    ...dataOptions,
  },
  notes: [
    "Each line has the record's number, the time, what happened, who did it, and what it was done to. " +
    "With --json each line is one JSON object. With --cluster the lines are those of all servers, in one " +
    "order of time, each with the server before it; those that come with --follow are printed as they come.",
  ],
  async run({ options }, io) {
    if (options.cluster) return await tailCluster(options, io);
    using audit = await openAudit(options, io);
    let shown = await audit.query((sql) => queryRecords(sql, { limit: options.lines }));
    let last = 0;
    for (;;) {
      printRecords(shown, options, io);
      last = shown.at(-1)?.id ?? last;
      if (!options.follow || io.isOutputClosed) return 0;
      if (shown.length < limits.auditPageRecords) {
        await delay(limits.auditTailPauseMs, { signal: io.signal }).catch(() => {});
      }
      if (io.signal.aborted) return 0;
      shown = await audit.query((sql) => readRecords(sql, last + 1));
    }
  },
});

interface ClusterChoice extends DataChoice {
  readonly lines: number;
  readonly follow: boolean;
  readonly json: boolean;
}

/** Each message has a record, or signs those of one before it. */
const MESSAGES_PER_RECORD = 2;

async function tailCluster(options: ClusterChoice, io: Io): Promise<number> {
  await using audits = await openClusterAudits(options, io);
  const { stream } = audits;
  const size = await stream.size() ?? 0;
  const newest = new NewestRecords(options.lines);
  const after = Math.max(0, size - MESSAGES_PER_RECORD * options.lines);
  let last = size;
  for await (const { sequence, text } of stream.read({ after })) {
    const piece = text === undefined ? undefined : parsePiece(text);
    if (piece !== undefined) newest.add(matchingRecords(piece));
    last = sequence;
  }
  printServerRecords(newest.all, options, io);
  if (!options.follow) return 0;
  using _following = stream.follow(last, ({ text }) => {
    const piece = text === undefined ? undefined : parsePiece(text);
    if (piece !== undefined) printServerRecords(matchingRecords(piece), options, io);
  });
  while (!io.signal.aborted && !io.isOutputClosed) {
    await delay(limits.auditTailPauseMs, { signal: io.signal }).catch(() => {});
  }
  return 0;
}
