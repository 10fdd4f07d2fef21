import { assertEquals } from "@std/assert";
import { method } from "../../../lib/rpc/method/method.ts";
import { run } from "../../support/generated_client.ts";
import { ENGINES, startHttps } from "../../support/https_server.ts";
import { isInstalled } from "../../support/installed.ts";
import { world } from "../../support/mutual_tls.ts";
import { tempDirectory } from "../../support/temp.ts";

const hasCurl = await isInstalled("curl", "--version");
if (!hasCurl) console.log("curl: no; HEAD by HTTP/2 is not tried");

const methods = { add: method({ public: true, handler: () => 1 }) };
const FORMAT = "%{http_version} %{http_code} %header{content-length} %{size_download}";

for (const engine of ENGINES) {
  Deno.test({
    name: `HEAD is answered like GET without the body, by HTTP/2 and HTTP/1.1 (${engine})`,
    ignore: !hasCurl,
    async fn() {
      await using directory = await tempDirectory();
      const ca = `${directory.path}/ca.pem`;
      await Deno.writeTextFile(ca, (await world()).authority.pem);
      await using gateway = await startHttps(methods, { engine });
      const curl = async (...args: string[]) => {
        const always = ["--silent", "--max-time", "20", "--cacert", ca, "--output", "/dev/null"];
        return (await run("curl", [...always, "--write-out", FORMAT, ...args])).split(" ");
      };
      for (const path of ["/", "/healthz", "/openrpc.json", "/dari.js", "/rpc/add", "/nowhere"]) {
        for (const version of ["--http2", "--http1.1"]) {
          const [http, status, , size] = await curl(version, gateway.url + path);
          const head = await curl(version, "--head", gateway.url + path);
          assertEquals(head, [http, status, size, "0"], path);
        }
      }
    },
  });
}
