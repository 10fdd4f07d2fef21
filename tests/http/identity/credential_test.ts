import { assertEquals, assertMatch } from "@std/assert";
import type { Context } from "../../../lib/rpc/method/context.ts";
import { method } from "../../../lib/rpc/method/method.ts";
import { PASSWORD } from "../../support/identity.ts";
import { type HttpsServer, rpc, startHttps, WAYS } from "../../support/https_server.ts";

const methods = {
  who: (_: unknown, { principal }: Context) => `${principal?.name} by ${principal?.kind}`,
  open: method({ public: true, handler: () => "open" }),
};

async function who(gateway: HttpsServer, headers: Record<string, string>) {
  const reply = await gateway.post("/rpc", rpc("who"), headers);
  const { result, error } = await reply.json();
  return [reply.status, result ?? error?.message];
}

for (const engine of WAYS) {
  Deno.test(`an API key and a session token are taken as Bearer (${engine})`, async () => {
    await using gateway = await startHttps(methods, { engine });
    const { apiKey } = gateway;
    assertEquals(await who(gateway, { authorization: `Bearer ${apiKey}` }), [
      200,
      "alice by apiKey",
    ]);
    const login = await gateway.post(
      "/rpc",
      rpc("rpc.login", { username: "alice", password: PASSWORD }),
    );
    const { result: { token } } = await login.json();
    assertEquals(await who(gateway, { authorization: `bearer ${token}` }), [
      200,
      "alice by session",
    ]);
    const out = await gateway.post("/rpc", rpc("rpc.logout"), { authorization: `Bearer ${token}` });
    assertEquals(out.status, 200);
    await out.body?.cancel();
    assertEquals((await who(gateway, { authorization: `Bearer ${token}` }))[0], 401);
  });

  Deno.test(`a credential that is wrong, and one of another kind, are refused with 401 (${engine})`, async () => {
    await using gateway = await startHttps(methods, { engine });
    const wrong = { authorization: "Bearer dari_x" };
    assertEquals(await who(gateway, wrong), [401, "The credential was not accepted"]);
    for (const authorization of ["Basic YTpi", "Bearer", "Bearer a b"]) {
      const reply = await gateway.post("/rpc", rpc("open"), { authorization });
      assertEquals([reply.status, reply.headers.get("www-authenticate")], [401, "Bearer"]);
      await reply.body?.cancel();
    }
  });

  Deno.test(`a call of a batch may bring a credential of its own (${engine})`, async () => {
    await using gateway = await startHttps(methods, { engine });
    const batch = [{ ...rpc("who"), auth: gateway.apiKey }, rpc("who", undefined, 2)];
    const replies: { id: number; result?: string; error?: { code: number } }[] =
      await (await gateway.post("/rpc", batch)).json();
    assertEquals(replies.find(({ id }) => id === 1)?.result, "alice by apiKey");
    assertEquals(replies.find(({ id }) => id === 2)?.error?.code, -32001);
  });

  Deno.test(`POST /login sets a cookie that calls as the account, and POST /logout ends it (${engine})`, async () => {
    await using gateway = await startHttps(methods, { engine });
    const wrong = await gateway.post("/login", { username: "alice", password: "a wrong password" });
    assertEquals([wrong.status, wrong.headers.get("set-cookie")], [401, null]);
    await wrong.body?.cancel();
    const login = await gateway.post("/login", { username: "alice", password: PASSWORD });
    assertEquals(login.status, 200);
    const set = login.headers.get("set-cookie") ?? "";
    assertMatch(
      set,
      /^__Host-dari=dses_[\w-]+; Path=\/; Max-Age=[1-9]\d+; Secure; HttpOnly; SameSite=Strict$/,
    );
    const told = await login.text();
    assertEquals(JSON.parse(told).roles, ["admin"]);
    assertEquals(told.includes("dses_"), false, "no script may read the token");
    const cookie = set.split(";")[0]!;
    assertEquals(await who(gateway, { cookie: `a=b; ${cookie}` }), [200, "alice by session"]);

    const out = await gateway.fetch("/logout", { method: "POST", headers: { cookie } });
    assertEquals(out.status, 204);
    assertMatch(out.headers.get("set-cookie") ?? "", /^__Host-dari=; Path=\/; Max-Age=0;/);
    assertEquals((await who(gateway, { cookie }))[0], 401);
  });

  Deno.test(`two session cookies are refused: one of them is somebody else's (${engine})`, async () => {
    await using gateway = await startHttps(methods, { engine });
    const cookie = "__Host-dari=dses_a; __Host-dari=dses_b";
    const reply = await gateway.post("/rpc", rpc("open"), { cookie });
    assertEquals(reply.status, 400);
    assertMatch((await reply.json()).detail, /2 cookies __Host-dari/);
    // A cookie of a sibling host cannot have the name's prefix, and another name means nothing.
    const other = await gateway.post("/rpc", rpc("open"), { cookie: "dari=dses_a" });
    assertEquals((await other.json()).result, "open");
  });

  Deno.test(`a credential in the URL is refused, whatever it is called (${engine})`, async () => {
    await using gateway = await startHttps(methods, { engine });
    const queries = [
      `access_token=${gateway.apiKey}`,
      `a=1&token=x`,
      `x=${gateway.apiKey}`,
      `x=${encodeURIComponent(gateway.apiKey)}`,
      "api%5Fkey=x",
    ];
    for (const query of queries) {
      const reply = await gateway.post(`/rpc/who?${query}`, {});
      assertEquals(reply.status, 400, query);
      assertMatch((await reply.json()).detail, /URL holds a credential/);
    }
  });

  Deno.test(`a session that is revoked ends its calls (${engine})`, async () => {
    const began = Promise.withResolvers<void>();
    await using gateway = await startHttps({
      hang: (_: unknown, { signal }: Context) => {
        began.resolve();
        return new Promise((_, reject) =>
          signal.addEventListener("abort", () => reject(signal.reason))
        );
      },
    }, { engine });
    const other = await gateway.identity.keys.create({ account: "alice", name: "other" });
    const call = gateway.post("/rpc", rpc("hang"), { authorization: `Bearer ${other.text}` });
    await began.promise;
    for (const { id, name } of await gateway.identity.keys.list()) {
      if (name === "other") await gateway.identity.keys.revoke(id);
    }
    const reply = await call;
    assertEquals(reply.status, 401);
    assertMatch((await reply.json()).error.message, /credential was revoked/);
  });
}
