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

async function run(task: Task): Promise<void> {
  using reader = openPipe(task.reader);
  using memory = SharedMemory.open(task.name);
  memory.write({ status: "running", count: 42, message: "Hello from writer" });
  await reader.send({ name: task.name.replace(/_\d+$/, ""), written: true });
}

addEventListener("message", (event) => run((event as MessageEvent<Task>).data));
