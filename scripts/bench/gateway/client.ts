/**
 * The load of the benchmark of the gateway: connections that are kept alive, each with one call under
 * way. It reads `{ address, protocol, connections, seconds }` from its standard input, and writes `warm`
 * and then what it has done.
 *
 * Arguments: directory of the certificate.
 *
 * @module
 */

import { callByHttp2 } from "./http2_calls.ts";

const [directory = ""] = Deno.args;
const caCerts = [Deno.readTextFileSync(`${directory}/ca.crt`)];
const decoder = new TextDecoder();

const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method: "add", params: { a: 10, b: 20 } });
const call = new TextEncoder().encode([
  "POST /rpc HTTP/1.1",
  "Host: localhost",
  "Content-Type: application/json",
  `Content-Length: ${body.length}`,
  "",
  body,
].join("\r\n"));
const WARM_UP_MS = 500;

for await (const line of lines()) {
  const { address, protocol, connections, seconds } = JSON.parse(line);
  const port = Number(new URL(address).port);
  const clients = await Promise.all(
    Array.from({ length: connections }, () => open(port, protocol)),
  );
  const callUntil = protocol === "h2" ? callByHttp2(body) : callByHttp1;
  await Promise.all(clients.map((each) => callUntil(each, performance.now() + WARM_UP_MS)));
  console.log("warm");
  const startedAt = performance.now();
  const until = startedAt + seconds * 1_000;
  const counts = await Promise.all(clients.map((each) => callUntil(each, until)));
  const calls = counts.reduce((sum, count) => sum + count, 0);
  console.log(JSON.stringify({ calls, seconds: (performance.now() - startedAt) / 1_000 }));
  for (const each of clients) each.close();
}

async function open(port: number, protocol: string): Promise<Deno.TlsConn> {
  const conn = await Deno.connect({ hostname: "127.0.0.1", port });
  conn.setNoDelay(true);
  return await Deno.startTls(conn, { hostname: "localhost", caCerts, alpnProtocols: [protocol] });
}

async function callByHttp1(conn: Deno.TlsConn, until: number): Promise<number> {
  const memory = new Uint8Array(16_384);
  let calls = 0;
  while (performance.now() < until) {
    await conn.write(call);
    let reply = "";
    while (!isWhole(reply)) {
      const count = await conn.read(memory);
      if (count === null) throw new Error(`The server closed the connection: ${reply}`);
      reply += decoder.decode(memory.subarray(0, count));
    }
    if (!reply.startsWith("HTTP/1.1 200")) throw new Error(reply);
    calls++;
  }
  return calls;
}

function isWhole(reply: string): boolean {
  const head = reply.indexOf("\r\n\r\n");
  if (head < 0) return false;
  const length = Number(/content-length: (\d+)/i.exec(reply)?.[1]);
  return reply.length >= head + 4 + length;
}

async function* lines(): AsyncGenerator<string> {
  let rest = "";
  for await (const text of Deno.stdin.readable.pipeThrough(new TextDecoderStream())) {
    const whole = (rest + text).split("\n");
    rest = whole.pop() ?? "";
    yield* whole;
  }
}
