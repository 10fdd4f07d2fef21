// A server of the official library, for tests that put dari in front of it.

// deno-lint-ignore no-explicit-any -- loaded by name, so that checks need no network
const load = (name: string): Promise<any> => import(name);
const { Server } = await load("@modelcontextprotocol/sdk/server/index.js");
const { StdioServerTransport } = await load("@modelcontextprotocol/sdk/server/stdio.js");
const types = await load("@modelcontextprotocol/sdk/types.js");

const server = new Server({ name: "painter", version: "1" }, { capabilities: { tools: {} } });
server.setRequestHandler(types.ListToolsRequestSchema, () => ({
  tools: [{
    name: "paint",
    description: "Paints a colour",
    inputSchema: {
      type: "object",
      properties: { colour: { type: "string" } },
      required: ["colour"],
    },
    outputSchema: { type: "object", properties: { colour: { type: "string" } } },
  }],
}));
server.setRequestHandler(
  types.CallToolRequestSchema,
  ({ params }: { params: { arguments: { colour: string } } }) => ({
    content: [{ type: "image", data: "AAAA", mimeType: "image/png" }],
    structuredContent: params.arguments,
  }),
);
await server.connect(new StdioServerTransport());
