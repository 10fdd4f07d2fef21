import { assertEquals, assertStringIncludes } from "@std/assert";
import { ensureServerIdentity } from "../../../../lib/cert/server/server_identity.ts";
import { cert } from "../../../support/cert_workshop.ts";
import { tempDirectory } from "../../../support/temp.ts";

Deno.test("dari cert inspect shows the certificate of a server", async () => {
  await using directory = await tempDirectory();
  const { certPem, keyPem } = await ensureServerIdentity(`${directory.path}/data`);
  using listener = Deno.listenTls({ hostname: "127.0.0.1", port: 0, cert: certPem, key: keyPem });
  const serving = (async () => {
    using connection = await listener.accept();
    await connection.handshake().catch(() => {});
  })();
  const { code, out, err } = await cert("inspect", [`127.0.0.1:${listener.addr.port}`]);
  await serving;
  assertEquals(code, 0, err);
  assertStringIncludes(out, "names      localhost, 127.0.0.1, ::1");
});

Deno.test("dari cert inspect says where it found no server", async () => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  listener.close();
  const { code, err } = await cert("inspect", [`tls://127.0.0.1:${port}`]);
  assertEquals(code, 69);
  assertStringIncludes(err, `127.0.0.1:${port}`);
});
