/**
 * The producer of the scene `queue`, a thread of its own.
 *
 * @module
 */

import { Queue } from "../../ipc/mod.ts";
import type { Language } from "../language/language.ts";
import type { Item } from "./queue.ts";

const WORD = { en: "item", ko: "데이터" } as const;

/** What the consumer tells it. */
interface Task {
  readonly buffer: SharedArrayBuffer;
  readonly language: Language;
}

async function run({ buffer, language }: Task): Promise<void> {
  const queue = Queue.open<Item>(buffer);
  for (let id = 0; id < 5; id++) await queue.put({ id, value: `${WORD[language]}-${id}` });
  queue.close();
}

addEventListener("message", (event) => run((event as MessageEvent<Task>).data));
