import { readPublicFile } from "../../../base/file/files.ts";
import { readClientDocument } from "../../../codegen/document_lines.ts";
import { compareDocuments } from "../../../protocol/compatibility/document.ts";
import type { OpenRpcDocument } from "../../../protocol/openrpc.ts";
import { type Command, defineCommand } from "../../app/command.ts";
import { operand, optionalOperand } from "../../app/option.ts";
import { report } from "../../app/report.ts";
import { file } from "../../app/value_type.ts";
import { changeLines } from "../../document/change_lines.ts";
import { readDocument } from "../../document/document_file.ts";
import { connectAsAsked, connectionOptions } from "../../workspace/server_connection.ts";

/** sysexits.h: EX_DATAERR. */
const BREAKS = 65;

/** `dari client check` */
export const command: Command = defineCommand({
  examples: [
    "dari client check shop.py",
    ["dari client check shop.go --to tls://localhost:9090 --ca ca.crt", "in CI"],
    ["dari client check shop.ts api.json", "against a saved document"],
  ],
  operands: {
    client: operand(file("CLIENT"), "a file of dari client generate"),
    document: optionalOperand(
      file("DOCUMENT"),
      "a document of dari discover --save (default: ask the server)",
    ),
  },
  options: connectionOptions,
  notes: [
    "It lists what has changed for the client's methods since the file was generated. The exit code " +
    "is 65 where a change breaks the client, and 0 otherwise. The rules are those of dari diff.",
    "A method that you may not call is one that is gone: check with the client's own credential.",
  ],
  async run({ operands: { client, document: path }, options }, io) {
    const before = await readClientDocument(await readPublicFile(client));
    const after = path === undefined ? await discover() : await readDocument(path);
    const known = new Set(before.methods.map(({ name }) => name));
    const changes = compareDocuments(before, after).filter(({ method }) => known.has(method));
    const breaking = changes.filter(({ effect }) => effect === "breaks").length;
    report(options, io, { breaking, changes }, changeLines(changes));
    return breaking === 0 ? 0 : BREAKS;

    async function discover(): Promise<OpenRpcDocument> {
      await using server = await connectAsAsked(options, io);
      return await server.call("rpc.discover") as OpenRpcDocument;
    }
  },
});
