import { assertEquals, assertMatch } from "@std/assert";
import { exportJWK, generateKeyPair, SignJWT, UnsecuredJWT } from "jose";
import type { Context } from "../../../lib/rpc/method/context.ts";
import { rpc, startHttps } from "../../support/https_server.ts";

const methods = {
  who: (_: unknown, { principal }: Context) => `${principal?.name} by ${principal?.kind}`,
  "admin.stop": () => "stopped",
};

Deno.test("the token of an issuer that the policy names calls with the roles of its claims", async () => {
  const { publicKey, privateKey } = await generateKeyPair("RS256");
  const keys = { keys: [{ ...await exportJWK(publicKey), kid: "1", alg: "RS256" }] };
  let issuer = "";
  await using issuerServer = Deno.serve(
    { port: 0, hostname: "127.0.0.1", onListen() {} },
    (request): Response =>
      new URL(request.url).pathname === "/keys"
        ? Response.json(keys)
        : Response.json({ issuer, jwks_uri: `${issuer}/keys` }),
  );
  issuer = `http://127.0.0.1:${issuerServer.addr.port}`;
  const policy = {
    roles: { ci: ["who"] },
    issuers: {
      ci: { issuer, audience: "dari", roles: [{ role: "ci", claims: { repository: "acme/app" } }] },
    },
  };
  await using gateway = await startHttps(methods);
  gateway.identity.setPolicy(policy);
  const token = (repository: string, audience = "dari") =>
    new SignJWT({ repository }).setProtectedHeader({ alg: "RS256", kid: "1" })
      .setIssuer(issuer).setAudience(audience).setSubject("build-7").setExpirationTime("5m")
      .sign(privateKey);
  const call = async (name: string, bearer: string) => {
    const headers = { authorization: `Bearer ${bearer}` };
    const reply = await gateway.post("/rpc", rpc(name), headers);
    const { result, error } = await reply.json();
    return [reply.status, result ?? error.message];
  };
  const good = await token("acme/app");
  assertEquals(await call("who", good), [200, "ci:build-7 by token"]);
  assertEquals((await call("admin.stop", good))[0], 403);
  assertEquals((await call("who", await token("eve/app")))[0], 403);
  const unsigned = new UnsecuredJWT({ repository: "acme/app" }).setIssuer(issuer)
    .setAudience("dari").setSubject("build-7").setExpirationTime("5m").encode();
  for (const wrong of [await token("acme/app", "other"), unsigned]) {
    assertEquals(await call("who", wrong), [401, "The credential was not accepted"]);
  }

  // An issuer that the policy names no more ends its tokens.
  gateway.identity.setPolicy({ roles: { ci: ["who"] } });
  assertEquals((await call("who", await token("acme/app")))[0], 401);
});

Deno.test("an issuer that is down makes the call fail as unavailable, with status 503", async () => {
  const { privateKey } = await generateKeyPair("ES256");
  const issuer = "http://127.0.0.1:1"; // nobody listens there
  await using gateway = await startHttps(methods);
  gateway.identity.setPolicy({
    roles: { ci: ["who"] },
    issuers: { ci: { issuer, audience: "dari", roles: [{ role: "ci", claims: {} }] } },
  });
  const token = await new SignJWT({}).setProtectedHeader({ alg: "ES256" }).setIssuer(issuer)
    .setAudience("dari").setSubject("a").setExpirationTime("5m").sign(privateKey);
  const reply = await gateway.post("/rpc", rpc("who"), { authorization: `Bearer ${token}` });
  assertEquals([reply.status, reply.headers.get("retry-after")], [503, "10"]);
  assertMatch((await reply.json()).error.message, /keys of the issuer "ci"/);
});
