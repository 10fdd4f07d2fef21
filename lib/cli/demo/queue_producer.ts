/**
 * The producer of the scene `queue`, a thread of its own.
 *
 * @module
 */

import { Queue } from "../../ipc/mod.ts";
import type { Item } from "./queue.ts";

async function run(buffer: SharedArrayBuffer): Promise<void> {
  const queue = Queue.open<Item>(buffer);
  for (let id = 0; id < 5; id++) await queue.put({ id, value: `데이터-${id}` });
  queue.close();
}

addEventListener("message", (event) => run((event as MessageEvent<SharedArrayBuffer>).data));
