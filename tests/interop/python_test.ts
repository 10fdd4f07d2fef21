import { assertEquals } from "@std/assert";
import { serve } from "../../lib/endpoint/serve.ts";
import { sampleMethods } from "../../lib/cli/sample/sample_methods.ts";
import { hasPython, python } from "../support/python.ts";
import { tempDirectory } from "../support/temp.ts";

Deno.test({
  name: "a Python program of the standard library alone calls methods over TLS, checking our CA",
  ignore: !hasPython,
  async fn() {
    await using directory = await tempDirectory();
    const data = `${directory.path}/data`;
    await using server = await serve({ listen: "tls://localhost:0", methods: sampleMethods, data });
    const port = (server.addresses[0] ?? "").split(":").at(-1) ?? "";
    const { code, out, err } = await python("python_client.py", [port, `${data}/ca.crt`]);
    assertEquals([code, err], [0, ""]);
    assertEquals(
      out,
      [
        "dari/1",
        "add 30",
        'process_data ["item_1", "item_2", "item_3"]',
        "subtract -32601 method_not_found",
        "count [1, 2, 3] done",
        'echo "다리"',
      ].join("\n"),
    );
  },
});

Deno.test({
  name: "a Python program that trusts another authority does not connect",
  ignore: !hasPython,
  async fn() {
    await using directory = await tempDirectory();
    const listen = "tls://localhost:0";
    await using server = await serve({ listen, methods: {}, data: `${directory.path}/a` });
    await using other = await serve({ listen, methods: {}, data: `${directory.path}/b` });
    const port = (other.addresses[0] ?? "").split(":").at(-1) ?? "";
    const { code, out } = await python("python_client.py", [port, `${directory.path}/a/ca.crt`]);
    assertEquals([code, out, server.connections], [1, "refused CERTIFICATE_VERIFY_FAILED", 0]);
  },
});
