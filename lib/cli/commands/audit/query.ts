import { limits } from "../../../base/limits.ts";
import { queryRecords } from "../../../ops/audit/reading/query.ts";
import { openAudit } from "../../audit/audited_directory.ts";
import { clusterFlag, newestOfAll, openClusterAudits } from "../../audit/cluster_audits.ts";
import { printRecords, printServerRecords } from "../../audit/record_lines.ts";
import { moment } from "../../audit/moment.ts";
import { type Command, defineCommand } from "../../app/command.ts";
import { option } from "../../app/option.ts";
import { text, wholeNumber } from "../../app/value_type.ts";
import { dataOptions } from "../../workspace/data_directory.ts";

/** `dari audit query` */
export const command: Command = defineCommand({
  examples: [
    ["dari audit query --about alice", "what was done to this account"],
    ["dari audit query --by alice --since 24h", "what she did today"],
    ["dari audit query --kind 'call.denied' --since 1h", "calls that were denied"],
    ["dari audit query --kind 'key.*' --json | jq .about", "one JSON object a line"],
    ["dari audit query --by alice --since 24h --cluster", "at all servers of the cluster"],
  ],
  options: {
    kind: option(text("PATTERN"), "only this kind of record; * stands for any text"),
    by: option(text("NAME"), "only what this one did: an account, os:USER, stranger or server"),
    about: option(text("NAME"), "only what was done to this: an account, a method, a key's id"),
    peer: option(text("ADDRESS"), "only what came from this address; * stands for any text"),
    since: option(moment, "only from then on"),
    until: option(moment, "only before then"),
    limit: option(wholeNumber(1), "the most records", { default: `${limits.auditShownRecords}` }),
    cluster: clusterFlag,
    ...dataOptions,
  },
  notes: [
    "The newest records that match are printed, the oldest of them first. The data directory is read, " +
    "so no server is needed. With --cluster it is the audits of all servers, in one order of time, from " +
    "the stream of the NATS servers.",
  ],
  async run({ options }, io) {
    const { kind, by, about, peer, since, until, limit } = options;
    const nowMs = Date.now();
    const [sinceMs, untilMs] = [since?.(nowMs), until?.(nowMs)];
    const query = { kind, by, about, peer, limit, sinceMs, untilMs };
    if (options.cluster) {
      await using audits = await openClusterAudits(options, io);
      printServerRecords(await newestOfAll(audits.stream, query), options, io);
      return 0;
    }
    using audit = await openAudit(options, io);
    printRecords(await audit.query((sql) => queryRecords(sql, query)), options, io);
    return 0;
  },
});
