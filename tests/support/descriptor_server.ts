/**
 * A server with client certificates for tests of a low limit of open files: its first argument is the
 * directory with its certificates. A line on standard input takes every descriptor that is left, a
 * second one gives them back.
 */
import { serve } from "../../mod.ts";

// The runtime opens files for its first signal listener, and ends the program where there are none.
Deno.addSignalListener("SIGUSR2", () => {});
const directory = Deno.args[0] ?? "";
const read = (name: string) => Deno.readTextFileSync(`${directory}/${name}`);
await using server = await serve({
  listen: ["tls://127.0.0.1:0", `unix:${directory}/socket`],
  methods: { one: () => 1 },
  data: `${directory}/data`,
  tls: { cert: read("server.crt"), key: read("server.key") },
  clientCa: read("ca.crt"),
  log: (line) => console.log(line),
});
console.log(`ready ${server.addresses[0]}`);
const held: Deno.FsFile[] = [];
for await (const _ of Deno.stdin.readable.pipeThrough(new TextDecoderStream())) {
  if (held.length > 0) {
    // Turns of the event loop, in which the listener tries to accept.
    for (let turn = 0; turn < 50; turn++) await new Promise((resolve) => setTimeout(resolve));
    for (const file of held.splice(0)) file.close();
    console.log("given back");
    continue;
  }
  try {
    while (true) held.push(Deno.openSync(`${directory}/ca.crt`));
  } catch {
    console.log("taken");
  }
}
