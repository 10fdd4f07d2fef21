/**
 * The producer of the scene `queue`, a thread of its own.
 *
 * @module
 */

import { Queue } from "../../ipc/mod.ts";
import type { Item } from "./queue.ts";

globalThis.onmessage = async ({ data }: MessageEvent<SharedArrayBuffer>) => {
  const queue = Queue.open<Item>(data);
  for (let id = 0; id < 5; id++) await queue.put({ id, value: `데이터-${id}` });
  queue.close();
};
