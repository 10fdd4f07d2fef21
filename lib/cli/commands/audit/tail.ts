import { delay } from "../../../base/abort.ts";
import { limits } from "../../../base/limits.ts";
import { queryRecords } from "../../../ops/audit/reading/query.ts";
import { readRecords } from "../../../ops/audit/tables.ts";
import { openAudit } from "../../audit/audited_directory.ts";
import { printRecords } from "../../audit/record_lines.ts";
import { type Command, defineCommand } from "../../app/command.ts";
import { flag, option } from "../../app/option.ts";
import { wholeNumber } from "../../app/value_type.ts";
import { dataOptions } from "../../workspace/data_directory.ts";

/** `dari audit tail` */
export const command: Command = defineCommand({
  examples: ["dari audit tail", "dari audit tail --follow", "dari audit tail --lines 500 --json"],
  options: {
    lines: option(wholeNumber(1), "how many of the newest records", {
      default: `${limits.auditShownRecords}`,
    }),
    follow: flag("go on with new records until Ctrl+C"),
    ...dataOptions,
  },
  notes: [
    "Each line has the record's number, the time, what happened, who did it, and what it was done to. " +
    "With --json each line is one JSON object.",
  ],
  async run({ options }, io) {
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
