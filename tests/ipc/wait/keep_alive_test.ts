import { assertEquals } from "@std/assert";

for (const [state, exits] of [["waits", false], ["is done", true]] as const) {
  Deno.test(`a program that ${state} ${exits ? "ends" : "is kept alive by its wait"}`, async () => {
    const code = `import { Queue } from "${new URL("../../../lib/ipc/mod.ts", import.meta.url)}";
      const queue = Queue.create();
      const got = queue.get();
      setTimeout(() => queue.put("woken"), 10);
      console.log(await got);
      ${exits ? "" : 'setTimeout(() => queue.put("again"), 10); console.log(await queue.get());'}`;
    const { stdout, success } = await new Deno.Command(Deno.execPath(), {
      args: ["eval", "--no-check", code],
      signal: AbortSignal.timeout(10_000),
    }).output();
    assertEquals(success, true);
    assertEquals(new TextDecoder().decode(stdout), exits ? "woken\n" : "woken\nagain\n");
  });
}
