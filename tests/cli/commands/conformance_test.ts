import { assertEquals, assertStringIncludes } from "@std/assert";
import { dari } from "../../support/dari_command.ts";
import { startServer } from "../../support/dari_server.ts";

Deno.test("dari conformance finds that dari conforms, over TLS and its socket", async () => {
  await using server = await startServer();
  const places = [
    [server.tls, "--ca", `${server.data}/ca.crt`, "--level", "streams"],
    [`unix:${server.data}/dari.sock`],
  ];
  // The sample methods have none whose errors are declared (3 cases), and no jobs (30).
  for (const [at, skipped] of [0, 33].entries()) {
    const { out, code } = await dari(["conformance", ...places[at]!]);
    const summary = out.trim().split("\n").at(-1)!.replace(/^\d+/, "N");
    assertEquals([summary, code], [`N passed, 0 failed, ${skipped} skipped`, 0]);
  }
});

Deno.test("dari conformance --json lists the cases of a level", async () => {
  await using server = await startServer();
  const words = ["--level", "streams", "--json"];
  const { out } = await dari(["conformance", `unix:${server.data}/dari.sock`, ...words]);
  const { cases } = JSON.parse(out);
  assertEquals(new Set(cases.map(({ level }: { level: string }) => level)), new Set(["streams"]));
  assertEquals(Object.keys(cases[0]), [
    "id",
    "level",
    "section",
    "title",
    "outcome",
    "sent",
    "came",
    "wanted",
  ]);
});

Deno.test("dari conformance says what a program that is no peer did wrong, and ends with 65", async () => {
  const { out, code } = await dari([
    "conformance",
    "--level",
    "core",
    "--timeout",
    "200ms",
    "--",
    "cat",
  ]);
  assertEquals(code, 65);
  assertStringIncludes(out, "failed core.messages.not-json (Messages): Text that is not JSON");
  assertStringIncludes(out, '  sent    "hello\\n"');
  assertStringIncludes(out, '  came    "hello"');
  assertStringIncludes(out, "  reason  a line of JSON");
});

Deno.test("dari conformance --client starts a client with its instructions and plays its server", async () => {
  const { out, code } = await dari([
    "conformance",
    "--client",
    "--level",
    "streams",
    "--timeout",
    "200ms",
    "--json",
    "--",
    "sh",
    "-c",
    'printf "%s\\n" "$0"',
  ]);
  assertEquals(code, 65);
  const { cases } = JSON.parse(out);
  assertEquals(cases[0].id, "client.streams.items");
  assertEquals(cases[0].came, ['[{"stream":"count","params":{"to":3}}]']);
  assertEquals(
    cases[0].reason,
    'message is [{"stream":"count","params":{"to":3}}], wanted an object',
  );
});

Deno.test("dari conformance says that nothing listens, and which program is missing", async () => {
  for (
    const [peer, code, message] of [
      [["unix:/no/such/socket"], 69, "Cannot connect to unix:/no/such/socket"],
      [["--", "/no/such/program", "x"], 69, "Cannot start"],
      [["nats://localhost:1"], 69, "Cannot connect to nats://localhost:1"],
      [[], 64, "Missing ADDRESS|COMMAND"],
    ] as const
  ) {
    const transcript = await dari(["conformance", ...peer]);
    assertEquals(transcript.code, code, transcript.err);
    assertStringIncludes(transcript.err, message);
  }
});
