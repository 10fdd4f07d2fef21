/**
 * The other thread of the contestants that need one: it plays the part that it is told.
 *
 * @module
 */

import { openPipe, type PipeDescriptor, Queue, Ring } from "../../../lib/ipc/mod.ts";

/** What a worker is told at its start. */
export type Part =
  | { readonly play: "echo a pipe" | "flood a pipe"; readonly end: PipeDescriptor }
  | { readonly play: "fill a queue"; readonly buffer: SharedArrayBuffer; readonly bytes: boolean }
  | { readonly play: "fill a ring"; readonly buffer: SharedArrayBuffer }
  | { readonly play: "echo messages" }
  | { readonly play: "flood messages"; readonly stop: SharedArrayBuffer };

/** The message of the one-way rounds. */
const MESSAGE = new Uint8Array(100);

/** The part of a worker's scope used here; the library's types are those of the main thread. */
interface Scope {
  onmessage: ((event: MessageEvent) => void) | null;
  postMessage(message: unknown): void;
}

const scope = globalThis as unknown as Scope;

scope.onmessage = ({ data }) => {
  scope.postMessage("ready");
  play(data);
};

function play(part: Part): Promise<void> | void {
  switch (part.play) {
    case "echo a pipe":
      return echoPipe(part.end);
    case "flood a pipe":
      return floodPipe(part.end);
    case "fill a queue":
      return fillQueue(Queue.open(part.buffer), part.bytes ? MESSAGE : { id: 7, value: "data" });
    case "fill a ring":
      return fillRing(Ring.open(part.buffer));
    case "echo messages":
      scope.onmessage = ({ data }) => scope.postMessage(data);
      return;
    case "flood messages":
      return floodMessages(new Int32Array(part.stop));
    default:
      return part satisfies never;
  }
}

async function echoPipe(descriptor: PipeDescriptor): Promise<void> {
  const end = openPipe(descriptor);
  for await (const value of end) await end.send(value);
}

async function floodPipe(descriptor: PipeDescriptor): Promise<void> {
  const end = openPipe(descriptor);
  while (true) await end.send(MESSAGE);
}

async function fillQueue(queue: Queue, value: unknown): Promise<void> {
  while (true) if (!queue.tryPut(value)) await queue.put(value);
}

async function fillRing(ring: Ring): Promise<void> {
  while (true) if (!ring.tryWrite(MESSAGE)) await ring.write(MESSAGE);
}

function floodMessages(stop: Int32Array): void {
  while (Atomics.load(stop, 0) === 0) scope.postMessage(MESSAGE);
}
