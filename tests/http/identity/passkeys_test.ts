import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import type { FactorChangeRecord } from "../../../lib/rpc/observer.ts";
import { limits } from "../../../lib/base/limits.ts";
import { chromium, ChromiumPage } from "../../support/chromium.ts";
import { ENGINES, type HttpsServer, startHttps } from "../../support/https_server.ts";
import { PASSWORD } from "../../support/identity.ts";
import { type Deceit, SoftAuthenticator } from "../../support/soft_authenticator.ts";

/** Programs cannot choose the host of a request; a proxy in front says by which name it came. */
const behindProxy = { trustedProxies: ["127.0.0.1"] };

/** A browser with cookies, on a page of the gateway by its name. */
class Browser {
  readonly #server: HttpsServer;
  readonly origin: string;
  readonly cookies = new Map<string, string>();

  constructor(server: HttpsServer, host = "localhost") {
    this.#server = server;
    this.origin = `https://${host}:${server.port}`;
  }

  // deno-lint-ignore no-explicit-any -- each route answers its own
  async post(path: string, body: unknown = {}): Promise<{ status: number; body: any }> {
    const cookie = [...this.cookies].map(([name, value]) => `${name}=${value}`).join("; ");
    const reply = await this.#server.post(path, body, {
      "x-forwarded-host": new URL(this.origin).host,
      origin: this.origin,
      ...(cookie === "" ? {} : { cookie }),
    });
    for (const set of reply.headers.getSetCookie()) {
      const [, name = "", value = ""] = /^([^=]+)=([^;]*)/.exec(set) ?? [];
      for (const part of ["Path=/", "Secure", "HttpOnly", "SameSite=Strict"]) {
        assertStringIncludes(set, part);
      }
      if (value === "") this.cookies.delete(name);
      else this.cookies.set(name, value);
    }
    const text = await reply.text();
    return { status: reply.status, body: text === "" ? undefined : JSON.parse(text) };
  }

  async login() {
    const { status } = await this.post("/login", { username: "alice", password: PASSWORD });
    assertEquals(status, 200);
  }

  async add(authenticator: SoftAuthenticator, deceit: Deceit & { origin?: string } = {}) {
    const { body: options } = await this.post("/login/passkey/add/options");
    const origin = deceit.origin ?? this.origin;
    const response = await authenticator.register(options, origin, deceit);
    return await this.post("/login/passkey/add", { response, name: "laptop" });
  }

  async signIn(authenticator: SoftAuthenticator, deceit: Deceit & { origin?: string } = {}) {
    const { body: options } = await this.post("/login/passkey/options");
    const response = await authenticator.signIn(options, deceit.origin ?? this.origin, deceit);
    return await this.post("/login/passkey", { response });
  }
}

const methods = {
  who: (_: unknown, { principal }: { principal: { name: string } | null }) => principal?.name,
};

for (const engine of ENGINES) {
  Deno.test(`a passkey is added with a fresh sign-in and signs in without a name (${engine})`, async () => {
    const changes: FactorChangeRecord[] = [];
    const observer = { factorChanged: (change: FactorChangeRecord) => void changes.push(change) };
    await using server = await startHttps(methods, { ...behindProxy, engine }, { observer });
    const browser = new Browser(server);
    await browser.login();
    const authenticator = await SoftAuthenticator.create();
    const { status, body } = await browser.add(authenticator);
    assertEquals([status, body.kind, body.name], [200, "passkey", "laptop"]);
    assertEquals(changes.map(({ account, change }) => [account, change]), [["alice", "added"]]);
    const other = new Browser(server);
    const signedIn = await other.signIn(authenticator);
    assertEquals([signedIn.status, signedIn.body.roles], [200, ["admin"]]);
    assertEquals("token" in signedIn.body, false);
    assertEquals((await other.post("/rpc/who")).body, "alice");
    const { factors } = await server.identity.factors.list("alice");
    assertEquals(factors.map(({ id, kind }) => [id, kind]), [[body.id, "passkey"]]);
    assert(factors[0]?.lastUsedAtMs !== undefined);
    // A password needs no passkey beside it.
    await new Browser(server).login();
    // The session of a passkey ends with it, and it signs in no more.
    await server.identity.factors.remove("alice", body.id);
    assertEquals((await other.post("/rpc/who")).status, 401);
    assertEquals((await browser.post("/rpc/who")).body, "alice");
    assertEquals((await other.signIn(authenticator)).status, 401);
    // It may be added again.
    assertEquals((await browser.add(authenticator)).status, 200);
  });
}

