import { connectNodeTcp, connectNodeUnix } from "../../lib/transport/node/socket_connect.ts";
import { connectTcp, listenTcp, type TcpOptions } from "../../lib/transport/tcp.ts";
import { connectTls } from "../../lib/transport/tls/tls_connect.ts";
import { listenTls } from "../../lib/transport/tls/tls_listen.ts";
import { connectUnix, listenUnix } from "../../lib/transport/unix.ts";
import { parseAddress } from "../../lib/transport/scheme/parse.ts";
import { Network } from "../../scripts/sim/machine/network.ts";
import { Program } from "../../scripts/sim/time/timeline.ts";
import type { Connection, Listener } from "../../lib/transport/connection.ts";
import { memoryPair } from "../../lib/transport/memory.ts";
import { certificateNameOf } from "../../lib/cluster/service/certificate_name.ts";
import { createDial } from "../../lib/endpoint/dial.ts";
import { listenNats } from "../../lib/endpoint/cluster/nats_listen.ts";
import { PeerVerifier } from "../../lib/cert/path/peer_verifier.ts";
import type { NatsAddress } from "../../lib/transport/address.ts";
import { ALPN } from "../../lib/transport/tls/alpn.ts";
import { listenTlsOver } from "../../lib/transport/tls/node/node_tls_streams.ts";
import type { PeerChain } from "../../lib/transport/tls/node/peer_chain.ts";
import { hasNats, startNats } from "./nats_server.ts";
import { tlsPair } from "./tls_certificates.ts";
import { dialAs, startListener, world } from "./mutual_tls.ts";
import { RawPeer } from "./raw_peer.ts";
import { restlessPair, sharedPair } from "./shared_pair.ts";
import { realTimeline } from "./real_timeline.ts";
import { tempDirectory } from "./temp.ts";
import { tlsIdentity } from "./tls_identity.ts";
import { framedEnds, runtimeEnds, upgradedEnds, type WebSocketEnds } from "./web_sockets.ts";

/** Two connected ends. */
export interface Pair extends AsyncDisposable {
  /** The end that connected. */
  readonly near: Connection;
  /** The end that was accepted. */
  readonly far: Connection;
}

/** An accepted connection whose other end sends and receives bytes. */
export interface RawPair extends AsyncDisposable {
  readonly peer: RawPeer;
  readonly far: Connection;
}

/** A way to connect two ends. */
export interface Transport {
  readonly name: string;
  /** Whether a sender waits for a slow reader; otherwise the connection ends. */
  readonly canPause: boolean;
  connect(): Promise<Pair>;
  /** Absent if the transport carries no bytes. */
  connectRaw?(): Promise<RawPair>;
}

interface Place extends AsyncDisposable {
  readonly listener: Listener;
  connect(): Promise<Connection>;
  /** Absent if only this process reaches it. */
  connectRaw?(): Promise<RawPeer>;
}

/** Every transport that carries lines between two ends. */
export const transports: readonly Transport[] = [
  { name: "memory", canPause: true, connect: () => Promise.resolve(pairOf(...memoryPair())) },
  webSocket("WebSocket", true, framedEnds),
  webSocket("WebSocket of node:http", false, upgradedEnds),
  webSocket("WebSocket of the runtime", false, () => runtimeEnds("framed")),
  webSocket("WebSocket of the runtime at both ends", false, () => runtimeEnds("runtime")),
  over("simulated network", () => Promise.resolve(simulatedPlace())),
  ...hasNats ? [over("nats", natsPlace)] : [],
  over("unix", () => unixPlace(connectUnix)),
  { name: "unix in shared memory", canPause: true, connect: sharedPair },
  { name: "unix in and out of shared memory", canPause: true, connect: restlessPair },
  over("unix of Node", () => unixPlace(connectNodeUnix)),
  over("tcp", () => Promise.resolve(tcpPlace(connectTcp))),
  over("tcp of Node", () => Promise.resolve(tcpPlace(connectNodeTcp))),
  over("tls", async () => {
    const { cert, key, ca } = await tlsIdentity();
    const listener = listenTls({ host: "127.0.0.1", port: 0, cert, key });
    const { port } = parseAddress(listener.address) as { port: number };
    return {
      listener,
      connect: () => connectTls({ host: "127.0.0.1", port, ca: [ca] }),
      connectRaw: () => RawPeer.connect(listener.address, ca),
      [Symbol.asyncDispose]: () => Promise.resolve(listener.close()),
    };
  }),
  over("mutual tls", async () => {
    const { authority: { pem }, client: { cert, key } } = await world();
    const { listener, port } = await startListener();
    return {
      listener,
      connect: () => dialAs({ cert, key }, port),
      async connectRaw() {
        const at = { hostname: "127.0.0.1", port };
        return new RawPeer(await Deno.connectTls({ ...at, caCerts: [pem], cert, key }));
      },
      [Symbol.asyncDispose]: () => Promise.resolve(listener.close()),
    };
  }),
];

