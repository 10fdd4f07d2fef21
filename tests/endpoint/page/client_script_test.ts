import { assert, assertEquals } from "@std/assert";
import { readClientScript } from "../../../lib/endpoint/page/client_script.ts";
import { bundleForBrowsers } from "../../../lib/packaging/client_bundle.ts";
import { BROWSER_ENTRY } from "../../../lib/packaging/npm/browser/modules.ts";
import { method } from "../../../lib/rpc/method/method.ts";
import { chromium, ChromiumPage } from "../../support/chromium.ts";
import { startHttps } from "../../support/https_server.ts";
import { PASSWORD } from "../../support/identity.ts";

const methods = {
  add: method({
    public: true,
    handler: ({ a, b }: { a: number; b: number }) => a + b,
  }),
  secret: () => "for those who have signed in",
  async *count({ to }: { to: number }) {
    for (let n = 1; n <= to; n++) yield n;
  },
};

/** What a page does with the client, as JavaScript that runs in the browser. */
function useClient(path: string, calls: number): string {
  return `(async () => {
    const { connect } = await import(${JSON.stringify(path)});
    const login = { username: "alice", password: ${JSON.stringify(PASSWORD)} };
    const client = await connect(location.origin, { login });
    const sum = await client.call("add", { a: 10, b: 20 });
    const secret = await client.call("secret");
    const items = [];
    for await (const item of client.stream("count", { to: 3 })) items.push(item);
    const begun = performance.now();
    let left = ${calls};
    const loop = async () => { while (left-- > 0) await client.call("add", { a: 1, b: 2 }); };
    await Promise.all(Array.from({ length: 64 }, loop));
    const perSecond = ${calls} / ((performance.now() - begun) / 1000);
    await client.close();
    return { sum, secret, items, perSecond };
  })()`;
}

Deno.test("readClientScript() gives modules that need nothing but each other", async () => {
  const modules = await readClientScript();
  assert(modules.size > 1);
  for (const [path, text] of modules) {
    for (const [, name] of text.matchAll(/^(?:import|export)[^;]* from "([^"]+)"/gm)) {
      assert(modules.has(name!), `${path} imports ${name}`);
    }
  }
});

Deno.test({
  name: "/dari.js connects a page in Chromium, from a checkout and bundled",
  ignore: chromium === undefined,
  async fn() {
    const root = new URL("../../../", import.meta.url);
    const [bundle] = await bundleForBrowsers(root, BROWSER_ENTRY, "one file");
    const headers = { "content-type": "text/javascript" };
    await using server = await startHttps(methods, {
      fetch: (request) =>
        new URL(request.url).pathname === "/bundled.js"
          ? new Response(bundle!.bytes, { headers })
          : new Response("<!doctype html><title>page</title>", {
            headers: { "content-type": "text/html" },
          }),
    });
    await using page = await ChromiumPage.open(server.url);
    for (const path of ["/dari.js", "/bundled.js"]) {
      const { perSecond, ...rest } = await page.evaluate(useClient(path, 2_000));
      assertEquals(rest, { sum: 30, secret: "for those who have signed in", items: [1, 2, 3] });
      assert(perSecond > 0);
    }
  },
});
