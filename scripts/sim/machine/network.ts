/**
 * A network between programs that are simulated: connections of bytes over which the real framing
 * runs.
 *
 * @module
 */

import { TransportError } from "../../../lib/base/errors.ts";
import type { Connection, Listener } from "../../../lib/transport/connection.ts";
import { StreamConnection } from "../../../lib/transport/stream_connection.ts";
import { Random } from "../time/random.ts";
import type { Program, Timeline } from "../time/timeline.ts";
import { Channel, type Conditions } from "./channel.ts";

/** The buffers for reading of simulated sockets, in bytes: small, so that many runs are cheap. */
const SIZES = { initialBytes: 1_024, readBytes: 4_096 };
/** How often a lost attempt to connect is made again, in milliseconds. */
const DIAL_AGAIN_MS = 1_000;

/** How bytes travel between programs unless a fault says otherwise. */
export type Weather = Omit<Conditions, "isSplit">;

/** A connection, as faults see it. */
export interface Cable {
  /** The program that dialled, and the one that accepted. */
  readonly near: Program;
  readonly far: Program;
  /** What the one who dialled sends, and what it receives. */
  readonly there: Channel;
  readonly back: Channel;
  /** How its bytes travel. */
  readonly conditions: Weather;
}

/** Connects programs. */
export class Network {
  readonly #time: Timeline;
  readonly #seed: number;
  readonly #listeners = new Map<string, SimulatedListener>();
  /** The directions between programs in which nothing arrives: `from>to`. */
  readonly #splits = new Set<string>();
  /** Addresses of machines without power: they do not even refuse. */
  readonly #dark = new Set<string>();
  readonly #dials = new Map<string, number>();
  /** Every connection whose ends are both open. */
  readonly cables = new Set<Cable>();
  /** Every end that its program has not closed. */
  readonly openEnds = new Set<{ readonly program: Program }>();
  /** How bytes travel on connections that are made from now on. */
  weather: Weather = { delayMs: 1, jitterMs: 3, pieceBytes: Infinity, gapMs: 0 };
  /** Called when a connection was made. */
  onDialled: () => void = () => {};

  /**
   * @param time When things happen.
   * @param seed What delays follow from.
   */
  constructor(time: Timeline, seed: number) {
    this.#time = time;
    this.#seed = seed;
  }

