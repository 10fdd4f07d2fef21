/** Listens on descriptor 3, uses up all other descriptors, and frees them at the end of its input. */
import { PassedServer } from "../../lib/transport/passed/passed_server.ts";

// What the runtime opens at first use, before there is nothing left to open.
Deno.addSignalListener("SIGHUP", () => {});
await Deno.stat(Deno.args[0]!);
const server = await PassedServer.open({ fd: 3, name: "web" });
server.accept({
  maxConnections: 10,
  onSocket: (socket) => socket.end("served\n"),
  onDropped: () => {},
  tell: (line) => console.log(line),
});
const held: Deno.FsFile[] = [];
try {
  while (true) held.push(Deno.openSync(Deno.args[0]!));
} catch {
  console.log(`port ${server.at?.port}`);
}
for await (const _ of Deno.stdin.readable);
// Turns of the loop, in which the runtime tries to accept the client and cannot.
for (let turn = 0; turn < 50; turn++) await new Promise((resolve) => setTimeout(resolve));
for (const file of held) file.close();
