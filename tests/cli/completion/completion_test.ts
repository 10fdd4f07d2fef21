import { assertEquals } from "@std/assert";
import { complete, type Offer } from "../../../lib/cli/completion/completion.ts";
import { commands } from "../../../lib/cli/table.ts";

/** What is offered for the last word of a line; a line that ends with a space has an empty one. */
async function offered(line: string): Promise<Offer | string[]> {
  const offer = await complete(line.split(" "), commands);
  return offer.kind === "words" ? offer.candidates.map(({ word }) => word) : offer;
}

Deno.test("complete() offers commands, nouns once, and then their verbs", async () => {
  assertEquals(await offered("ser"), ["serve", "service"]);
  assertEquals(await offered("us"), ["use", "user"]);
  assertEquals(await offered("key "), ["create", "list", "rotate", "revoke"]);
  assertEquals(await offered("cert in"), ["init", "inspect"]);
  assertEquals(await offered("--"), ["--help", "--version"]);
  assertEquals(await offered("frob x"), []);
});

Deno.test("complete() tells what commands and options mean", async () => {
  const [call] = (await complete(["call"], commands) as Offer & { kind: "words" }).candidates;
  assertEquals(call, { word: "call", meaning: "Call a method and print its result" });
  const all = await complete(["bench", "--t"], commands);
  assertEquals(all, {
    kind: "words",
    candidates: [{ word: "--time", meaning: "how long to measure each figure" }],
  });
});

Deno.test("complete() offers the options of each command that were not given yet", async () => {
  assertEquals(await offered("user passwd alice --"), [
    "--password-stdin",
    "--password-file",
    "--data",
    "--json",
    "--help",
  ]);
  assertEquals(await offered("user passwd alice --password-stdin --pass"), ["--password-file"]);
  assertEquals(await offered("cert issue a --permit x --pe"), []);
  assertEquals(await offered("cert init --permit x --pe"), ["--permit"]);
  assertEquals(await offered("bench "), ["--time", "--json", "--help"]);
});

Deno.test("complete() offers values by the type of the option", async () => {
  assertEquals(await offered("cert issue a --algorithm rsa"), ["rsa-2048", "rsa-3072"]);
  assertEquals(await offered("serve --tls-min "), ["1.2", "1.3"]);
  assertEquals(await offered("serve --cert "), { kind: "file" });
  assertEquals(await offered("serve --data ./d"), { kind: "directory" });
  assertEquals(await offered("serve --workers "), []);
});

Deno.test("complete() offers values that are attached to their option, whole or split by bash", async () => {
  assertEquals(await offered("cert list --state=re"), ["--state=renewed", "--state=revoked"]);
  assertEquals(await offered("cert list --state = re"), ["renewed", "revoked"]);
  assertEquals(await offered("cert list --purpose ="), ["server", "client", "authority"]);
  assertEquals(await offered("cert list --state = valid --purpose = cl"), ["client"]);
});

Deno.test("complete() offers operands by their type and place", async () => {
  assertEquals(await offered("demo r"), ["rpc", "rsa"]);
  assertEquals(await offered("demo rpc "), ["--json", "--help"]);
  assertEquals(await offered("serve ./m"), { kind: "file" });
  assertEquals(await offered("cert verify a.crt --ca ca.crt "), [
    "--untrusted",
    "--name",
    "--purpose",
    "--time",
    "--crl",
    "--data",
    "--json",
    "--help",
  ]);
});

Deno.test("complete() asks for methods with the options of the line", async () => {
  assertEquals(await offered("call ad"), {
    kind: "method",
    prefix: "ad",
    options: [],
    operands: [],
  });
  assertEquals(await offered("call --to localhost:1 --insecure "), {
    kind: "method",
    prefix: "",
    options: ["--to", "localhost:1", "--insecure"],
    operands: [],
  });
  assertEquals(await offered("explain alice "), {
    kind: "method",
    prefix: "",
    options: [],
    operands: ["alice"],
  });
});

Deno.test("complete() offers no option behind --", async () => {
  assertEquals(await offered("bench -- --"), []);
  assertEquals(await offered("service install -- --li"), []);
});

Deno.test("complete() is not misled by names that every object has", async () => {
  assertEquals(await offered("constructor "), []);
  assertEquals(await offered("bench --constructor "), ["--time", "--json", "--help"]);
});
