import { assertEquals, assertStringIncludes } from "@std/assert";
import { dari } from "../../../support/dari_command.ts";
import { tempDirectory } from "../../../support/temp.ts";

const parts = [
  "--server",
  "orders=server-1.internal",
  "--client",
  "orders=spiffe://x.internal/shop",
];

Deno.test("dari nats config prints a configuration, or writes it to a file", async () => {
  await using directory = await tempDirectory();
  const data = ["--data", directory.path];
  const printed = await dari(["nats", "config", ...parts, ...data]);
  assertEquals([printed.code, printed.err], [0, ""]);
  assertStringIncludes(printed.out, `cert_file: "${directory.path}/nats.crt"`);
  assertStringIncludes(printed.out, "verify_and_map: true");
  assertStringIncludes(printed.out, 'user: "spiffe://x.internal/shop"');
  const out = `${directory.path}/nats.conf`;
  const written = await dari(["nats", "config", ...parts, ...data, "--out", out]);
  assertEquals(written.out, `${out}: start it with nats-server --config ${out}`);
  assertEquals((await Deno.readTextFile(out)).trimEnd(), printed.out);
  const json = await dari(["nats", "config", ...parts, ...data, "--json"]);
  assertEquals(JSON.parse(json.out).config.trimEnd(), printed.out);
});

Deno.test("dari nats config refuses what a configuration would read as something else", async () => {
  for (
    const words of [
      ["--server", "orders"],
      ["--server", "=x"],
      ["--server", "Orders=x"],
      ["--server", "orders/i=x"],
      ["--client", 'orders=a"b'],
      ["--client", "orders=a b"],
      ["--listen", "4222"],
      ["--listen", "tls://localhost:1"],
      ["--node", "a"],
      ["--route", "b:6222"],
      ["--node", 'a"', "--cluster-listen", "b:6222"],
    ]
  ) {
    const { code, err } = await dari(["nats", "config", ...words]);
    assertEquals(code, 64, `${words}: ${err}`);
  }
});

Deno.test("dari nats config makes one of several NATS servers", async () => {
  const cluster = ["--node", "a", "--cluster-listen", "0.0.0.0:6222", "--route", "b.internal:6222"];
  const { out, code } = await dari(["nats", "config", ...parts, ...cluster]);
  assertEquals(code, 0);
  assertStringIncludes(out, 'routes: ["nats-route://b.internal:6222"]');
});
