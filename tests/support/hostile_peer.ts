import { memoryPair } from "../../lib/transport/memory.ts";
import type { Connection } from "../../lib/transport/connection.ts";
import { RawPeer } from "./raw_peer.ts";

/** The far end of a connection, which says whatever its script wants. */
export interface HostilePeer {
  /** Whether it can send any bytes, and not only whole lines. */
  readonly isRaw: boolean;
  /** Sends text as it is; what the other side does not take any more is lost. */
  say(text: string): Promise<void>;
  /** The next line, parsed; `null` once the other side has ended. */
  // deno-lint-ignore no-explicit-any
  hear(): Promise<any>;
  /** Ends the connection at once. */
  leave(): void;
}

/** One that speaks over a TCP socket. */
export function rawHostilePeer(peer: RawPeer): HostilePeer {
  return {
    isRaw: true,
    say: (text) => peer.send(text).catch(() => {}),
    hear: () => peer.line().then(JSON.parse).catch(() => null),
    leave: () => peer[Symbol.dispose](),
  };
}

/** One that speaks over a connection in memory, in whole lines. */
export function memoryHostilePeer(connection: Connection): HostilePeer {
  connection.maxLineBytes = 64 * 1024 * 1024;
  let unread = "";
  return {
    isRaw: false,
    say: (text) => connection.send(text).catch(() => {}),
    async hear() {
      while (!unread.includes("\n")) {
        const lines = await connection.receive().catch(() => null);
        if (lines === null) return null;
        unread += lines;
      }
      const [line = "", ...rest] = unread.split("\n");
      unread = rest.join("\n");
      return JSON.parse(line);
    },
    leave: () => connection.abort(),
  };
}

/** A place where hostile peers listen, and dari dials. */
export interface HostileListener extends Disposable {
  /** Opens a connection to the next hostile peer: an address, or a function. */
  readonly target: string | (() => Promise<Connection>);
  /** The hostile peers, in the order of the connections. */
  accept(): Promise<HostilePeer>;
}

/** Listens on TCP. */
export function listenHostileTcp(): HostileListener {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return {
    target: `tcp://127.0.0.1:${listener.addr.port}`,
    accept: async () => rawHostilePeer(new RawPeer(await listener.accept())),
    [Symbol.dispose]: () => listener.close(),
  };
}

/** Listens in memory. */
export function listenHostileMemory(): HostileListener {
  const waiting: HostilePeer[] = [];
  const accepting: ((peer: HostilePeer) => void)[] = [];
  return {
    target() {
      const [near, far] = memoryPair();
      const peer = memoryHostilePeer(far);
      const accept = accepting.shift();
      if (accept === undefined) waiting.push(peer);
      else accept(peer);
      return Promise.resolve(near);
    },
    accept() {
      const peer = waiting.shift();
      if (peer !== undefined) return Promise.resolve(peer);
      return new Promise((resolve) => accepting.push(resolve));
    },
    [Symbol.dispose]() {},
  };
}