function webSocket(
  name: string,
  canPause: boolean,
  open: () => Promise<WebSocketEnds>,
): Transport {
  return {
    name,
    canPause,
    async connect() {
      const { near, far, close } = await open();
      return pairOf(near, far, { [Symbol.asyncDispose]: close });
    },
  };
}

async function unixPlace(connect: (path: string) => Promise<Connection>): Promise<Place> {
  const directory = await tempDirectory();
  const path = `${directory.path}/s`;
  const listener = await listenUnix(path);
  return {
    listener,
    connect: () => connect(path),
    connectRaw: () => RawPeer.connect(`unix:${path}`),
    async [Symbol.asyncDispose]() {
      listener.close();
      await directory[Symbol.asyncDispose]();
    },
  };
}

/** A NATS server of its own, so that no place hears of another's clients. */
async function natsPlace(): Promise<Place> {
  await using owned = new AsyncDisposableStack();
  const { authority, client: { cert, key } } = await world();
  const nats = owned.use(await startNats());
  const at = parseAddress(`nats://${nats.at}/test`) as NatsAddress;
  const server = await tlsPair(authority, { names: [certificateNameOf("test")] });
  const verifyClient = (chain: PeerChain) => new PeerVerifier().verifyClient(chain);
  const listener = await listenNats(at, {
    owned,
    over: (source) =>
      Promise.resolve(listenTlsOver({
        ...server,
        ...{ source, verifyClient, clientCa: authority.pem, isRevoked: () => false },
        ...{ alpn: ALPN, records: true },
      })),
  });
  const dial = createDial({ ca: authority.pem, cert, key });
  const stack = owned.move();
  return {
    listener,
    connect: () => dial(listener.address),
    async [Symbol.asyncDispose]() {
      listener.close();
      await stack.disposeAsync();
    },
  };
}

function simulatedPlace(): Place {
  const network = new Network(realTimeline, 1);
  network.weather = { delayMs: 0, jitterMs: 0, pieceBytes: 1_000, gapMs: 0 };
  const listener = network.listen(new Program("far"), "tcp://far:1");
  const alive = setInterval(() => {}, 1_000); // as a socket keeps the test from ending
  return {
    listener,
    connect: () => network.dial(new Program("near"), listener.address),
    [Symbol.asyncDispose]() {
      clearInterval(alive);
      return Promise.resolve(listener.close());
    },
  };
}

function tcpPlace(connect: (at: TcpOptions) => Promise<Connection>): Place {
  const host = "127.0.0.1";
  const listener = listenTcp({ host, port: 0 });
  const { port } = parseAddress(listener.address) as { port: number };
  return {
    listener,
    connect: () => connect({ host, port }),
    connectRaw: () => RawPeer.connect(listener.address),
    [Symbol.asyncDispose]: () => Promise.resolve(listener.close()),
  };
}

function over(name: string, open: () => Promise<Place>): Transport {
  return {
    name,
    canPause: !/mutual tls|Node/.test(name), // node:tls and node:net of Deno read on and on
    async connect() {
      const place = await open();
      const [near, far] = await Promise.all([greet(place.connect()), accept(place.listener)]);
      return pairOf(near, far, place);
    },
    ...(/simulated|nats/.test(name) ? {} : { connectRaw: async () => rawPair(await open()) }),
  };
}

async function rawPair(place: Place): Promise<RawPair> {
  const [peer, far] = await Promise.all([greet(place.connectRaw!()), accept(place.listener)]);
  return {
    peer,
    far,
    async [Symbol.asyncDispose]() {
      peer[Symbol.dispose]();
      far.abort();
      await place[Symbol.asyncDispose]();
    },
  };
}

// The TLS handshake runs when the accepted end is first read from, so a blank line is sent first.
async function greet<T extends { send(text: string): Promise<void> }>(
  dial: Promise<T>,
): Promise<T> {
  const end = await dial;
  await end.send("\n");
  return end;
}

async function accept(listener: Listener): Promise<Connection> {
  for await (const connection of listener) {
    await connection.receive();
    return connection;
  }
  throw new Error("The listener closed");
}

function pairOf(near: Connection, far: Connection, place?: AsyncDisposable): Pair {
  return {
    near,
    far,
    async [Symbol.asyncDispose]() {
      near.abort();
      far.abort();
      await place?.[Symbol.asyncDispose]();
    },
  };
}
