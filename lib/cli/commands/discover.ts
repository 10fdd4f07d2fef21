import { writeFileAtomic } from "../../base/file/files.ts";
import { columnsOf, padColumns } from "../../base/text/columns.ts";
import { escapeControls } from "../../base/text/printable.ts";
import type { MethodObject, OpenRpcDocument } from "../../protocol/openrpc.ts";
import { type Command, defineCommand } from "../app/command.ts";
import { flag, option } from "../app/option.ts";
import { file } from "../app/value_type.ts";
import { connectAsAsked, connectionOptions } from "../workspace/server_connection.ts";

/** `dari discover` */
export const command: Command = defineCommand({
  examples: [
    "dari discover",
    "dari discover --to tls://localhost:9090 --ca .dari/ca.crt",
    ["dari discover --save api.json", "the OpenRPC document, for dari diff"],
  ],
  options: {
    names: flag("print only the names"),
    save: option(file(), "write the OpenRPC document to a file, and print nothing"),
    ...connectionOptions,
    json: flag("print the OpenRPC document"),
  },
  notes: ["Only the methods that you may call are listed."],
  async run({ options }, io) {
    await using client = await connectAsAsked(options, io);
    const document = await client.call("rpc.discover") as OpenRpcDocument;
    const text = JSON.stringify(document, undefined, 2);
    // The document tells no secret: all callers of the methods may read it.
    if (options.save !== undefined) {
      await writeFileAtomic(options.save, `${text}\n`, { mode: 0o644 });
    } else if (options.json) io.print(text);
    else {
      const { methods } = document;
      const lines = options.names ? methods.map(({ name }) => name) : tableOf(methods);
      for (const line of lines) io.print(escapeControls(line));
    }
    return 0;
  },
});

function tableOf(methods: readonly MethodObject[]): string[] {
  const rows = methods.map((method): [string, string] => [signatureOf(method), notesOf(method)]);
  const width = Math.max(0, ...rows.map(([signature]) => columnsOf(signature)));
  return rows.map(([signature, notes]) => `${padColumns(signature, width)}  ${notes}`.trimEnd());
}

function signatureOf({ name, params, "x-stream": isStream }: MethodObject): string {
  const names = params.map((param) => `${param.name}${param.required === false ? "?" : ""}`);
  return `${name}(${names.join(", ")})${isStream ? " …" : ""}`;
}

function notesOf(method: MethodObject): string {
  const { summary, "x-public": isPublic, "x-admin": isAdmin, errors = [] } = method;
  const { deprecated, "x-deprecated": instead, "x-idempotent": isIdempotent } = method;
  return [
    summary,
    isPublic ? "(public)" : "",
    isAdmin ? "(admin)" : "",
    isIdempotent ? "(idempotent)" : "",
    errors.length > 0 ? `(fails with ${errors.map(({ message }) => message).join(", ")})` : "",
    deprecated ? `(deprecated${instead ? `: ${instead}` : ""})` : "",
  ].filter(Boolean).join(" ");
}
