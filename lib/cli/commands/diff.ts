import { compareDocuments } from "../../protocol/compatibility/document.ts";
import { type Command, defineCommand } from "../app/command.ts";
import { flag, operand } from "../app/option.ts";
import { report } from "../app/report.ts";
import { file } from "../app/value_type.ts";
import { changeLines } from "../document/change_lines.ts";
import { readDocument } from "../document/document_file.ts";

/** sysexits.h: EX_DATAERR. */
const BREAKS = 65;

/** `dari diff` */
export const command: Command = defineCommand({
  examples: [
    ["dari diff api.json new.json", "what changed since"],
    ["dari diff api.json new.json --breaking", "only what breaks callers"],
  ],
  operands: {
    before: operand(file("OLD"), "the document that callers were written for"),
    after: operand(file("NEW"), "the document of the server as it is now"),
  },
  options: { breaking: flag("list only the changes that break callers") },
  notes: [
    "dari discover --save FILE makes the documents.",
    "The exit code is 65 where a change breaks callers, and 0 otherwise.",
    "Param schemas may become wider and result schemas narrower; the other way round a caller that " +
    "worked may fail.",
  ],
  async run({ operands: { before, after }, options }, io) {
    const changes = compareDocuments(await readDocument(before), await readDocument(after));
    const breaking = changes.filter(({ effect }) => effect === "breaks");
    const shown = options.breaking ? breaking : changes;
    report(options, io, { breaking: breaking.length, changes: shown }, changeLines(shown));
    return breaking.length === 0 ? 0 : BREAKS;
  },
});