Deno.test("a registration is refused for every part that does not fit, and a right one is taken once", async () => {
  await using server = await startHttps({}, behindProxy);
  const browser = new Browser(server);
  const authenticator = await SoftAuthenticator.create();
  assertEquals((await browser.post("/login/passkey/add/options")).status, 401);
  await browser.login();
  const wrong: Record<string, Deceit & { origin?: string }> = {
    "the origin": { origin: "https://evil.example" },
    "the port": { origin: "https://localhost" },
    "a subdomain": { origin: browser.origin.replace("localhost", "sub.localhost") },
    "the name": { rpId: "evil.example" },
    "the challenge": { challenge: "AAAA" },
    "the user is not verified": { isVerified: false },
  };
  for (const [what, deceit] of Object.entries(wrong)) {
    const { status, body } = await browser.add(authenticator, deceit);
    assertEquals([status, body.error.data.name], [400, "invalid_params"], what);
  }
  for (
    const response of [undefined, null, 1, {}, { id: "x" }, { id: "x", rawId: "x", response: 1 }]
  ) {
    const { status } = await browser.post("/login/passkey/add", { response });
    assertEquals(status, 400, JSON.stringify(response));
  }
  assertEquals((await browser.post("/login/passkey/add", { response: {}, name: 7 })).status, 400);
  assertEquals((await browser.post("/login/passkey/add", [])).status, 400);
  const { body: options } = await browser.post("/login/passkey/add/options");
  const response = await authenticator.register(options, browser.origin);
  // Another session's challenge is not this one's.
  const other = new Browser(server);
  await other.login();
  assertEquals((await other.post("/login/passkey/add", { response })).status, 400);
  assertEquals((await browser.post("/login/passkey/add", { response })).status, 200);
  assertEquals((await browser.post("/login/passkey/add", { response })).status, 400);
  const again = await browser.add(authenticator);
  assertEquals([again.status, again.body.error.data.name], [409, "already_exists"]);
  assertEquals((await server.identity.factors.list("alice")).factors.length, 1);
});

Deno.test("a sign-in by passkey is refused with one answer, whatever does not fit", async () => {
  await using server = await startHttps({}, behindProxy);
  const browser = new Browser(server);
  await browser.login();
  const authenticator = await SoftAuthenticator.create();
  const stranger = await SoftAuthenticator.create();
  assertEquals((await browser.add(authenticator)).status, 200);
  const answers = new Set<string>();
  const refused = ({ status, body }: { status: number; body: { detail: string } }) =>
    void answers.add(`${status} ${body.detail}`);
  const page = new Browser(server);
  const wrong: (Deceit & { origin?: string })[] = [
    { origin: "https://evil.example" },
    { origin: page.origin.replace("localhost", "sub.localhost") },
    { rpId: "evil.example" },
    { challenge: "AAAA" },
    { isVerified: false },
    { isForged: true },
    { userHandle: "AAAA" },
  ];
  for (const deceit of wrong) refused(await page.signIn(authenticator, deceit));
  refused(await page.signIn(stranger));
  for (const response of [undefined, null, "x", {}, { id: 7 }, { id: authenticator.id }]) {
    refused(await page.post("/login/passkey", { response }));
  }
  // The challenge of another browser, and one of a registration.
  const { body: options } = await page.post("/login/passkey/options");
  const proof = await authenticator.signIn(options, page.origin);
  const other = new Browser(server);
  refused(await other.post("/login/passkey", { response: proof }));
  await other.post("/login/passkey/options");
  refused(await other.post("/login/passkey", { response: proof }));
  const { body: forAdding } = await browser.post("/login/passkey/add/options");
  const crossed = await authenticator.signIn({ ...options, ...forAdding }, browser.origin);
  refused(await browser.post("/login/passkey", { response: crossed }));
  // A right proof signs in once.
  assertEquals((await page.post("/login/passkey", { response: proof })).status, 200);
  refused(await page.post("/login/passkey", { response: proof }));
  // A count that does not grow: somebody has a copy.
  refused(await page.signIn(authenticator, { counter: 1 }));
  assertEquals((await page.signIn(authenticator)).status, 200);
  await server.identity.accounts.disable("alice");
  refused(await page.signIn(authenticator));
  assertEquals([...answers], ["401 The credential was not accepted"]);
});

