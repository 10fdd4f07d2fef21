/**
 * A pipe between two threads.
 *
 * @module
 */

import { limits } from "../../base/limits.ts";
import { LIVENESS_BYTES, PipeCore, type PipeDescriptor } from "./pipe_core.ts";
import { PipeEnd } from "./pipe_end.ts";
import { Ring } from "../ring/ring.ts";
import type { Encoding } from "../ring/value.ts";

/** How a pipe is made. */
export interface PipeOptions {
  /**
   * Room for messages in each direction, in bytes, rounded up to a power of two.
   *
   * @default {1_048_576}
   */
  capacityBytes?: number;
  /**
   * How values other than `Uint8Array` are encoded.
   *
   * @default {"json"}
   */
  encoding?: Encoding;
  /**
   * The longest message in bytes; one that is longer than the ring is sent in pieces.
   *
   * @default {16_777_216}
   */
  maxMessageBytes?: number;
}

/**
 * Makes a pipe.
 *
 * @param options Capacity and encoding.
 * @returns Its two ends. Each receives what the other sends, in order; a sender waits for room.
 * @throws {RangeError} where the capacity is out of range.
 *
 * @example
 * ```ts
 * import { pipe } from "@dari/dari/ipc";
 * import { assertEquals } from "@std/assert";
 *
 * const [parent, child] = pipe();
 * await parent.send({ hello: "child" });
 * assertEquals(await child.receive(), { hello: "child" });
 * parent.close();
 * assertEquals(await child.receive(), undefined);
 * child.close();
 * ```
 *
 * @example With a worker
 * ```ts
 * import { pipe } from "@dari/dari/ipc";
 * import { assertEquals } from "@std/assert";
 *
 * const code = `
 *   import { openPipe } from "${import.meta.resolve("@dari/dari/ipc")}";
 *   self.onmessage = async ({ data }) => {
 *     using end = openPipe(data);
 *     for await (const value of end) await end.send(value * 2);
 *   };`;
 * const url = `data:text/javascript,${encodeURIComponent(code)}`;
 * const worker = new Worker(url, { type: "module" });
 * const [here, there] = pipe();
 * worker.postMessage(there.transfer());
 * await here.send(21);
 * assertEquals(await here.receive(), 42);
 * here.close();
 * worker.terminate();
 * ```
 */
export function pipe(options: PipeOptions = {}): [PipeEnd, PipeEnd] {
  const { encoding = "json", maxMessageBytes = limits.maxMessageBytes } = options;
  const capacityBytes = options.capacityBytes ?? limits.ringBytes;
  const buffers = [
    Ring.create({ capacityBytes }).buffer,
    Ring.create({ capacityBytes }).buffer,
    new SharedArrayBuffer(LIVENESS_BYTES),
  ] as const;
  const name = `dari.pipe.${crypto.randomUUID()}`;
  const core = (side: 0 | 1) =>
    new PipeCore({ type: "dari.pipe", name, side, buffers, encoding, maxMessageBytes });
  const [first, second] = [core(0), core(1)];
  [first.otherEnd, second.otherEnd] = [second, first];
  return [new PipeEnd(first), new PipeEnd(second)];
}

/**
 * Opens a pipe end that another thread has posted.
 *
 * @param descriptor What `transfer()` returned there; open it once.
 * @returns The end.
 * @throws {TypeError} where it is not a descriptor of a pipe.
 *
 * @example
 * ```ts
 * import { openPipe, pipe } from "@dari/dari/ipc";
 * import { assertEquals } from "@std/assert";
 *
 * const [here, there] = pipe();
 * const descriptor = there.transfer(); // post it to a worker, and open it there
 * using end = openPipe(descriptor);
 * await here.send("hello");
 * assertEquals(await end.receive(), "hello");
 * here.close();
 * ```
 */
export function openPipe(descriptor: PipeDescriptor): PipeEnd {
  if (descriptor?.type !== "dari.pipe") {
    throw new TypeError("This is not the descriptor of a pipe; post what transfer() returned");
  }
  const core = new PipeCore(descriptor);
  core.startLifeline();
  return new PipeEnd(core);
}
