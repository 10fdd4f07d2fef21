// An MCP server for tests: its tools stand in the file that it is started with, one on a page.

const [file = ""] = Deno.args;
const say = (message: unknown) =>
  console.log(JSON.stringify({ jsonrpc: "2.0", ...message as object }));

console.log("starting, a line that is no message");

async function* linesOf(readable: ReadableStream<Uint8Array<ArrayBuffer>>) {
  let text = "";
  for await (const piece of readable.pipeThrough(new TextDecoderStream())) {
    const whole = (text + piece).split("\n");
    text = whole.pop() ?? "";
    yield* whole;
  }
}

for await (const line of linesOf(Deno.stdin.readable)) {
  const { id, method, params } = JSON.parse(line);
  if (id === undefined) continue;
  if (method === "initialize") {
    const { protocolVersion } = params;
    say({
      id,
      result: { protocolVersion, capabilities: { tools: {} }, serverInfo: { name: "t" } },
    });
    say({ id: "theirs", method: "ping" });
  } else if (method === "tools/list") {
    const tools = JSON.parse(await Deno.readTextFile(file));
    const at = Number(params.cursor ?? 0);
    const nextCursor = at + 1 < tools.length ? String(at + 1) : undefined;
    say({ id, result: { tools: tools.slice(at, at + 1), nextCursor } });
  } else if (method !== "tools/call") say({ id, error: { code: -32601, message: "unknown" } });
  else if (params.name === "crash") Deno.exit(3);
  else if (params.name === "refuse") say({ id, error: { code: -32050, message: "Not today" } });
  else {
    const content = [{ type: "text", text: JSON.stringify(params.arguments) }];
    say({ id, result: { content, isError: params.name === "fail" } });
  }
}
