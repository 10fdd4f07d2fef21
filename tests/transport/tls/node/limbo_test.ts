import { assert, assertEquals, assertRejects } from "@std/assert";
import { connect, createServer, type Server } from "node:tls"; // shows whatever it is given
import { TransportError } from "../../../../lib/base/errors.ts";
import { connectTls } from "../../../../lib/transport/tls/tls_connect.ts";
import { type LimboCase, limboCases, type LimboChain } from "../../../support/limbo_cases.ts";
import { dialAs, soon, startListener, world } from "../../../support/mutual_tls.ts";
import { hasOpenssl, openssl } from "../../../support/openssl.ts";
import { startOpensslServer } from "../../../support/openssl_server.ts";
import { tempDirectory } from "../../../support/temp.ts";

if (!hasOpenssl) {
  console.log("no openssl: handshakes with an unknown critical extension are left out");
}

/** A server of the runtime's that shows a chain, or openssl's where the runtime would not. */
async function showToClients({ cert, key }: LimboChain, byOpenssl: boolean) {
  if (byOpenssl) return await startOpensslServer({ cert, key });
  const server: Server = createServer({ cert, key, ALPNProtocols: ["dari/1"] }, (socket) => {
    socket.on("error", () => {}).resume();
  });
  server.on("tlsClientError", (_, socket) => socket.destroy());
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", () => resolve()));
  const { port } = server.address() as { port: number };
  return { port, [Symbol.asyncDispose]: async () => void await server.close() };
}

/** Shows a chain to a server, asks, and gives what came back until the server hung up. */
async function showToServer(chain: LimboChain, port: number, byOpenssl: boolean): Promise<string> {
  const { authority } = await world();
  const { cert, key } = chain;
  if (byOpenssl) {
    await using directory = await tempDirectory();
    await Deno.writeTextFile(`${directory.path}/c`, cert);
    await Deno.writeTextFile(`${directory.path}/k`, key);
    const { text } = await openssl(
      directory.path,
      ...["s_client", "-connect", `127.0.0.1:${port}`, "-alpn", "dari/1", "-quiet", "-ign_eof"],
      ...["-cert", "c", "-key", "k"],
    );
    return /^answer$/m.test(text) ? "answer\n" : "";
  }
  return await new Promise((resolve) => {
    let answer = "";
    const { pem: ca } = authority;
    const socket = connect({ host: "127.0.0.1", port, ca, cert, key }, () => {
      socket.write("question\n");
    });
    socket.on("data", (bytes: Uint8Array) => {
      answer += new TextDecoder().decode(bytes);
      socket.destroy();
    });
    socket.on("error", () => {}).on("end", () => socket.destroy());
    socket.on("close", () => resolve(answer));
  });
}

function limboTest(words: string, { name, runtimeShows }: LimboCase, fn: () => Promise<void>) {
  Deno.test({ name: `${words} ${name}`, ignore: !runtimeShows && !hasOpenssl, fn });
}

for (const limbo of limboCases) {
  const { refusal, runtimeRefuses, runtimeShows, make } = limbo;
  const verb = (trusted: boolean) => trusted ? "trusts a server with" : "refuses a server with";

  limboTest(`connectTls() ${verb(!runtimeRefuses)}`, limbo, async () => {
    const chain = await make("server");
    await using server = await showToClients(chain, !runtimeShows);
    const dial = () => connectTls({ host: "localhost", port: server.port, ca: [chain.ca] });
    if (!runtimeRefuses) return (await dial()).abort();
    assertEquals((await assertRejects(() => soon(dial()), TransportError)).retryable, false);
  });

  limboTest(`NodeTlsDialer ${verb(refusal === undefined)}`, limbo, async () => {
    const { client } = await world();
    const chain = await make("server");
    await using server = await showToClients(chain, !runtimeShows);
    const dial = () => dialAs(client, server.port, { host: "localhost", ca: chain.ca });
    if (refusal === undefined) return (await dial()).abort();
    assertEquals((await assertRejects(() => soon(dial()), TransportError)).retryable, false);
  });

  const lets = refusal === undefined ? "accepts a client with" : "refuses a client with";
  limboTest(`a mutual TLS listener ${lets}`, limbo, async () => {
    const chain = await make("client");
    using test = await startListener({ clientCa: chain.ca });
    const serving = test.accept().then((connection) => connection?.send("answer\n"));
    const answer = await soon(showToServer(chain, test.port, !runtimeShows));
    assertEquals(answer, refusal === undefined ? "answer\n" : "");
    if (refusal !== undefined) assert(await test.refusal() !== "");
    test.listener.close();
    await serving;
  });
}