Deno.test("a passkey signs in at the name that it was made for, and at no other of the server", async () => {
  await using server = await startHttps({}, behindProxy);
  const browser = new Browser(server);
  await browser.login();
  const authenticator = await SoftAuthenticator.create();
  await browser.add(authenticator);
  // The page of a sibling may sign for the parent's name, and asks for itself.
  const sibling = new Browser(server, "sub.localhost");
  assertEquals((await sibling.signIn(authenticator, { rpId: "localhost" })).status, 401);
  assertEquals((await sibling.signIn(authenticator)).status, 401);
  for (const host of ["127.0.0.1", "[::1]"]) {
    const { status, body } = await new Browser(server, host).post("/login/passkey/options");
    assertEquals([status, body.detail.includes("belong to a name")], [400, true]);
  }
});

Deno.test("an API key adds no passkey, and nobody adds one beyond the bound", async () => {
  await using server = await startHttps({}, behindProxy);
  const byKey = await server.post("/login/passkey/add/options", {}, {
    "x-forwarded-host": `localhost:${server.port}`,
    authorization: `Bearer ${server.apiKey}`,
  });
  assertEquals(byKey.status, 403);
  await byKey.body?.cancel();
  const browser = new Browser(server);
  await browser.login();
  for (let i = 0; i < limits.maxPasskeys; i++) {
    assertEquals((await browser.add(await SoftAuthenticator.create())).status, 200);
  }
  const { status, body } = await browser.post("/login/passkey/add/options");
  assertEquals([status, body.error.data.name], [400, "failed_precondition"]);
});

Deno.test("passkeys need a page: on a connection rpc.passkey says where it works", async () => {
  await using server = await startHttps({}, behindProxy);
  const reply = await server.post("/rpc", { jsonrpc: "2.0", id: 1, method: "rpc.passkey" });
  const { error } = await reply.json();
  assertEquals(error.data.name, "failed_precondition");
  assertStringIncludes(error.message, "POST /login/passkey");
});

Deno.test({
  name: "Chromium registers a passkey with its authenticator and signs in by it",
  ignore: chromium === undefined,
  async fn() {
    await using server = await startHttps(methods);
    await using page = await ChromiumPage.open(server.url.replace("127.0.0.1", "localhost"));
    await page.addAuthenticator();
    // As a page would be written: no library, and nothing but JSON.
    await page.evaluate(`globalThis.post = async (path, body) => {
      const reply = await fetch(path, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(body),
      });
      const text = await reply.text();
      if (!reply.ok) throw new Error(text);
      return text === "" ? undefined : JSON.parse(text);
    }; 0`);
    const added = await page.evaluate(`(async () => {
      await post("/login", { username: "alice", password: ${JSON.stringify(PASSWORD)} });
      const json = await post("/login/passkey/add/options", {});
      const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(json);
      const made = await navigator.credentials.create({ publicKey });
      const added = await post("/login/passkey/add", { response: made.toJSON(), name: "browser" });
      await post("/logout", {});
      return added;
    })()`);
    assertEquals([added.kind, added.name], ["passkey", "browser"]);
    const signIn = `(async () => {
      const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(
        await post("/login/passkey/options", {}),
      );
      const proof = await navigator.credentials.get({ publicKey });
      globalThis.response = proof.toJSON();
      await post("/login/passkey", { response });
      return await post("/rpc/who", {});
    })()`;
    assertEquals(await page.evaluate(signIn), "alice");
    assertEquals(await page.evaluate(signIn), "alice");
    // What it sent a moment ago signs in no more.
    const replayed = await page.evaluate(`post("/login/passkey", { response }).catch(String)`);
    assertStringIncludes(replayed, "The credential was not accepted");
    await server.identity.factors.remove("alice", added.id);
    const removed = await page.evaluate(`${signIn}.catch(String)`);
    assertStringIncludes(removed, "The credential was not accepted");
  },
});
