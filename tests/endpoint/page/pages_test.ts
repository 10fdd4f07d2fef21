import { assert, assertEquals, assertMatch } from "@std/assert";
import { readPages } from "../../../lib/endpoint/page/pages.ts";
import { method } from "../../../lib/rpc/method/method.ts";
import { chromium, ChromiumPage } from "../../support/chromium.ts";
import { enrol } from "../../support/factors.ts";
import { startHttps } from "../../support/https_server.ts";
import { PASSWORD } from "../../support/identity.ts";
import { z } from "zod";

const KiB = 1024;

const methods = {
  add: method({
    public: true,
    summary: "Adds two numbers.",
    params: z.object({ a: z.number().describe("The first one."), b: z.number() }),
    handler: ({ a, b }: { a: number; b: number }) => a + b,
  }),
  "orders.create": method({
    summary: "Creates an order.\n\n<b>It</b> is sent within a day.",
    params: z.object({
      customer: z.string(),
      kind: z.enum(["gift", "normal"]),
      express: z.boolean().optional(),
      address: z.object({ street: z.string(), zip: z.number().int() }),
      items: z.array(z.object({ sku: z.string(), count: z.number().int() })),
    }),
    handler: (order: object) => ({ id: "o-1", ...order }),
  }),
  count: method({
    summary: "Counts up.",
    params: z.object({ to: z.number().int() }),
    handler: async function* ({ to }: { to: number }) {
      for (let n = 1; n <= to; n++) yield n;
    },
  }),
  "orders.list": () => [],
};

Deno.test("the page has less than 150 KB, and loads nothing from elsewhere", async () => {
  const pages = await readPages();
  const own = [
    "/",
    "/dari.theme.css",
    "/dari.page.css",
    "/dari.page.js",
    "/dari.console/console_passkey.js",
  ].map((
    path,
  ) => pages.get(path)!.text);
  const bytes = own.reduce((sum, text) => sum + new TextEncoder().encode(text).length, 0);
  assert(bytes < 150 * KiB, `${bytes} bytes`);
  for (const text of own) assertEquals(/https?:\/\/|<style|\son\w+=|\sstyle=/.test(text), false);
});

Deno.test("the page gives way to a program that has one of its own, and can be left out", async () => {
  const fetch = () => new Response("mine");
  await using own = await startHttps({}, { fetch });
  assertEquals(await (await own.fetch("/")).text(), "mine");
  const script = await own.fetch("/dari.js");
  assertMatch(script.headers.get("content-security-policy")!, /script-src 'self'/);
  await script.body?.cancel();
  await using none = await startHttps({}, { page: false });
  for (const path of ["/", "/dari.js"]) {
    const reply = await none.fetch(path);
    assertEquals(reply.status, 404, path);
    await reply.body?.cancel();
  }
});

