/**
 * One contestant of the benchmark of the gateway: dari's engines, or the bare server that each stands
 * on, which does the same JSON work and sets the same headers.
 *
 * Arguments: contestant, directory of the certificate.
 *
 * @module
 */

import { createSecureServer, type ServerHttp2Stream } from "node:http2"; // what HTTP/2 of the strict engine is measured beside
import { createServer } from "node:https"; // what the strict engine stands on
import { serve } from "../../../lib/endpoint/serve.ts";
import { method } from "../../../lib/rpc/method/method.ts";
import { commonHeaders } from "../../../lib/http/reply/common_headers.ts";

const [contestant = "", directory = ""] = Deno.args;
const cert = Deno.readTextFileSync(`${directory}/server.crt`);
const key = Deno.readTextFileSync(`${directory}/server.key`);
const { json } = commonHeaders(false);
const hostname = "127.0.0.1";

switch (contestant) {
  case "Deno.serve":
    bareFast();
    break;
  case "node:https":
    bareStrict();
    break;
  case "node:http2":
    bareHttp2();
    break;
  default: {
    const engine = contestant === "dari fast" ? "fast" : "strict";
    const server = await serve({
      listen: [],
      tls: { cert, key },
      observer: [],
      methods: {
        add: method({ public: true, handler: ({ a, b }: { a: number; b: number }) => a + b }),
      },
      https: { listen: `https://${hostname}:0`, engine },
    });
    console.log(JSON.stringify({ address: server.addresses[0] }));
  }
}

function answer(text: string): string {
  const { id, params } = JSON.parse(text);
  return JSON.stringify({ jsonrpc: "2.0", id, result: params.a + params.b });
}

function bareFast(): void {
  Deno.serve({
    ...{ hostname, cert, key, port: 0 },
    onListen: ({ port }) => tell(port),
  }, async (request) => new Response(answer(await request.text()), { headers: json }));
}

function bareStrict(): void {
  const decoder = new TextDecoder();
  const server = createServer({ cert, key, noDelay: true }, (request, response) => {
    let text = "";
    request.on("data", (chunk: Uint8Array) => text += decoder.decode(chunk));
    request.on("end", () => {
      const body = answer(text);
      response.writeHead(200, { ...json, "content-length": String(body.length) });
      response.end(body);
    });
  });
  server.listen(0, hostname, () => tell((server.address() as { port: number }).port));
}

function bareHttp2(): void {
  const decoder = new TextDecoder();
  const server = createSecureServer({ cert, key });
  server.on("stream", (stream: ServerHttp2Stream) => {
    let text = "";
    stream.on("data", (chunk: Uint8Array) => text += decoder.decode(chunk));
    stream.on("end", () => {
      const body = answer(text);
      stream.respond({ ":status": 200, ...json, "content-length": String(body.length) });
      stream.end(body);
    });
  });
  server.listen(0, hostname, () => tell((server.address() as { port: number }).port));
}

function tell(port: number): void {
  console.log(JSON.stringify({ address: `https://${hostname}:${port}` }));
}
