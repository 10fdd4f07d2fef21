import { assertRejects } from "@std/assert";
import { DariError, type ErrorCode } from "../../lib/base/errors.ts";
import { WorkerPool, type WorkerPoolOptions } from "../../lib/ipc/mod.ts";

/** Starts a pool of one worker with the methods of `pool_methods.ts`. */
export function startPool(options: Partial<WorkerPoolOptions> = {}): WorkerPool {
  const module = new URL("pool_methods.ts", import.meta.url);
  return new WorkerPool({ module, workers: 1, ...options });
}

/** The code of the error that a call rejects with. */
export async function codeOf(call: Promise<unknown>): Promise<ErrorCode> {
  return (await assertRejects(() => call, DariError)).code;
}

/** A channel on which a method of `pool_methods.ts` reports its progress. */
export class Told implements Disposable {
  readonly #receiver: BroadcastChannel;
  readonly #heard: string[] = [];
  #wake: () => void = () => {};
  /** Its name, which is passed to the method. */
  readonly channel = crypto.randomUUID();

  constructor() {
    this.#receiver = new BroadcastChannel(this.channel);
    this.#receiver.onmessage = ({ data }) => {
      this.#heard.push(data);
      this.#wake();
    };
  }

  /** Waits until the method has reported this. */
  async hear(what: string): Promise<void> {
    while (!this.#heard.includes(what)) {
      await new Promise<void>((resolve) => this.#wake = resolve);
    }
  }

  /** It is params of a call as it stands. */
  toJSON(): { channel: string } {
    return { channel: this.channel };
  }

  [Symbol.dispose](): void {
    this.#receiver.close();
  }
}
