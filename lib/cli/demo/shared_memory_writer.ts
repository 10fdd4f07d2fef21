/**
 * The writer of the scene `shared-memory`, a thread of its own.
 *
 * @module
 */

import { openPipe, type PipeDescriptor, SharedMemory } from "../../ipc/mod.ts";

/** What the reader tells it. */
interface Task {
  readonly name: string;
  readonly reader: PipeDescriptor;
}

globalThis.onmessage = async ({ data }: MessageEvent<Task>) => {
  using reader = openPipe(data.reader);
  using memory = SharedMemory.open(data.name);
  memory.write({ status: "running", count: 42, message: "Hello from writer" });
  await reader.send({ name: data.name.replace(/_\d+$/, ""), written: true });
};
