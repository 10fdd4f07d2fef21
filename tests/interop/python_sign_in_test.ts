import { assertEquals } from "@std/assert";
import { openIdentity } from "../../lib/auth/mod.ts";
import { serve } from "../../lib/endpoint/serve.ts";
import type { Context } from "../../lib/rpc/method/context.ts";
import { createMemoryStore } from "../../lib/store/mod.ts";
import { ITERATIONS, PASSWORD } from "../support/identity.ts";
import { hasPython, python } from "../support/python.ts";
import { tempDirectory } from "../support/temp.ts";

Deno.test({
  name:
    "a Python program of the standard library alone signs in by every way that needs no key pair",
  ignore: !hasPython,
  async fn() {
    await using directory = await tempDirectory();
    const data = `${directory.path}/data`;
    await using store = createMemoryStore();
    using identity = await openIdentity(store, { passwords: { iterations: ITERATIONS } });
    await identity.accounts.add({ name: "alice", password: PASSWORD });
    const key = await identity.keys.create({ account: "alice", name: "python", signs: true });
    const methods = {
      who: (_params: unknown, { principal }: Context) => `${principal?.name} by ${principal?.kind}`,
    };
    await using server = await serve({
      listen: "tls://localhost:0",
      methods,
      data,
      gate: identity.gate,
    });
    const port = (server.addresses[0] ?? "").split(":").at(-1) ?? "";
    const { code, out, err } = await python("python_sign_in.py", [port, `${data}/ca.crt`], {
      password: PASSWORD,
      apiKey: key.text,
    });
    assertEquals([code, err], [0, ""]);
    assertEquals(
      out,
      [
        "login ['user']",
        "who alice by session",
        "scram alice by session",
        "scram bound alice by session",
        "scram bound to another -32001",
        "scram talked out of binding -32001",
        "signed alice by apiKey",
        "signed again -32001",
        "signed for others -32001",
      ].join("\n"),
    );
  },
});
