import type { MethodObject, OpenRpcDocument } from "../../protocol/openrpc.ts";
import { type Command, defineCommand } from "../app/command.ts";
import { flag } from "../app/option.ts";
import { connectAsAsked, connectionOptions } from "../workspace/server_connection.ts";

/** `dari discover` */
export const command: Command = defineCommand({
  examples: [
    "dari discover",
    "dari discover --to tls://localhost:9090 --ca .dari/ca.crt",
    ["dari discover --json > openrpc.json", "the OpenRPC document"],
  ],
  options: {
    names: flag("print only the names"),
    ...connectionOptions,
    json: flag("print the OpenRPC document"),
  },
  notes: ["Only the methods that you may call are listed."],
  async run({ options }, io) {
    await using client = await connectAsAsked(options, io);
    const document = await client.call("rpc.discover") as OpenRpcDocument;
    if (options.json) io.print(JSON.stringify(document, undefined, 2));
    else if (options.names) { for (const { name } of document.methods) io.print(name); }
    else for (const line of tableOf(document.methods)) io.print(line);
    return 0;
  },
});

function tableOf(methods: readonly MethodObject[]): string[] {
  const rows = methods.map((method): [string, string] => [signatureOf(method), notesOf(method)]);
  const width = Math.max(0, ...rows.map(([signature]) => signature.length));
  return rows.map(([signature, notes]) => `${signature.padEnd(width)}  ${notes}`.trimEnd());
}

function signatureOf({ name, params, "x-stream": isStream }: MethodObject): string {
  const names = params.map((param) => `${param.name}${param.required === false ? "?" : ""}`);
  return `${name}(${names.join(", ")})${isStream ? " …" : ""}`;
}

function notesOf(method: MethodObject): string {
  return [method.summary, method["x-public"] ? "(public)" : ""].filter(Boolean).join(" ");
}
