import type { Bus, BusMessage, Subscribing } from "../../lib/cluster/bus/bus.ts";

interface Subscription {
  readonly parts: readonly string[];
  readonly queue: string | undefined;
  readonly listener: (message: BusMessage) => void;
}

/** What several programs of a test have in place of a NATS server. */
export class MemoryHub {
  readonly #subscriptions = new Set<Subscription>();
  /** Whether a message gets lost. */
  loses: (subject: string, data: Uint8Array) => boolean = () => false;
  /** Every message that was published, in order. */
  readonly published: { readonly subject: string; readonly data: Uint8Array }[] = [];

  /** A connection of one program. */
  connect(inbox = "_INBOX.test"): MemoryBus {
    return new MemoryBus(this, inbox);
  }

  subscribe(subscription: Subscription): Disposable {
    this.#subscriptions.add(subscription);
    return { [Symbol.dispose]: () => void this.#subscriptions.delete(subscription) };
  }

  publish(subject: string, data: Uint8Array, reply: string): void {
    this.published.push({ subject, data });
    if (this.loses(subject, data)) return;
    queueMicrotask(() => {
      const parts = subject.split(".");
      const hearing = [...this.#subscriptions].filter((each) => matches(each.parts, parts));
      if (hearing.length === 0 && reply !== "") {
        return this.#deliver(reply, {
          subject: reply,
          data: new Uint8Array(),
          reply: "",
          isNobody: true,
        });
      }
      this.#deliver(subject, { subject, data, reply, isNobody: false });
    });
  }

  /** Of those that share a queue the first one hears it. */
  #deliver(subject: string, message: BusMessage): void {
    const parts = subject.split(".");
    const served = new Set<string>();
    for (const { parts: pattern, queue, listener } of [...this.#subscriptions]) {
      if (!matches(pattern, parts)) continue;
      if (queue !== undefined && served.has(queue)) continue;
      if (queue !== undefined) served.add(queue);
      listener(message);
    }
  }
}

/** One program's connection to a {@linkcode MemoryHub}. */
export class MemoryBus implements Bus {
  maxPayloadBytes = 1024 * 1024;
  isConnected = true;
  isClosed = false;
  /** Subjects that this program may not subscribe to. */
  readonly forbidden: string[] = [];
  readonly inbox: string;
  readonly #hub: MemoryHub;
  readonly #losses = new Set<(reason: string) => void>();
  readonly #denials = new Set<(subject: string) => void>();

  constructor(hub: MemoryHub, inbox: string) {
    this.#hub = hub;
    this.inbox = inbox;
  }

  publish(subject: string, data: Uint8Array, reply = ""): void {
    if (this.forbidden.includes(subject)) {
      return queueMicrotask(() => this.#denials.forEach((listener) => listener(subject)));
    }
    if (this.isConnected) this.#hub.publish(subject, data.slice(), reply);
  }

  subscribe(
    subject: string,
    listener: (message: BusMessage) => void,
    { queue, onRefused }: Subscribing = {},
  ): Disposable {
    if (this.forbidden.includes(subject)) {
      onRefused?.("it is not permitted");
      return { [Symbol.dispose]: () => {} };
    }
    return this.#hub.subscribe({ parts: subject.split("."), queue, listener });
  }

  onLost(listener: (reason: string) => void): Disposable {
    this.#losses.add(listener);
    return { [Symbol.dispose]: () => void this.#losses.delete(listener) };
  }

  onDenied(listener: (subject: string) => void): Disposable {
    this.#denials.add(listener);
    return { [Symbol.dispose]: () => void this.#denials.delete(listener) };
  }

  flush(): Promise<void> {
    return Promise.resolve();
  }

  close(): Promise<void> {
    this.isClosed = true;
    this.isConnected = false;
    return Promise.resolve();
  }

  /** Breaks the way to the hub. */
  lose(reason: string): void {
    this.isConnected = false;
    for (const listener of [...this.#losses]) listener(reason);
  }
}

function matches(pattern: readonly string[], subject: readonly string[]): boolean {
  if (pattern.at(-1) === ">") {
    return subject.length >= pattern.length &&
      matches(pattern.slice(0, -1), subject.slice(0, pattern.length - 1));
  }
  return pattern.length === subject.length &&
    pattern.every((part, at) => part === "*" || part === subject[at]);
}
