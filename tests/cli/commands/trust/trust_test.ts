import { assertEquals, assertStringIncludes } from "@std/assert";
import { startServer } from "../../../support/dari_server.ts";
import { dari, done } from "../../../support/dari_command.ts";
import { tempDirectory } from "../../../support/temp.ts";
import { fingerprintIn, trustingUser } from "../../../support/trusting_user.ts";

const add = ["call", "add", "a=10", "b=20"];

async function placeOf({ tls, data }: { readonly tls: string; readonly data: string }) {
  return { at: tls.replace("tls://", ""), fingerprint: await fingerprintIn(data) };
}

Deno.test("dari trust makes calls work without --ca, and lists, and forgets", async () => {
  await using server = await startServer();
  await using user = await trustingUser();
  const { at, fingerprint } = await placeOf(server);
  assertEquals((await user.dari([...add, "--to", at])).code, 69);
  const shouted = fingerprint.toUpperCase().match(/../g)!.join(":");
  assertEquals(
    await user.dari(["trust", at, "--fingerprint", shouted]),
    done(`${at} is trusted: its authority has this fingerprint`),
  );
  assertEquals(await user.dari([...add, "--to", at]), done("30"));
  assertEquals(await user.dari(["trust"]), done(`${at}  ${fingerprint}`));
  const json = await user.dari(["trust", "--json"]);
  assertEquals(JSON.parse(json.out), [{ server: at, fingerprints: [fingerprint] }]);
  assertEquals(
    await user.dari(["trust", at, "--forget"]),
    done(`${at} is not trusted any more`),
  );
  assertEquals((await user.dari([...add, "--to", at])).code, 69);
  assertEquals((await user.dari(["trust", at, "--forget"])).code, 65);
});

Deno.test("dari trust needs no client certificate, also where the server asks for one", async () => {
  await using directory = await tempDirectory();
  await dari(["cert", "init", "--data", `${directory.path}/clients`]);
  await using server = await startServer("--client-ca", `${directory.path}/clients/ca.crt`);
  await using user = await trustingUser();
  const { at, fingerprint } = await placeOf(server);
  assertEquals((await user.dari(["trust", at, "--fingerprint", fingerprint])).err, "");
  const issued = ["worker.internal", "--client", "--out", `${directory.path}/worker`];
  await dari(["cert", "issue", ...issued, "--data", `${directory.path}/clients`]);
  const [cert, key] = ["crt", "key"].map((end) => `${directory.path}/worker.${end}`);
  const call = [...add, "--to", at, "--cert", cert!, "--key", key!];
  assertEquals(await user.dari(call), done("30"));
});

Deno.test("dari trust trusts no server whose authority has another fingerprint", async () => {
  await using server = await startServer();
  await using user = await trustingUser();
  const { at, fingerprint } = await placeOf(server);
  const other = (fingerprint.startsWith("0") ? "1" : "0") + fingerprint.slice(1);
  const { code, err } = await user.dari(["trust", at, "--fingerprint", other]);
  assertEquals(code, 77);
  assertStringIncludes(err, `The server at ${at} has no authority with this fingerprint`);
  assertEquals(await user.dari(["trust"]), done(""));
});

Deno.test("trust in a server counts for its host and port alone", async () => {
  await using server = await startServer("--listen", "tls://localhost:0");
  await using user = await trustingUser();
  const fingerprint = await fingerprintIn(server.data);
  const [one = "", other = ""] = server.out.match(/tls:\S+/g) ?? [];
  await user.dari(["trust", one, "--fingerprint", fingerprint]);
  assertEquals(await user.dari([...add, "--to", one]), done("30"));
  const { code, err } = await user.dari([...add, "--to", other]);
  assertEquals(code, 69);
  assertStringIncludes(err, "authority that is not trusted here");
});

Deno.test("a server that is trusted by fingerprint is told from one that took its place", async () => {
  await using user = await trustingUser();
  let at = "";
  {
    await using server = await startServer();
    const { fingerprint, ...place } = await placeOf(server);
    at = place.at;
    await user.dari(["trust", at, "--fingerprint", fingerprint]);
  }
  await using _impostor = await startServer("--listen", `tls://${at}`);
  const { code, err } = await user.dari([...add, "--to", at]);
  assertEquals(code, 69);
  assertStringIncludes(err, `${at} is trusted here by the fingerprint`);
  assertStringIncludes(err, "if its authority was replaced, trust the new one (dari trust)");
});

Deno.test("dari trust says what is missing, and what cannot be trusted so", async () => {
  await using user = await trustingUser();
  const hex = "0".repeat(64);
  const cases: [words: string[], message: string][] = [
    [["box:1"], "Missing --fingerprint HEX; for instance: dari trust"],
    [["--fingerprint", hex], "Missing HOST:PORT; for instance: dari trust"],
    [["--forget"], "Missing HOST:PORT"],
    [["--install"], "Missing HOST:PORT"],
    [["box:1", "--install"], "Missing --fingerprint HEX"],
    [["box:1", "--install", "--uninstall"], "exclude each other"],
    [["box:1", "--fingerprint", "ab"], "a fingerprint of 64 hexadecimal digits"],
    [["unix:/s", "--fingerprint", hex], "Only servers with TLS"],
    [["box:1", "--fingerprint", hex, "--forget"], "exclude each other"],
  ];
  for (const [words, message] of cases) {
    const { code, err } = await user.dari(["trust", ...words]);
    assertEquals(code, 64, message);
    assertStringIncludes(err, message);
  }
});
