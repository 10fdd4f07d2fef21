import { DariError } from "../../base/errors.ts";
import { readPublicFile } from "../../base/file/files.ts";
import { type Change, compareDocuments } from "../../protocol/compatibility/document.ts";
import type { OpenRpcDocument } from "../../protocol/openrpc.ts";
import { type Command, defineCommand } from "../app/command.ts";
import { flag, operand } from "../app/option.ts";
import { formatColumns, report } from "../app/report.ts";
import { file } from "../app/value_type.ts";

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
    report(options, io, { breaking: breaking.length, changes: shown }, linesOf(shown));
    return breaking.length === 0 ? 0 : BREAKS;
  },
});

async function readDocument(path: string): Promise<OpenRpcDocument> {
  const text = await readPublicFile(path);
  let document: Partial<OpenRpcDocument> | null;
  try {
    document = JSON.parse(text);
  } catch (cause) {
    throw new DariError("data", `"${path}" is not JSON`, { cause });
  }
  if (typeof document?.openrpc !== "string" || !isListOfMethods(document.methods)) {
    throw new DariError(
      "data",
      `"${path}" is not an OpenRPC document; make one with dari discover --save`,
    );
  }
  return document as OpenRpcDocument;
}

function isListOfMethods(methods: unknown): boolean {
  return Array.isArray(methods) &&
    methods.every((method) =>
      typeof method?.name === "string" && Array.isArray(method.params) &&
      typeof method.result === "object" && method.result !== null
    );
}

function linesOf(changes: readonly Change[]): string[] {
  if (changes.length === 0) return ["nothing changed"];
  return formatColumns([
    ["effect", "method", "where", "change"],
    ...changes.map(({ effect, method, path, message }) => [effect, method, path, message]),
  ]);
}
