import { assert, assertEquals, assertMatch } from "@std/assert";
import { serve } from "../../lib/endpoint/serve.ts";
import { sampleMethods } from "../../lib/cli/sample/sample_methods.ts";
import { hasOpenssl } from "../support/openssl.ts";
import { talkByOpenssl } from "../support/openssl_client.ts";
import { tempDirectory } from "../support/temp.ts";

if (!hasOpenssl) console.log("no openssl: s_client is not run against the TLS listener");

/** Starts a server and talks to it with `openssl s_client`. */
async function talk(lines: string, ...options: string[]) {
  await using directory = await tempDirectory();
  const data = `${directory.path}/data`;
  await using server = await serve({ listen: "tls://localhost:0", methods: sampleMethods, data });
  return await talkByOpenssl(server.addresses[0]!, lines, "-CAfile", `${data}/ca.crt`, ...options);
}

const add = '{"jsonrpc":"2.0","id":1,"method":"add","params":{"a":10,"b":20}}\n';
const strict = ["-verify_return_error", "-verify_hostname", "localhost", "-alpn", "dari/1"];

for (const version of ["-tls1_2", "-tls1_3"]) {
  Deno.test({
    name: `openssl s_client ${version} verifies our chain and name, and calls a method`,
    ignore: !hasOpenssl,
    async fn() {
      const { output, errors } = await talk(add, version, ...strict);
      assertMatch(output, /^\{"jsonrpc":"2\.0","id":1,"result":30\}$/m);
      assertMatch(output, /^ALPN protocol: dari\/1$/m);
      assert(!errors.includes("verify error"), errors);
      assertMatch(output + errors, /Verification: OK|Verify return code: 0/);
    },
  });
}

Deno.test({
  name: "openssl s_client refuses our certificate for another name",
  ignore: !hasOpenssl,
  async fn() {
    const { code, errors } = await talk(
      add,
      "-verify_return_error",
      "-verify_hostname",
      "example.com",
    );
    assertMatch(errors, /[Hh]ostname mismatch/);
    assertEquals(code, 1);
  },
});

Deno.test({
  name: "TLS 1.1 is refused",
  ignore: !hasOpenssl,
  async fn() {
    const { output } = await talk(add, "-tls1_1", "-cipher", "DEFAULT@SECLEVEL=0");
    assert(!output.includes('"result"'));
    assertMatch(output, /Cipher is \(NONE\)/);
  },
});
