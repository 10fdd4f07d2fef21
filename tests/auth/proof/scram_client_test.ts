import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { AuthenticationError } from "../../../lib/auth/proof/errors.ts";
import { createScramClient } from "../../../lib/auth/proof/scram_client.ts";
import { scramBinding, scramExchange } from "../../support/identity_scram.ts";

Deno.test("a SCRAM client refuses too few and too many iterations", async () => {
  for (const i of ["1", "4095", "0", "-1", "1e9", "100000000"]) {
    const meddle = (message: string) => message.replace(/,i=\d+$/, `,i=${i}`);
    await assertRejects(() => scramExchange({ meddle }), AuthenticationError, "iterations");
  }
});

Deno.test("createScramClient() escapes the name, and says whether it binds or could bind", () => {
  const first = (options: object) =>
    createScramClient({ username: "a=b,c", password: "pencil", nonce: "N", ...options }).first;
  assertEquals(first({}), "n,,n=a=3Db=2Cc,r=N");
  assertEquals(first({ couldBind: true }), "y,,n=a=3Db=2Cc,r=N");
  assertEquals(
    first({ channelBinding: scramBinding }),
    "p=tls-server-end-point,,n=a=3Db=2Cc,r=N",
  );
});

Deno.test("a SCRAM client refuses a nonce that is not a continuation of its own", async () => {
  for (const r of ["", "N", "M1", "1N"]) {
    const client = createScramClient({ username: "user", password: "pencil", nonce: "N" });
    await assertRejects(
      () => client.answer(`r=${r},s=c2FsdA==,i=4096`),
      AuthenticationError,
      "nonce",
    );
  }
});

Deno.test("a SCRAM client refuses a server that proves nothing", async () => {
  const client = createScramClient({ username: "user", password: "pencil", nonce: "N" });
  const refused = (message: string) =>
    assertThrows(() => client.verify(message), AuthenticationError);
  refused(`v=${btoa("\0".repeat(32))}`);
  await client.answer("r=N1,s=c2FsdA==,i=4096");
  for (const message of ["", "e=other-error", "v=", "v=!", `v=${btoa("\0".repeat(32))}`]) {
    refused(message);
  }
});
