import { type AuditReader, contentOf, partLine } from "../../../ops/audit/reading/content.ts";
import { openAudit } from "../../audit/audited_directory.ts";
import { writeNewLines } from "../../audit/new_file.ts";
import { type Command, defineCommand } from "../../app/command.ts";
import { option } from "../../app/option.ts";
import { report } from "../../app/report.ts";
import { file } from "../../app/value_type.ts";
import { dataOptions } from "../../workspace/data_directory.ts";

/** `dari audit export` */
export const command: Command = defineCommand({
  examples: [
    "dari audit export --out audit.jsonl",
    ["dari audit export | gzip > audit.jsonl.gz", "to standard output"],
    ["dari audit verify --file audit.jsonl --ca ca.crt", "on another machine"],
  ],
  options: { out: option(file(), "write a new file (mode 0600)"), ...dataOptions },
  notes: [
    "The file has one JSON object a line: the beginning, certificates, checkpoints, all records as they " +
    "were hashed, and the end. docs/audit.md describes it, so that other programs can verify it.",
  ],
  async run({ options }, io) {
    using audit = await openAudit(options, io);
    if (options.out === undefined) {
      for await (const line of linesOf(audit)) {
        if (io.isOutputClosed) break;
        io.print(line);
      }
      return 0;
    }
    const lines = await writeNewLines(options.out, linesOf(audit));
    report(options, io, { file: options.out, lines }, [`wrote ${lines} lines to ${options.out}`]);
    return 0;
  },
});

async function* linesOf(audit: AuditReader): AsyncIterableIterator<string> {
  for await (const part of contentOf(audit)) yield partLine(part);
}