  /**
   * Listens.
   *
   * @param program Who accepts.
   * @param address Where.
   * @returns The listener.
   */
  listen(program: Program, address: string): Listener {
    this.#dark.delete(address);
    const listener = new SimulatedListener(program, address, () => {
      if (this.#listeners.get(address) === listener) this.#listeners.delete(address);
    });
    this.#listeners.set(address, listener);
    return listener;
  }

  /**
   * Dials.
   *
   * @param program Who does.
   * @param address Whom.
   * @param signal Ends the attempt.
   * @returns The connection.
   * @throws {TransportError} `unavailable` where nothing listens.
   */
  dial(program: Program, address: string, signal?: AbortSignal): Promise<Connection> {
    const { promise, resolve, reject } = Promise.withResolvers<Connection>();
    const ordinal = this.#dials.get(program.name) ?? 0;
    this.#dials.set(program.name, ordinal + 1);
    const name = `${program.name}#${ordinal}`;
    let cancel = () => {};
    let near: Connection | undefined;
    signal?.addEventListener("abort", () => {
      cancel();
      near?.abort();
      reject(signal.reason);
    }, { once: true });
    const attempt = () => {
      const [listener, isSplit] = [
        this.#listeners.get(address),
        this.#isSplitFrom(program, address),
      ];
      if (isSplit || this.#dark.has(address)) {
        cancel = this.#time.after(DIAL_AGAIN_MS, `${name} dials ${address} again`, attempt);
        return;
      }
      near = listener && this.#connect(name, program, listener);
      cancel = this.#time.after(this.weather.delayMs, `dialled ${address}`, () => {
        this.onDialled();
        if (near === undefined) return reject(refused(address));
        resolve(near);
        near = undefined;
      }, program);
    };
    cancel = this.#time.after(this.weather.delayMs, `${name} dials ${address}`, attempt);
    return promise;
  }

  /** Splits or heals one direction between two programs, told by their names. */
  split(from: string, to: string, isSplit: boolean): void {
    if (isSplit) this.#splits.add(`${from}>${to}`);
    else this.#splits.delete(`${from}>${to}`);
  }

  /**
   * Ends the connections of a program that was killed.
   *
   * @param program The program.
   * @param address Where it listened.
   * @param hasPower Whether its machine goes on, and tells the others.
   */
  killed(program: Program, address: string, hasPower: boolean): void {
    this.#listeners.delete(address);
    if (!hasPower) this.#dark.add(address);
    for (const cable of this.cables) {
      if (cable.near !== program && cable.far !== program) continue;
      const [out, into] = cable.near === program
        ? [cable.there, cable.back]
        : [cable.back, cable.there];
      if (!hasPower) out.isBlackHole = into.isBlackHole = true;
      else if (into.hasUnread) out.reset();
      else out.end();
      into.abandon();
      this.cables.delete(cable);
    }
    for (const end of this.openEnds) if (end.program === program) this.openEnds.delete(end);
  }

  #isSplitFrom(program: Program, address: string): boolean {
    const to = this.#listeners.get(address)?.program.name ?? address;
    return this.#splits.has(`${program.name}>${to}`) || this.#splits.has(`${to}>${program.name}`);
  }

  /** Makes both ends, and gives the near one. */
  #connect(name: string, program: Program, listener: SimulatedListener): Connection {
    const far = listener.program;
    const random = (way: string) => new Random(this.#seed, "channel", name, way);
    const conditions = { ...this.weather };
    const travel = (from: Program, to: Program): Conditions => ({
      get delayMs() {
        return conditions.delayMs;
      },
      get jitterMs() {
        return conditions.jitterMs;
      },
      get pieceBytes() {
        return conditions.pieceBytes;
      },
      get gapMs() {
        return conditions.gapMs;
      },
      isSplit: () => this.#splits.has(`${from.name}>${to.name}`),
    });
    const channel = (arrow: string, writer: Program, reader: Program) =>
      new Channel(
        this.#time,
        random(arrow),
        `${name}${arrow}${far.name}`,
        { reader, writer },
        travel(writer, reader),
      );
    const there = channel(">", program, far);
    const back = channel("<", far, program);
    const cable: Cable = { near: program, far, there, back, conditions };
    this.cables.add(cable);
    const end = (program: Program, into: Channel, out: Channel, address: string) => {
      const open = { program };
      this.openEnds.add(open);
      const close = () => {
        if (into.hasUnread) out.reset();
        else out.end();
        into.abandon();
        this.openEnds.delete(open);
        this.cables.delete(cable);
      };
      return new StreamConnection(
        {
          read: (bytes) => into.read(bytes),
          write: (bytes) => out.write(bytes),
          closeWrite: () => Promise.resolve(out.end()),
          close,
        },
        { transport: "tcp", address },
        SIZES,
      );
    };
    this.#time.after(0, `accepts ${name}`, () => {
      listener.take(end(far, there, back, addressOf(program.name)));
    }, far);
    return end(program, back, there, listener.address);
  }
}

/** A listener whose connections come from the network. */
class SimulatedListener implements Listener {
  readonly #accepted: Connection[] = [];
  readonly #onClose: () => void;
  #wake: (() => void) | undefined;
  #isClosed = false;

  constructor(readonly program: Program, readonly address: string, onClose: () => void) {
    this.#onClose = onClose;
  }

  take(connection: Connection): void {
    if (this.#isClosed) return connection.abort();
    this.#accepted.push(connection);
    this.#wake?.();
  }

  close(): void {
    this.#isClosed = true;
    this.#onClose();
    for (const connection of this.#accepted.splice(0)) connection.abort();
    this.#wake?.();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Connection> {
    while (!this.#isClosed) {
      const connection = this.#accepted.shift();
      if (connection !== undefined) yield connection;
      else await new Promise<void>((resolve) => this.#wake = resolve);
    }
  }
}

function refused(address: string): TransportError {
  return new TransportError("unavailable", `Cannot connect to ${address}: nothing listens there`);
}

/** An address of its own for each program: servers count strangers by it. */
function addressOf(name: string): string {
  const number = [...name].reduce((sum, each) => (sum * 31 + each.charCodeAt(0)) % 65_536, 7);
  return `10.0.${number >> 8}.${number & 255}:${number}`;
}
