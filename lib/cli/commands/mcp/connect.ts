import { DariError } from "../../../base/errors.ts";
import { VERSION } from "../../../base/version.ts";
import { toolOffers } from "../../../endpoint/mcp/tool_offers.ts";
import { ClientTools } from "../../../mcp/client_tools.ts";
import { serveLines } from "../../../mcp/line_server.ts";
import { McpServer } from "../../../mcp/mcp_server.ts";
import { socketSizes, StreamConnection } from "../../../transport/stream_connection.ts";
import { toolPatterns } from "../../agents/tool_pattern.ts";
import { type Command, defineCommand } from "../../app/command.ts";
import { optionalOperand } from "../../app/option.ts";
import { address } from "../../app/value_type.ts";
import { connectAsAsked, connectionOptions } from "../../workspace/server_connection.ts";

const { to: _to, ...options } = connectionOptions;

/** `dari mcp connect` */
export const command: Command = defineCommand({
  examples: [
    ["dari mcp connect tls://box.internal:9090 --mcp 'orders.*'", "what an editor starts"],
    "dari mcp connect --mcp add --mcp 'reports.*' --mcp '!reports.delete'",
    "dari mcp connect tls://box.internal:9090 --mcp 'orders.*' --api-key-file agent.key",
  ],
  operands: {
    address: optionalOperand(address, "the server (default: that of dari use, or the socket here)"),
  },
  options: {
    mcp: toolPatterns("methods that are tools: a name, orders.* or !name"),
    ...options,
  },
  notes: [
    "Speaks the Model Context Protocol on standard input and output, and calls the server as the user " +
    "who started it, or as the owner of the API key or certificate. The server decides on every call.",
    "Only methods that --mcp names are tools; an administrative one has to be named in full. " +
    "The items of a stream are told as progress, and are the result together.",
  ],
  async run({ operands, options }, io) {
    const { mcp, timeout } = options;
    if (mcp.length === 0) {
      throw new DariError(
        "usage",
        "Name the methods that are tools, for instance --mcp 'orders.*'",
      );
    }
    const { standardStreams, signal } = io;
    if (standardStreams === undefined) {
      throw new DariError("usage", "There is no standard input to read requests from");
    }
    const to = operands.address === undefined ? [] : [operands.address];
    await using client = await connectAsAsked({ ...options, to }, io);
    const server = new McpServer({
      info: { name: "dari", version: VERSION },
      offers: toolOffers(mcp),
    });
    const peer = { transport: "pipe", address: "standard input" } as const;
    const connection = new StreamConnection(standardStreams(), peer, socketSizes);
    try {
      await serveLines(connection, server, new ClientTools(client, { timeoutMs: timeout }), signal);
    } finally {
      connection.abort();
    }
    return 0;
  },
});