Deno.test({
  name: "the page shows what its user may call, and calls it, in Chromium",
  ignore: chromium === undefined,
  async fn() {
    await using server = await startHttps(methods);
    // Passkeys are for names, and not for addresses.
    await using page = await ChromiumPage.open(server.url.replace("127.0.0.1", "localhost"));
    await page.addAuthenticator();
    const names =
      "[...document.querySelectorAll('#methods a span')].map((each) => each.textContent)";
    const picture = async (name: string) => {
      const directory = Deno.env.get("DARI_PICTURES");
      if (directory === undefined) return;
      for (const scheme of ["light", "dark"] as const) {
        for (const [width, height] of [[1_200, 800], [390, 844]] as const) {
          await page.view({ width, height, scheme });
          const bytes = Uint8Array.from(atob(await page.picture()), (at) => at.charCodeAt(0));
          await Deno.writeFile(`${directory}/${name}-${width}-${scheme}.png`, bytes);
        }
      }
      await page.view({ width: 1_200, height: 800, scheme: "light" });
    };
    await page.until(`${names}.length > 0`);
    assertEquals(await page.evaluate(names), ["add"]);

    // By the keyboard alone: wrong, then right.
    await page.evaluate("document.querySelector('[name=username]').focus()");
    await page.type("alice");
    await page.press("Tab");
    await page.type("wrong");
    await page.press("Enter");
    await page.until("!document.getElementById('notice').hidden");
    await picture("refused");
    await page.type(PASSWORD);
    await page.press("Enter");
    await page.until(`${names}.length > 1`);
    assertEquals(await page.evaluate(names), ["add", "count", "orders.create", "orders.list"]);

    // In a field "/" is a letter: the form has to be gone first.
    await page.until("!(document.activeElement instanceof HTMLInputElement)");
    await page.press("/", "Slash");
    await page.type("cou");
    await page.until(`${names}.length === 1`);
    assertEquals(await page.evaluate(names), ["count"]);
    await page.press("Tab");
    await page.press("Enter");
    await page.until("document.querySelector('h2')?.textContent === 'count'");
    await page.press("Tab");
    await page.type("3");
    await page.press("Enter");
    await page.until("/^Ended after 3 items/.test(document.querySelector('.state').textContent)");
    assertEquals(await page.evaluate("document.querySelector('pre').textContent"), "1\n2\n3\n");
    await picture("count");

    await page.evaluate(
      "filter = document.getElementById('filter'), filter.value = '', filter.oninput()",
    );
    await page.evaluate("location.hash = '#orders.create'");
    await page.until("document.querySelector('h2')?.textContent === 'orders.create'");
    assertEquals(await page.evaluate("document.querySelector('main b')"), null);
    await page.evaluate(`{
      const fields = document.querySelector("main form").elements;
      fields.customer.value = "Kim";
      fields.kind.value = "1";
      fields.street.value = "Main 1";
      fields.zip.value = "12345";
      fields.items.value = '[{"sku":"a","count":2}]';
      document.querySelector("main form").requestSubmit();
    }`);
    await page.until("/^Answered/.test(document.querySelector('.state').textContent)");
    assertEquals(JSON.parse(await page.evaluate("document.querySelector('pre').textContent")), {
      id: "o-1",
      customer: "Kim",
      kind: "normal",
      address: { street: "Main 1", zip: 12_345 },
      items: [{ sku: "a", count: 2 }],
    });
    await picture("order");

    await page.evaluate(`{
      const form = document.querySelector("main form");
      form.elements.items.value = "{";
      form.requestSubmit();
    }`);
    await page.until("/items is not JSON/.test(document.querySelector('.state').textContent)");

    // By a passkey, which this browser has not got yet.
    const click = (id: string) => page.evaluate(`document.getElementById("${id}").click()`);
    const signOut = async () => {
      await page.evaluate("document.getElementById('sign-out').requestSubmit()");
      await page.until(`${names}.length === 1`);
    };
    const told = "document.getElementById('notice').textContent";
    await click("add-passkey");
    await page.until("/by a passkey/.test(document.getElementById('said').textContent)");
    await picture("passkey");
    await click("add-passkey");
    await page.until(`/has a passkey already/.test(${told})`);
    await signOut();
    await click("passkey");
    await page.until(`${names}.length > 1`);
    assertEquals(
      await page.evaluate("document.getElementById('account').textContent"),
      "Signed in",
    );
    await signOut();
    const [made] = (await server.identity.factors.list("alice")).factors;
    await server.identity.factors.remove("alice", made!.id);
    await click("passkey");
    await page.until(`/not accepted/.test(${told})`);

    // By a password and the code of a second factor, which is asked for where there is one.
    const clock = { now: () => Date.now(), advance: () => {} };
    const { recoveryCodes } = await enrol({ identity: server.identity, clock });
    await page.evaluate("document.querySelector('[name=username]').select()");
    await page.type("alice");
    await page.press("Tab");
    await page.type(PASSWORD);
    await page.press("Enter");
    await page.until("document.activeElement.name === 'code'");
    await picture("code");
    await page.type(recoveryCodes[0]!);
    await page.press("Enter");
    await page.until(`${names}.length > 1`);
    assertEquals(await page.evaluate("document.getElementById('code').hidden"), true);
    await signOut();
    const expected = /status of 401/; // a wrong password, a passkey that was removed, no code
    assertEquals(page.complaints.filter((line) => !expected.test(line)), []);
  },
});
