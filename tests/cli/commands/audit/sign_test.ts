import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { exists } from "../../../../lib/base/file/file_state.ts";
import { dataDirectory } from "../../../support/dari_command.ts";

const PASSPHRASE = "nine blue tortoises";

Deno.test("dari audit sign makes what signs, signs once, and says what is missing", async () => {
  await using data = await dataDirectory();
  assertEquals((await data.dari(["audit", "sign"])).code, 65);
  assertEquals(
    (await data.dari(["user", "add", "bob", "--password-stdin"], { input: PASSPHRASE })).code,
    0,
  );
  const without = await data.dari(["audit", "sign"]);
  assertStringIncludes(without.err, "dari cert init");
  assertEquals(without.code, 78);
  assertEquals(
    (await data.dari(["cert", "init", "--passphrase-stdin"], { input: PASSPHRASE })).code,
    0,
  );
  assertEquals(await exists(`${data.path}/audit.pem`), false);

  const signed = await data.dari(["audit", "sign", "--passphrase-stdin", "--json"], {
    input: PASSPHRASE,
  });
  assertEquals([signed.err, signed.code], ["", 0]);
  const { checkpoint } = JSON.parse(signed.out);
  assert(checkpoint.size >= 2);
  assertEquals(JSON.parse(await Deno.readTextFile(`${data.path}/audit.checkpoint`)), checkpoint);
  assertEquals((await Deno.stat(`${data.path}/audit.pem`)).mode! & 0o777, 0o600);
  const { out, code } = await data.dari(["audit", "verify"]);
  assertEquals([code, /is whole/.test(out)], [0, true], out);
});
