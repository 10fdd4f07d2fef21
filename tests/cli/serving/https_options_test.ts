import { assertEquals, assertMatch, assertThrows } from "@std/assert";
import { DariError } from "../../../lib/base/errors.ts";
import { limits } from "../../../lib/base/limits.ts";
import { httpsOptionsOf, type TypedHttpsOptions } from "../../../lib/cli/serving/https_options.ts";
import { startDari } from "../../support/dari_command.ts";
import { tempDirectory } from "../../support/temp.ts";

const none: TypedHttpsOptions = {
  https: undefined,
  "https-engine": undefined,
  "https-require-cert": false,
  static: undefined,
  mcp: [],
  origin: [],
  "trusted-proxy": [],
};

Deno.test("httpsOptionsOf() wants no gateway where --https is not given", () => {
  assertEquals(httpsOptionsOf(none), undefined);
  const listen = `https://localhost:${limits.defaultHttpsPort}`;
  assertEquals(httpsOptionsOf({ ...none, https: listen })?.listen, listen);
});

Deno.test("httpsOptionsOf() refuses each option of the gateway without --https", () => {
  const lonely: Partial<TypedHttpsOptions>[] = [
    { "https-engine": "fast" },
    { "https-require-cert": true },
    { static: "www" },
    { mcp: ["orders.*"] },
    { origin: ["https://a.example"] },
    { "trusted-proxy": ["10.0.0.1"] },
  ];
  for (const option of lonely) {
    const error = assertThrows(() => httpsOptionsOf({ ...none, ...option }), DariError);
    assertEquals(error.code, "usage");
    assertMatch(error.message, new RegExp(`^--${Object.keys(option)[0]} is for`));
  }
});

Deno.test("dari serve --https opens the gateway and its socket, and nothing else", async () => {
  await using directory = await tempDirectory();
  const data = `${directory.path}/data`;
  await Deno.writeTextFile(`${directory.path}/index.html`, "<p>home</p>");
  const words = ["--https", "127.0.0.1:0", "--static", directory.path, "--public", "add"];
  await using server = startDari(["serve", ...words, "--data", data, "--json"]);
  const { addresses } = JSON.parse((await server.waitFor(`{"ready":true`)).trim().split("\n")[0]!);
  const [socket, https, ...others] = addresses as string[];
  assertEquals([socket, others], [`unix:${data}/dari.sock`, []]);
  using client = Deno.createHttpClient({ caCerts: [await Deno.readTextFile(`${data}/ca.crt`)] });
  const call = await fetch(`${https}/rpc/add`, {
    client,
    method: "POST",
    body: '{"a":10,"b":20}',
    headers: { "content-type": "application/json" },
  });
  assertEquals([call.status, await call.json()], [200, 30]);
  const page = await fetch(`${https}/`, { client });
  assertEquals(await page.text(), "<p>home</p>");
});
