/**
 * The child of the scene `pipe`, a thread of its own.
 *
 * @module
 */

import { openPipe, type PipeDescriptor } from "../../ipc/mod.ts";

async function run(descriptor: PipeDescriptor): Promise<void> {
  using parent = openPipe(descriptor);
  await parent.send(await parent.receive());
  await parent.send("자식이 보낸 메시지");
}

addEventListener("message", (event) => run((event as MessageEvent<PipeDescriptor>).data));
