import { assert, assertEquals, assertRejects } from "@std/assert";
import { TransportError } from "../../../lib/base/errors.ts";
import { PeerVerifier } from "../../../lib/cert/path/peer_verifier.ts";
import { NatsWay } from "../../../lib/cluster/service/nats_way.ts";
import { createDial } from "../../../lib/endpoint/dial.ts";
import { openNats } from "../../../lib/endpoint/cluster/nats_access.ts";
import { listenNats } from "../../../lib/endpoint/cluster/nats_listen.ts";
import type { NatsAddress } from "../../../lib/transport/address.ts";
import type { Connection, Listener } from "../../../lib/transport/connection.ts";
import { parseAddress } from "../../../lib/transport/scheme/parse.ts";
import { StreamConnection, tlsSizes } from "../../../lib/transport/stream_connection.ts";
import { ALPN, RECORDS_ALPN } from "../../../lib/transport/tls/alpn.ts";
import {
  NodeTlsDialer,
  type OpenSocket,
} from "../../../lib/transport/tls/node/node_tls_connect.ts";
import {
  listenTlsOver,
  type TlsStreamsOptions,
} from "../../../lib/transport/tls/node/node_tls_streams.ts";
import type { PeerChain } from "../../../lib/transport/tls/node/peer_chain.ts";
import { HeldDuplex } from "../../../lib/transport/tls/stream/held_duplex.ts";
import { TlsByteStream } from "../../../lib/transport/tls/stream/tls_byte_stream.ts";
import { collectRefusals, soon, world } from "../../support/mutual_tls.ts";
import { natsTest, startNats } from "../../support/nats_server.ts";
import { tlsPair } from "../../support/tls_certificates.ts";

const NAME = "orders.service.internal";
const SUITE = "TLS_CHACHA20_POLY1305_SHA256";

/** A server of a service, which asks its clients for certificates. */
interface Place extends AsyncDisposable {
  readonly listener: Listener;
  /** Why it refused the next client that it refuses. */
  refusal(): Promise<string>;
  /** Shakes hands as a client that offers other protocols. */
  shakeHands(offers: string[]): Promise<OpenSocket & { readonly beneath: HeldDuplex }>;
}

/** Serves; an older server knows no records. */
async function startPlace(
  records: boolean,
  options: Partial<TlsStreamsOptions> = {},
): Promise<Place> {
  await using owned = new AsyncDisposableStack();
  const { authority, client } = await world();
  const nats = owned.use(await startNats());
  const at = parseAddress(`nats://${nats.at}/orders`) as NatsAddress;
  const server = await tlsPair(authority, { names: [NAME] });
  const { onRefused, refusal } = collectRefusals();
  const verifyClient = (chain: PeerChain) => new PeerVerifier().verifyClient(chain);
  const listener = await listenNats(at, {
    owned,
    over: (source) =>
      Promise.resolve(listenTlsOver({
        ...{ ...server, source, verifyClient, clientCa: authority.pem, isRevoked: () => false },
        ...{ alpn: ALPN, records, onRefused, ...options },
      })),
  });
  const way = new NatsWay(() => openNats(at, "client", {}));
  const dialer = new NodeTlsDialer({
    ...{ ca: authority.pem, pair: client },
    verifyServer: (chain, host) => new PeerVerifier().verifyServer(chain, host),
  });
  const stack = owned.move();
  return {
    ...{ listener, refusal },
    async shakeHands(offers) {
      const signal = AbortSignal.timeout(5_000);
      const beneath = new HeldDuplex(await way.open(at, signal));
      beneath.on("error", () => {});
      stack.defer(() => void beneath.destroy());
      const over = { socket: beneath, ALPNProtocols: offers };
      return { beneath, ...await dialer.open({ host: NAME, port: 0 }, over, signal) };
    },
    async [Symbol.asyncDispose]() {
      listener.close();
      await stack.disposeAsync();
    },
  };
}

