import { systemClock } from "../../lib/base/clock.ts";
import type { LogMessage, LogPlace, SharedLog } from "../../lib/cluster/log/log.ts";
import { NotAppended } from "../../lib/cluster/log/log.ts";

/** A message as the log keeps it. */
export interface KeptMessage extends LogMessage {
  readonly place: LogPlace;
}

/** A log in memory, as NATS servers keep one. */
export class MemoryLogHub {
  kept: KeptMessage[] = [];
  sequence = 0;
  /** The log's time. */
  now = () => systemClock.now();
  /** What becomes of what is appended. */
  fate: (place: LogPlace, data: Uint8Array) => "keep" | "lose" | "refuse" = () => "keep";
  /** Whether messages reach those who follow. */
  isDelivering = true;
  readonly #followers = new Set<Follower>();

  /** The way of one program to the log. */
  open(options: { maxMessageBytes?: number } = {}): MemoryLog {
    return new MemoryLog(this, options.maxMessageBytes ?? 64 * 1024);
  }

  /** Puts bytes into the log as a stranger may. */
  put(place: LogPlace, data: Uint8Array): KeptMessage {
    const message = { sequence: ++this.sequence, atMs: this.now(), data: data.slice(), place };
    this.kept.push(message);
    this.wake();
    return message;
  }

  /** A majority of the NATS servers has other bytes under the number of the last message. */
  replaceLast(data: Uint8Array): void {
    this.kept = [...this.kept.slice(0, -1), { ...this.kept.at(-1)!, data }];
  }

  /** The NATS servers forget the last message, and give its number to the next one. */
  forgetLast(): void {
    this.kept = this.kept.slice(0, -1);
    this.sequence--;
  }

  /** Hands out what waits. */
  wake(): void {
    for (const follower of this.#followers) follower.wake();
  }

  follow(follower: Follower): Disposable {
    this.#followers.add(follower);
    queueMicrotask(() => follower.wake());
    return { [Symbol.dispose]: () => void this.#followers.delete(follower) };
  }
}

interface Follower {
  wake(): void;
}

/** A program's way to a {@linkcode MemoryLogHub}. */
export class MemoryLog implements SharedLog {
  readonly hub: MemoryLogHub;
  readonly maxMessageBytes: number;
  /** Whether messages reach this program. */
  isDelivering = true;

  constructor(hub: MemoryLogHub, maxMessageBytes: number) {
    this.hub = hub;
    this.maxMessageBytes = maxMessageBytes;
  }

  async append(place: LogPlace, data: Uint8Array): Promise<void> {
    if (data.length > this.maxMessageBytes) throw new RangeError("The message is too long");
    const fate = this.hub.fate(place, data);
    if (fate === "keep") this.hub.put(place, data);
    await Promise.resolve();
    if (fate === "refuse") throw new NotAppended("nobody leads it");
  }

  follow(after: number, listener: (message: LogMessage) => void | Promise<void>): Disposable {
    let last = after;
    let isOver = false;
    const subscription = this.hub.follow({
      wake: () => {
        if (isOver || !this.isDelivering || !this.hub.isDelivering) return;
        for (const message of this.hub.kept) {
          if (message.sequence <= last || typeof message.place === "object") continue;
          last = message.sequence;
          listener(message);
        }
      },
    });
    return {
      [Symbol.dispose]() {
        isOver = true;
        subscription[Symbol.dispose]();
      },
    };
  }

  async *read(place: Exclude<LogPlace, "live">): AsyncGenerator<LogMessage> {
    await Promise.resolve();
    for (const message of [...this.hub.kept]) {
      if (isSame(place, message.place)) yield message;
    }
  }

  ends(): Promise<{ first: number; last: number }> {
    const { kept, sequence } = this.hub;
    return Promise.resolve({ first: kept[0]?.sequence ?? sequence + 1, last: sequence });
  }

  has({ sequence, data }: LogMessage): Promise<boolean> {
    const { kept } = this.hub;
    const there = kept.find((message) => message.sequence === sequence);
    const isSame = there !== undefined && String(there.data) === String(data);
    return Promise.resolve(isSame || sequence < (kept[0]?.sequence ?? Infinity));
  }

  hasOnlyPieces(after: number, before: number): Promise<boolean> {
    const between = this.hub.kept.filter(({ sequence }) => sequence > after && sequence < before);
    return Promise.resolve(between.every(({ place }) => typeof place === "object"));
  }

  remove(upTo: number): Promise<void> {
    this.hub.kept = this.hub.kept.filter(({ sequence }) => sequence > upTo);
    return Promise.resolve();
  }
}

function isSame(one: LogPlace, other: LogPlace): boolean {
  if (typeof one === "object") return typeof other === "object" && one.snapshot === other.snapshot;
  return one === other;
}
