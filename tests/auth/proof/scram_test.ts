import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { decodeBase64 } from "@std/encoding/base64";
import {
  AuthenticationError,
  type ChannelBinding,
  createScramClient,
  createScramServer,
  createScramVerifier,
  parseClientFirst,
} from "../../../lib/auth/mod.ts";
import { DariError } from "../../../lib/base/errors.ts";

const verifier = await createScramVerifier("pencil", {
  iterations: 4_096,
  random: () => decodeBase64("W22ZaJ0SNY7soEsUEjb6gQ=="),
});
const binding: ChannelBinding = { type: "tls-server-end-point", data: new Uint8Array(32).fill(7) };

/** Runs an exchange, with a hand in between. */
async function exchange(options: {
  password?: string;
  client?: ChannelBinding;
  server?: readonly ChannelBinding[];
  couldBind?: boolean;
  meddle?: (message: string) => string;
}): Promise<void> {
  const { password = "pencil", meddle = (message) => message } = options;
  const client = createScramClient({
    username: "us=er,",
    password,
    channelBinding: options.client,
    couldBind: options.couldBind ?? false,
  });
  const first = parseClientFirst(meddle(client.first));
  const server = createScramServer(first, { verifier, channelBindings: options.server ?? [] });
  const answer = await client.answer(meddle(server.first));
  client.verify(meddle(server.finish(meddle(answer))));
}

Deno.test("SCRAM-SHA-256 gives RFC 7677's exchange, section 3", async () => {
  const client = createScramClient({
    username: "user",
    password: "pencil",
    nonce: "rOprNGfwEbeRWgbNEkqO",
  });
  assertEquals(client.first, "n,,n=user,r=rOprNGfwEbeRWgbNEkqO");
  const server = createScramServer(parseClientFirst(client.first), {
    verifier,
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
  const last = server.finish(final);
  assertEquals(last, "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=");
  client.verify(last);
});

Deno.test("SCRAM signs in with and without a channel binding, and with an odd name", async () => {
  await exchange({});
  await exchange({ client: binding, server: [binding] });
  await exchange({ server: [binding] });
});

Deno.test("SCRAM refuses a wrong password, and another connection's binding", async () => {
  await assertRejects(() => exchange({ password: "pencil2" }), AuthenticationError);
  const other = { ...binding, data: new Uint8Array(32).fill(8) };
  await assertRejects(
    () => exchange({ client: binding, server: [other] }),
    AuthenticationError,
  );
  await assertRejects(
    () => exchange({ client: binding }),
    DariError,
    "no channel binding",
  );
});

Deno.test("SCRAM refuses a client that somebody in between talked out of binding", async () => {
  await exchange({ couldBind: true });
  await assertRejects(
    () => exchange({ server: [binding], couldBind: true }),
    AuthenticationError,
    "did not bind",
  );
  const hide = (message: string) => message.replace(/^y,,/, "n,,").replace(/^c=eSws/, "c=biws");
  await assertRejects(
    () => exchange({ server: [binding], couldBind: true, meddle: hide }),
    AuthenticationError,
    "proof",
  );
});

Deno.test("SCRAM refuses every message with a flipped character", async () => {
  const flip = (pattern: RegExp) => (message: string) =>
    message.replace(pattern, (found) => found.slice(0, -1) + (found.endsWith("A") ? "B" : "A"));
  for (const pattern of [/,p=.{10}/, /^v=.{10}/, /^c=.{3}/, /^r=.{10}/, /s=.{5}/]) {
    await assertRejects(() => exchange({ meddle: flip(pattern) }), AuthenticationError);
  }
});

Deno.test("a SCRAM client refuses iterations that help an impostor or stop it", async () => {
  for (const i of ["1", "4095", "0", "-1", "1e9", "100000000"]) {
    const meddle = (message: string) => message.replace(/,i=\d+$/, `,i=${i}`);
    await assertRejects(() => exchange({ meddle }), AuthenticationError, "iterations");
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

Deno.test("a verifier does not hold the salted password, and no two have the same salt", async () => {
  const [one, two] = [
    await createScramVerifier("pencil", { iterations: 4_096 }),
    await createScramVerifier("pencil", { iterations: 4_096 }),
  ];
  assert(one.salt !== two.salt && one.storedKey !== two.storedKey);
  assertEquals(Object.keys(one).sort(), ["iterations", "salt", "serverKey", "storedKey"]);
});
