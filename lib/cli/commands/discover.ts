import type { MethodObject, OpenRpcDocument } from "../../protocol/openrpc.ts";
import type { Command } from "../app/command.ts";
import { connectAsAsked, connectionFlags, connectionHelp } from "../app/connection.ts";

/** `dari discover` */
export const command: Command = {
  summary: "List the methods of a server",
  help: `
List the methods that you may call on a server.

  dari discover
  dari discover --to tls://localhost:9090 --ca .dari/ca.crt
  dari discover --json > openrpc.json             the OpenRPC document

${connectionHelp}
  --names            print the names alone`,
  flags: { string: connectionFlags, boolean: ["names", "insecure"] },
  async run(args, io) {
    await using client = await connectAsAsked(args, io);
    const document = await client.call("rpc.discover") as OpenRpcDocument;
    if (args.flag("json")) io.print(JSON.stringify(document, undefined, 2));
    else if (args.flag("names")) { for (const { name } of document.methods) io.print(name); }
    else for (const line of tableOf(document.methods)) io.print(line);
    return 0;
  },
};

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
