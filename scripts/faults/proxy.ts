/**
 * A proxy that does to connections what bad networks do. What it does can change while it runs.
 *
 * @module
 */

import { connect, createServer, type Server, type Socket } from "node:net"; // Deno's own cannot reset

/** What the network does; without any of these it only carries. */
export interface NetworkFaults {
  /** Every byte arrives so much later, in milliseconds. */
  readonly delayMs?: number;
  /** The most bytes that each direction of a connection carries in a second. */
  readonly bytesPerSecond?: number;
  /** Nothing arrives and nobody is told, as with a cable that was pulled; it arrives afterwards. */
  readonly isCutOff?: boolean;
  /** The share of open connections that are reset in each half second, new ones included: 0 to 1. */
  readonly resetShare?: number;
}

const RESET_ROUND_MS = 500;

/** Bytes, or the end behind them. */
interface Piece {
  readonly bytes: Uint8Array | undefined;
  readonly dueAt: number;
}

/** One direction of a connection. It keeps the order of what it carries, whatever the delays. */
class Way {
  readonly #to: Socket;
  readonly #faults: () => NetworkFaults;
  readonly #pieces: Piece[] = [];
  #freeAt = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(to: Socket, faults: () => NetworkFaults) {
    this.#to = to;
    this.#faults = faults;
  }

  /** Takes bytes in; `undefined` for the end. */
  push(bytes: Uint8Array | undefined): void {
    const { delayMs = 0 } = this.#faults();
    this.#pieces.push({ bytes, dueAt: performance.now() + delayMs });
    this.carry();
  }

  /** Hands on what is due, and sees to the rest later. */
  carry(): void {
    clearTimeout(this.#timer);
    const { isCutOff = false, bytesPerSecond = Infinity } = this.#faults();
    while (!isCutOff) {
      const piece = this.#pieces[0];
      if (piece === undefined) return;
      const now = performance.now();
      const waitMs = Math.max(piece.dueAt, this.#freeAt) - now;
      if (waitMs > 0) {
        this.#timer = setTimeout(() => this.carry(), waitMs);
        return;
      }
      this.#pieces.shift();
      if (piece.bytes === undefined) this.#to.end();
      else this.#to.write(piece.bytes);
      this.#freeAt = now + (piece.bytes?.length ?? 0) / bytesPerSecond * 1_000;
    }
  }

  end(): void {
    clearTimeout(this.#timer);
    this.#pieces.length = 0;
  }
}

/** A connection of a client, and the one to the server behind it. */
class Relayed {
  readonly #client: Socket;
  readonly #ended: (relayed: Relayed) => void;
  #server: Socket | undefined;
  #ways: Way[] = [];
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(client: Socket, ended: (relayed: Relayed) => void) {
    this.#client = client;
    this.#ended = ended;
    client.on("error", () => this.reset()).on("close", () => this.end());
  }

  /** Connects to the server. */
  dial(port: number, faults: () => NetworkFaults): void {
    if (this.#server !== undefined) return;
    const server = this.#server = connect({ port, host: "127.0.0.1", allowHalfOpen: true });
    server.on("error", () => this.reset()).on("close", () => this.end());
    this.#ways = [
      this.#relay(this.#client, server, faults),
      this.#relay(server, this.#client, faults),
    ];
  }

  /** What the network does has changed. */
  carry(): void {
    for (const way of this.#ways) way.carry();
  }

  /** Calls back later, unless it has ended or is to call back something else by then. */
  later(ms: number, act: () => void): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(act, ms);
  }

  /** Calls nothing back any more. */
  stay(): void {
    clearTimeout(this.#timer);
  }

  /** Ends both connections by a reset. */
  reset(): void {
    this.#client.resetAndDestroy();
    this.#server?.resetAndDestroy();
    this.end();
  }

  end(): void {
    clearTimeout(this.#timer);
    for (const way of this.#ways) way.end();
    this.#client.destroy();
    this.#server?.destroy();
    this.#ended(this);
  }

  #relay(from: Socket, to: Socket, faults: () => NetworkFaults): Way {
    const way = new Way(to, faults);
    from.on("data", (bytes: Uint8Array) => way.push(bytes)).on("end", () => way.push(undefined));
    return way;
  }
}

/** Listens on this machine, and carries between its clients and one server. */
export class FaultyProxy implements AsyncDisposable {
  /** How many connections there were. */
  connections = 0;
  readonly #server: Server;
  readonly #to: number;
  readonly #random: () => number;
  readonly #open = new Set<Relayed>();
  #faults: NetworkFaults = {};

  /**
   * Use {@linkcode FaultyProxy.listen}.
   *
   * @param to The server's port on this machine.
   * @param random Gives numbers from 0 to less than 1.
   */
  private constructor(to: number, random: () => number) {
    this.#to = to;
    this.#random = random;
    this.#server = createServer({ allowHalfOpen: true }, (client) => this.#accept(client));
  }

  /**
   * Begins to listen.
   *
   * @param to The server's port on this machine.
   * @param random Gives numbers from 0 to less than 1.
   * @returns The proxy; whoever has it ends it.
   */
  static async listen(to: number, random: () => number = Math.random): Promise<FaultyProxy> {
    const proxy = new FaultyProxy(to, random);
    await new Promise<void>((resolve) => proxy.#server.listen(0, "127.0.0.1", resolve));
    return proxy;
  }

  /** Where it listens. */
  get port(): number {
    return (this.#server.address() as { port: number }).port;
  }

  /** How many connections are open. */
  get open(): number {
    return this.#open.size;
  }

  /**
   * Has the network do something else from now on.
   *
   * @param faults All that it does: what it did before ends.
   */
  set(faults: NetworkFaults): void {
    this.#faults = faults;
    for (const relayed of this.#open) {
      this.#begin(relayed);
      relayed.carry();
    }
  }

  /** Resets every open connection now. */
  resetAll(): void {
    for (const relayed of [...this.#open]) relayed.reset();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    for (const relayed of [...this.#open]) relayed.end();
    await closed;
  }

  #accept(client: Socket): void {
    this.connections++;
    const relayed = new Relayed(client, (ended) => this.#open.delete(ended));
    this.#open.add(relayed);
    this.#begin(relayed);
  }

  #begin(relayed: Relayed): void {
    const { isCutOff = false, resetShare = 0 } = this.#faults;
    if (!isCutOff) relayed.dial(this.#to, () => this.#faults);
    if (resetShare === 0) relayed.stay();
    else if (this.#random() < resetShare) {
      relayed.later(this.#random() * RESET_ROUND_MS, () => relayed.reset());
    } else relayed.later(RESET_ROUND_MS, () => this.#begin(relayed));
  }
}
