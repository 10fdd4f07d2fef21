import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { AuthenticationError } from "../../../lib/auth/proof/errors.ts";
import { createScramClient } from "../../../lib/auth/proof/scram_client.ts";
import { createScramServer, parseClientFirst } from "../../../lib/auth/proof/scram_server.ts";
import { DariError } from "../../../lib/base/errors.ts";
import { pencilVerifier, scramBinding, scramExchange } from "../../support/identity_scram.ts";

Deno.test("SCRAM-SHA-256 gives RFC 7677's exchange, section 3", async () => {
  const client = createScramClient({
    username: "user",
    password: "pencil",
    nonce: "rOprNGfwEbeRWgbNEkqO",
  });
  assertEquals(client.first, "n,,n=user,r=rOprNGfwEbeRWgbNEkqO");
  const server = createScramServer(parseClientFirst(client.first), {
    verifier: pencilVerifier,
    nonce: "%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0",
  });
  assertEquals(
    server.first,
    "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096",
  );
  const final = await client.answer(server.first);
  assertEquals(
    final,
    "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0," +
      "p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=",
  );
  const last = await server.finish(final);
  assertEquals(last, "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=");
  client.verify(last);
});

Deno.test("SCRAM signs in with and without a channel binding, and with an odd name", async () => {
  await scramExchange({});
  await scramExchange({ client: scramBinding, server: [scramBinding] });
  await scramExchange({ server: [scramBinding] });
});

Deno.test("SCRAM refuses a wrong password, and another connection's binding", async () => {
  await assertRejects(() => scramExchange({ password: "pencil2" }), AuthenticationError);
  const other = { ...scramBinding, data: new Uint8Array(32).fill(8) };
  await assertRejects(
    () => scramExchange({ client: scramBinding, server: [other] }),
    AuthenticationError,
  );
  await assertRejects(
    () => scramExchange({ client: scramBinding }),
    DariError,
    "no channel binding",
  );
});

Deno.test("SCRAM refuses a client from which somebody in between hid the binding", async () => {
  await scramExchange({ couldBind: true });
  await assertRejects(
    () => scramExchange({ server: [scramBinding], couldBind: true }),
    AuthenticationError,
    "did not bind",
  );
  const hide = (message: string) => message.replace(/^y,,/, "n,,").replace(/^c=eSws/, "c=biws");
  await assertRejects(
    () => scramExchange({ server: [scramBinding], couldBind: true, meddle: hide }),
    AuthenticationError,
    "proof",
  );
});

Deno.test("SCRAM refuses every message with a flipped character", async () => {
  const flip = (pattern: RegExp) => (message: string) =>
    message.replace(pattern, (found) => found.slice(0, -1) + (found.endsWith("A") ? "B" : "A"));
  for (const pattern of [/,p=.{10}/, /^v=.{10}/, /^c=.{3}/, /^r=.{10}/, /s=.{5}/]) {
    await assertRejects(() => scramExchange({ meddle: flip(pattern) }), AuthenticationError);
  }
});

Deno.test("parseClientFirst() refuses what is not a first message", () => {
  for (
    const message of [
      "",
      "n",
      "n,,",
      "x,,n=a,r=b",
      "n,,r=b,n=a",
      "n,,n=a,r=",
      "n,a=bob,n=a,r=b",
      "n,,n=a=b,r=c",
      "p=,,n=a,r=b",
    ]
  ) assertThrows(() => parseClientFirst(message), AuthenticationError);
  assertEquals(parseClientFirst("n,a=a,n=a,r=b").name, "a");
});
