import { assertEquals } from "@std/assert";
import { keepProgramAlive } from "../../../lib/ipc/pool/worker_reference.ts";

const url = new URL("../../../lib/ipc/pool/worker_reference.ts", import.meta.url);

for (const [isKept, ending] of [[false, "ends"], [true, "goes on"]] as const) {
  Deno.test(`a program whose worker is ${isKept ? "" : "not "}kept ${ending}`, async () => {
    const code = `
      import { keepProgramAlive } from "${url}";
      const worker = new Worker("data:text/javascript,setTimeout(() => postMessage(1), 50)", { type: "module" });
      keepProgramAlive(worker, false);
      if (${isKept}) keepProgramAlive(worker, true);
      worker.onmessage = () => {
        console.log("heard");
        if (${isKept}) worker.terminate();
      };`;
    const { success, stdout } = await new Deno.Command(Deno.execPath(), {
      args: ["eval", "--no-check", code],
      signal: AbortSignal.timeout(20_000),
    }).output();
    assertEquals(success, true);
    if (isKept) assertEquals(new TextDecoder().decode(stdout), "heard\n");
  });
}

Deno.test("what is no worker of the runtime is left alone", () => {
  keepProgramAlive({}, false);
});
