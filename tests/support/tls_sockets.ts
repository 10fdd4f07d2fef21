import { connect, createServer, type TLSSocket } from "node:tls";
import { RECORDS_ALPN } from "../../lib/transport/tls/alpn.ts";
import { HeldDuplex } from "../../lib/transport/tls/stream/held_duplex.ts";
import { bytePipe, type PipeEnd, type Tap } from "./byte_pipe.ts";
import { world } from "./mutual_tls.ts";

/** One end of TLS whose handshake is done. */
export interface TlsEnd {
  readonly socket: TLSSocket;
  /** What its TLS runs over. */
  readonly beneath: HeldDuplex;
  /** What that runs over. */
  readonly end: PipeEnd;
}

/** Two of them, through memory. */
export interface TlsEnds extends Disposable {
  readonly client: TlsEnd;
  readonly server: TlsEnd;
}

/**
 * Shakes hands.
 *
 * @param options What becomes of what the client sends, and which versions of TLS there are.
 */
export async function tlsEnds({ tap, maxVersion = "TLSv1.3" }: {
  readonly tap?: Tap;
  readonly maxVersion?: "TLSv1.2" | "TLSv1.3";
} = {}): Promise<TlsEnds> {
  const { authority, server: { cert, key } } = await world();
  const [end, serverEnd] = bytePipe(tap);
  const [beneath, serverBeneath] = [new HeldDuplex(end), new HeldDuplex(serverEnd)];
  const shared = { ALPNProtocols: [RECORDS_ALPN], maxVersion };
  const server = createServer({ ...shared, cert, key });
  const accepted = Promise.withResolvers<TLSSocket>();
  server.once("secureConnection", accepted.resolve);
  server.once("tlsClientError", accepted.reject);
  server.emit("connection", serverBeneath);
  const socket = connect({ ...shared, socket: beneath, host: "localhost", ca: authority.pem });
  await new Promise((resolve, reject) => {
    socket.once("secureConnect", resolve);
    socket.once("error", reject);
  });
  const ends = {
    client: { socket, beneath, end },
    server: { socket: await accepted.promise, beneath: serverBeneath, end: serverEnd },
  };
  for (const { socket, beneath } of Object.values(ends)) {
    socket.on("error", () => {});
    beneath.on("error", () => {});
  }
  return {
    ...ends,
    [Symbol.dispose]() {
      for (const { socket, beneath, end } of Object.values(ends)) {
        socket.destroy();
        beneath.destroy();
        end.close();
      }
    },
  };
}
