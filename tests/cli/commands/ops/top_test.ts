import { assertEquals, assertMatch } from "@std/assert";
import { deadline } from "../../../../lib/base/abort.ts";
import { main } from "../../../../lib/cli/main.ts";
import { commands } from "../../../../lib/cli/table.ts";
import type { Line } from "../../../../lib/cli/app/line.ts";
import { createIo, dari } from "../../../support/dari_command.ts";
import { startServer } from "../../../support/dari_server.ts";

Deno.test("dari top writes pages where there is no terminal, and one value with --json", async () => {
  await using server = await startServer();
  const on = ["--data", server.data, "--interval", "100ms"];
  const { out, code } = await dari(["top", "--count", "2", ...on]);
  assertEquals([code, out.match(/^dari top {2}unix:/gm)?.length], [0, 2]);
  assertMatch(out, /^rpc\.metrics +\d/m);
  const rates = JSON.parse((await dari(["top", "--json", ...on])).out);
  assertEquals([rates.connections, rates.pool], [{ unix: 1 }, null]);
});

for (const key of ["q", "\x03", null]) {
  Deno.test(`dari top gives the terminal back after ${JSON.stringify(key)}`, async () => {
    await using server = await startServer();
    const shown = Promise.withResolvers<void>();
    const pages: (readonly Line[])[] = [];
    let isOpen = true;
    const io = createIo();
    const screen = () => ({
      size: () => ({ columns: 80, rows: 24 }),
      show(lines: readonly Line[]) {
        pages.push(lines);
        if (pages.length === 2) shown.resolve();
      },
      async key() {
        await shown.promise;
        return key;
      },
      [Symbol.dispose]: () => void (isOpen = false),
    });
    const words = ["top", "--data", server.data, "--interval", "100ms"];
    const ended = main(words, commands, Object.assign(Object.create(io), { screen }));
    assertEquals(await deadline(ended, 20_000), 0);
    assertEquals([pages[0], isOpen], [["looking …"], false]);
  });
}

Deno.test("dari top needs a right to rpc.metrics", async () => {
  await using server = await startServer();
  const caFile = `${server.data}/ca.crt`;
  const { code, err } = await dari(["top", "--to", server.tls, "--ca", caFile]);
  assertEquals(code, 77);
  assertMatch(err, /Sign in to call "rpc\.metrics"/);
});
