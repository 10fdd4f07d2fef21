import { connect, createServer } from "node:tls"; // takes any certificate from the other side
import type { TlsPair } from "./tls_certificates.ts";

/** A relay between client and server that has a valid certificate of its own. */
export interface TlsRelay extends Disposable {
  /** Where it listens. */
  readonly address: string;
}

/** What the relay does to a line on its way. */
export interface Meddling {
  /** Changes a line of the client. If it calls `answer`, the server does not get the line. */
  readonly toServer?: (line: string) => string | { readonly answer: string };
  /** Changes a line of the server. */
  readonly toClient?: (line: string) => string;
}

/** Starts a relay. */
export async function startTlsRelay(
  to: string,
  pair: TlsPair,
  { toServer = (line) => line, toClient = (line) => line }: Meddling = {},
): Promise<TlsRelay> {
  const { port } = new URL(to);
  const server = createServer({ cert: pair.cert, key: pair.key }, (client) => {
    const onward = connect({
      host: "127.0.0.1",
      port: Number(port),
      cert: pair.cert,
      key: pair.key,
      rejectUnauthorized: false,
    });
    const end = () => {
      client.destroy();
      onward.destroy();
    };
    for (const socket of [client, onward]) socket.on("error", end).on("close", end);
    client.on(
      "data",
      byLine((line) => {
        const passed = toServer(line);
        if (typeof passed === "string") onward.write(`${passed}\n`);
        else client.write(`${passed.answer}\n`);
      }),
    );
    onward.on("data", byLine((line) => void client.write(`${toClient(line)}\n`)));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = `tls://127.0.0.1:${(server.address() as { port: number }).port}`;
  return { address, [Symbol.dispose]: () => void server.close() };
}

function byLine(take: (line: string) => void): (chunk: Uint8Array) => void {
  const decoder = new TextDecoder();
  let text = "";
  return (chunk) => {
    const lines = (text + decoder.decode(chunk, { stream: true })).split("\n");
    text = lines.pop() ?? "";
    // Clients send blank lines behind their first call where the answer takes long.
    for (const line of lines) if (line !== "") take(line);
  };
}
