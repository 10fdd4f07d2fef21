/**
 * A pipe between two threads.
 *
 * @module
 */

import { limits } from "../../base/limits.ts";
import { PipeCore, type PipeDescriptor, PRESENCE_BYTES } from "./pipe_core.ts";
import { PipeEnd } from "./pipe_end.ts";
import { Ring } from "../ring/ring.ts";
import type { Encoding } from "../ring/value.ts";

/** How a pipe is made. */
export interface PipeOptions {
  /**
   * Room for messages in each direction, rounded up to a power of two.
   *
   * @default {1_048_576}
   */
  capacityBytes?: number;
  /**
   * How values other than `Uint8Array` travel.
   *
   * @default {"json"}
   */
  encoding?: Encoding;
  /**
   * The longest message in bytes; longer than the ring is possible, it goes in pieces.
   *
   * @default {16_777_216}
   */
  maxMessageBytes?: number;
}

/**
 * Makes a pipe.
 *
 * @param options Capacity and encoding.
 * @returns Its two ends. What one sends the other receives, in order; an end that is full waits.
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
 * @example In a worker
 * ```ts ignore
 * const [here, there] = pipe();
 * worker.postMessage(there.transfer());
 * // in the worker: self.onmessage = ({ data }) => { const end = openPipe(data); };
 * ```
 */
export function pipe(options: PipeOptions = {}): [PipeEnd, PipeEnd] {
  const { encoding = "json", maxMessageBytes = limits.maxMessageBytes } = options;
  const capacityBytes = options.capacityBytes ?? limits.ringBytes;
  const buffers = [
    Ring.create({ capacityBytes }).buffer,
    Ring.create({ capacityBytes }).buffer,
    new SharedArrayBuffer(PRESENCE_BYTES),
  ] as const;
  const name = `dari.pipe.${crypto.randomUUID()}`;
  const core = (side: 0 | 1) =>
    new PipeCore({ type: "dari.pipe", name, side, buffers, encoding, maxMessageBytes });
  const [first, second] = [core(0), core(1)];
  [first.twin, second.twin] = [second, first];
  return [new PipeEnd(first), new PipeEnd(second)];
}

/**
 * Opens a pipe end that another thread has posted.
 *
 * @param descriptor What `transfer()` gave.
 * @returns The end.
 * @throws {TypeError} where it is no pipe's descriptor.
 */
export function openPipe(descriptor: PipeDescriptor): PipeEnd {
  if (descriptor?.type !== "dari.pipe") {
    throw new TypeError("This is not a pipe's descriptor; post what transfer() gave");
  }
  const core = new PipeCore(descriptor);
  core.announce();
  return new PipeEnd(core);
}
