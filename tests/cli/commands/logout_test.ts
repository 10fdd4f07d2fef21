import { assert, assertEquals } from "@std/assert";
import { PASSWORD, startAccountServer } from "../../support/account_server.ts";
import { dari, done, failed } from "../../support/dari_command.ts";

Deno.test("dari user passwd ends the session, which dari logout then forgets", async () => {
  await using server = await startAccountServer();
  await server.there(["login", "alice", "--password-stdin"], PASSWORD);
  const cut = server.there(["call", "hang"]);
  const changed = await server.here(
    ["user", "passwd", "alice", "--password-stdin"],
    "a new password of hers",
  );
  assertEquals(changed, done("changed the password of alice"));
  // The server learns of it within a second; from then on the call is cut, or never let in.
  assert([69, 77].includes((await cut).code));
  const refused = await server.there(["call", "who"]);
  assertEquals([refused.out, refused.code], ["", 77]);
  assertEquals(await server.there(["logout"]), done(`signed out of ${server.address}`));
  assertEquals((await server.there(["login", "alice", "--password-stdin"], PASSWORD)).code, 77);
});

Deno.test("dari logout prints where it signed out as JSON", async () => {
  await using server = await startAccountServer();
  await server.there(["login", "alice", "--password-stdin"], PASSWORD);
  assertEquals(
    await server.there(["logout", "--json"]),
    done(JSON.stringify({ signedOut: server.address })),
  );
});

Deno.test("dari logout wants to know from which server", async () => {
  assertEquals(
    await dari(["logout"]),
    failed(64, "Missing --to ADDRESS: name the server here, or with dari use HOST"),
  );
});