async function accept({ listener }: Place): Promise<Connection> {
  for await (const connection of listener) return connection;
  throw new Error("The listener closed");
}

/** Lines and their ends both ways. */
async function talk(near: Connection, far: Connection): Promise<void> {
  const long = "x".repeat(60_000);
  await near.send(`"question"\n`);
  assertEquals(await soon(far.receive()), `"question"\n`);
  const sent = far.send(`"${long}"\n`);
  assertEquals(await soon(near.receive()), `"${long}"\n`);
  await sent;
  const end = far.receive();
  const closing = near.close();
  assertEquals(await soon(end), null);
  await far.close();
  await closing;
}

async function dialNew({ listener: { address } }: Place): Promise<Connection> {
  const { authority, client: { cert, key } } = await world();
  return await createDial({ ca: authority.pem, cert, key })(address, AbortSignal.timeout(5_000));
}

natsTest("a client and a server that know records leave TLS for them", async () => {
  await using place = await startPlace(true);
  const [near, far] = await Promise.all([dialNew(place), accept(place)]);
  assertEquals([near.peer.cipher, far.peer.cipher], [SUITE, SUITE]);
  assertEquals(far.peer.certificate?.identity, "worker.internal");
  assertEquals(near.peer.channelBindings?.[0]?.type, "tls-server-end-point");
  await talk(near, far);
});

natsTest("a client talks by TLS alone to a server that knows no records", async () => {
  await using place = await startPlace(false);
  const [near, far] = await Promise.all([dialNew(place), accept(place)]);
  assert(near.peer.cipher !== undefined && near.peer.cipher !== SUITE, near.peer.cipher);
  await talk(near, far);
});

natsTest("a server talks by TLS alone to a client that knows no records", async () => {
  await using place = await startPlace(true);
  const [{ socket, beneath }, far] = await Promise.all([
    place.shakeHands([ALPN]),
    accept(place),
  ]);
  assertEquals(socket.alpnProtocol, ALPN);
  const stream = new TlsByteStream(socket, beneath, { transport: "nats", address: "old" });
  assertEquals(far.peer.cipher, socket.getCipher().name);
  await talk(new StreamConnection(stream, stream.peer, tlsSizes), far);
});

natsTest("a client that hands over no key is refused in words, and others are served", async () => {
  await using place = await startPlace(true);
  const { socket } = await place.shakeHands([RECORDS_ALPN]);
  socket.write(
    new TextEncoder().encode(`{"jsonrpc":"2.0","id":1,"method":"rpc.ping","params":{}}\n`),
  );
  assertEquals(await place.refusal(), "the other side sent more than a key of 44 bytes");
  const [near, far] = await Promise.all([dialNew(place), accept(place)]);
  await talk(near, far);
});

natsTest("a client that never hands a key over has its time, and no more", async () => {
  await using place = await startPlace(true, { handshakeTimeoutMs: 300 });
  await place.shakeHands([RECORDS_ALPN]);
  assertEquals(await place.refusal(), "no key was handed over in 300 ms");
});

natsTest("a client without a certificate is told when it connects", async () => {
  await using place = await startPlace(true);
  const { authority } = await world();
  const dial = createDial({ ca: authority.pem });
  const connecting = dial(place.listener.address, AbortSignal.timeout(5_000));
  const error = await assertRejects(() => connecting, TransportError);
  assertEquals([error.code, /client certificate/.test(error.message)], ["unavailable", true]);
});

natsTest("records of a client whose certificate is revoked are cut with the reason", async () => {
  let isRevoked = false;
  await using place = await startPlace(true, { isRevoked: () => isRevoked });
  const [near, far] = await Promise.all([dialNew(place), accept(place)]);
  isRevoked = true;
  await assertRejects(() => soon(far.receive()), TransportError, "was revoked");
  await assertRejects(() => soon(near.receive()), TransportError);
});
