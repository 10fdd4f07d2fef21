import { assertEquals } from "@std/assert";
import { connect, type TLSSocket } from "node:tls"; // Deno's own client cannot leave out the name
import { serve } from "../../../lib/endpoint/serve.ts";
import { soon } from "../../support/mutual_tls.ts";
import { tlsIdentity } from "../../support/tls_identity.ts";

const PING = '{"jsonrpc":"2.0","id":1,"method":"note"}\n';

/** What a client that offers these protocols is answered; empty where it is not served. */
function answerTo(address: string, ca: string, protocols: string[]): Promise<string> {
  const { hostname, port } = new URL(address.replace("tls:", "https:"));
  return new Promise((resolve) => {
    let text = "";
    const socket: TLSSocket = connect({
      host: hostname,
      port: Number(port),
      ca,
      ...(protocols.length === 0 ? {} : { ALPNProtocols: protocols }),
    });
    const end = () => {
      socket.destroy();
      resolve(text);
    };
    socket.on("secureConnect", () => socket.write(PING));
    socket.on("data", (chunk) => {
      text += chunk;
      if (text.includes("\n")) end();
    });
    socket.on("error", end);
    socket.on("close", end);
  });
}

for (const tlsMin of ["1.2", "1.3"] as const) {
  Deno.test(`TLS from ${tlsMin}: a client that agreed on dari/1, or on nothing, is served; a browser is not`, async () => {
    const { cert, key, ca } = await tlsIdentity();
    let notes = 0;
    await using server = await serve({
      listen: "tls://127.0.0.1:0",
      tls: { cert, key },
      tlsMin,
      methods: { note: { public: true, handler: () => void notes++ } },
      onRefused: () => {},
    });
    const address = server.addresses[0] ?? "";
    const served = '{"jsonrpc":"2.0","id":1,"result":null}\n';
    assertEquals(await soon(answerTo(address, ca, ["dari/1"])), served);
    assertEquals(await soon(answerTo(address, ca, ["h2", "dari/1"])), served);
    assertEquals(await soon(answerTo(address, ca, [])), served);
    assertEquals(notes, 3);
    assertEquals(await soon(answerTo(address, ca, ["h2", "http/1.1"])), "");
    assertEquals(await soon(answerTo(address, ca, ["http/1.1"])), "");
    assertEquals(notes, 3);
    await server.close(0);
  });
}
