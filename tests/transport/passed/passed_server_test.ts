import { assertEquals, assertRejects } from "@std/assert";
import { DariError } from "../../../lib/base/errors.ts";
import { PassedServer } from "../../../lib/transport/passed/passed_server.ts";
import { soon } from "../../support/mutual_tls.ts";
import { startProgram } from "../../support/program.ts";
import { hasPython } from "../../support/python.ts";

const launcher = new URL("../../support/socket_activation.py", import.meta.url).pathname;

Deno.test("PassedServer.open() refuses a descriptor that is not open", async () => {
  const error = await assertRejects(
    () => PassedServer.open({ fd: 999_999, name: "web" }),
    DariError,
    'Descriptor 999999, which was handed over as "web", is no stream socket',
  );
  assertEquals(error.code, "configuration");
});

Deno.test({
  name: "a socket that was handed over accepts again after there were no descriptors left",
  ignore: !hasPython || Deno.build.os === "windows",
  async fn() {
    const limited = ["sh", "-c", 'ulimit -n 128; exec "$@"', "sh"];
    await using program = startProgram([launcher], { // any file
      script: "tests/support/passed_exhausted.ts",
      wrapper: [...limited, "python3", launcher, "web=127.0.0.1:0", "--"],
    });
    const [, port] = await program.waitFor(/^port (\d+)$/m);
    using client = await Deno.connect({ hostname: "127.0.0.1", port: Number(port) });
    await program.input("");
    await program.waitFor(/ran out of descriptors; 127\.0\.0\.1:\d+ accepts again/);
    const bytes = new Uint8Array(16);
    const length = await soon(client.read(bytes), 20_000);
    assertEquals(new TextDecoder().decode(bytes.subarray(0, length ?? 0)), "served\n");
  },
});
