/**
 * The child of the scene `pipe`, a thread of its own.
 *
 * @module
 */

import { openPipe, type PipeDescriptor } from "../../ipc/mod.ts";

globalThis.onmessage = async ({ data }: MessageEvent<PipeDescriptor>) => {
  using parent = openPipe(data);
  await parent.send(await parent.receive());
  await parent.send("자식이 보낸 메시지");
};
