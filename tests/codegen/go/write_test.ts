// Clients in Go: formatted, vetted, called against a live server, and held to the wire.

import { assert, assertEquals } from "@std/assert";
import {
  clientFolder,
  conform,
  run,
  seenOfGateway,
  seenOfShop,
  visitShop,
} from "../../support/generated_client.ts";
import { goEnvironment, hasGo } from "../../support/go.ts";

/** A client of the shop, compiled with a program of this folder. */
async function compiled(program: string) {
  const client = await clientFolder("go", "shop.go");
  await Deno.copyFile(new URL(program, import.meta.url), `${client.path}/program.go`);
  const options = { cwd: client.path, env: goEnvironment };
  await run("go", ["build", "-o", "program", "shop.go", "program.go"], options);
  return { ...client, program: `${client.path}/program` };
}

Deno.test({
  name:
    "a client in Go calls everything of a server: values, errors, streams, sign-in, by WebSocket as well",
  ignore: !hasGo,
  async fn() {
    await using client = await compiled("./shop_program.go");
    const seen = await visitShop((told) => run(client.program, [told]));
    assertEquals(seen, [...seenOfShop, ...seenOfGateway]);
  },
});

Deno.test({
  name: "a client in Go is formatted, and go vet finds nothing",
  ignore: !hasGo,
  async fn() {
    await using client = await clientFolder("go", "shop.go", undefined, "shop");
    assertEquals(await run("gofmt", ["-l", client.file]), "");
    await run("go", ["vet", client.file], { env: goEnvironment });
  },
});

Deno.test({
  name: "a client in Go passes the cases of plain dari/1 for clients",
  ignore: !hasGo,
  async fn() {
    await using client = await compiled("./conformance_client.go");
    const { passed, others } = await conform(client.program, []);
    assertEquals(others, []);
    assert(passed > 50, `${passed} passed`);
  },
});
