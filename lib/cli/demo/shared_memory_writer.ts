/**
 * The writer of the scene `shared-memory`, a thread of its own.
 *
 * @module
 */

import type { Language } from "../language/language.ts";
import { openPipe, type PipeDescriptor, SharedMemory } from "../../ipc/mod.ts";

const WRITTEN = {
  en: { status: "running", message: "Hello from the writer" },
  ko: { status: "실행 중", message: "쓰기 쪽이 남긴 인사" },
} as const;

/** What the reader tells it. */
interface Task {
  readonly name: string;
  readonly reader: PipeDescriptor;
  readonly language: Language;
}

async function run(task: Task): Promise<void> {
  using reader = openPipe(task.reader);
  using memory = SharedMemory.open(task.name);
  memory.write({ count: 42, ...WRITTEN[task.language] });
  await reader.send({ name: task.name.replace(/_\d+$/, ""), written: true });
}

addEventListener("message", (event) => run((event as MessageEvent<Task>).data));
