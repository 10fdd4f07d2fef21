/**
 * A thread of the stress run: sends or receives, by queue or by pipe, until it is told to stop.
 *
 * @module
 */

import { openPipe, pipe, type PipeDescriptor, Queue } from "../../../../lib/ipc/mod.ts";
import { Tally } from "./tally.ts";

/** How many threads send. */
export const SENDERS = 2;

/** What a thread does, the book beside it. */
export type Task =
  & { readonly tally: SharedArrayBuffer }
  & (
    | { readonly role: "put"; readonly sender: number; readonly queue: SharedArrayBuffer }
    | { readonly role: "take"; readonly queue: SharedArrayBuffer }
    | { readonly role: "write"; readonly sender: number }
    | { readonly role: "read"; readonly end: PipeDescriptor }
  );

/** What a thread posts: the far end of its pipe at first, at its end what it has counted. */
export type Report = { readonly end: PipeDescriptor } | { readonly count: number };

/** A message: whose, which, and something to carry. */
interface Message {
  readonly sender: number;
  readonly index: number;
  readonly text: string;
}

/** The part of a worker's scope used here; the library's types are those of the main thread. */
interface Scope {
  onmessage: ((event: MessageEvent<Task>) => void) | null;
  postMessage(report: Report): void;
}

const scope = globalThis as unknown as Scope;
const PIPE_BYTES = 1 << 16;
const TEXT = "x".repeat(100_000);

scope.onmessage = async ({ data: task }) => {
  scope.postMessage({ count: await perform(task, Tally.open(task.tally, SENDERS)) });
};

async function perform(task: Task, book: Tally): Promise<number> {
  switch (task.role) {
    case "put": {
      const queue = Queue.open<Message>(task.queue);
      return await send((message) => queue.put(message), task.sender, book);
    }
    case "take":
      return await receive(Queue.open<Message>(task.queue), book);
    case "write": {
      const [near, far] = pipe({ capacityBytes: PIPE_BYTES });
      scope.postMessage({ end: far.transfer() });
      const count = await send((message) => near.send(message), task.sender, book);
      near.close();
      return count;
    }
    case "read":
      return await receive(openPipe(task.end) as AsyncIterable<Message>, book);
    default:
      return task satisfies never;
  }
}

/** @returns How many messages were sent. */
async function send(
  give: (message: Message) => Promise<void>,
  sender: number,
  book: Tally,
): Promise<number> {
  let index = 0;
  for (; !book.isOver(index); index++) {
    // Short ones mostly, and now and then one that fills much of the memory or goes in pieces.
    const length = index % 1_000 === 0 ? index % TEXT.length : index % 97;
    await give({ sender, index, text: TEXT.slice(0, length) });
  }
  return index;
}

/** @returns How many messages arrived. */
async function receive(way: AsyncIterable<Message>, book: Tally): Promise<number> {
  let count = 0;
  for await (const message of way) {
    book.note(message.sender, message.index);
    count++;
  }
  return count;
}
