import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { connectAsAsked } from "../../../lib/cli/workspace/server_connection.ts";
import { saveSession } from "../../../lib/cli/workspace/saved_sessions.ts";
import { serve } from "../../../mod.ts";
import { createIo, dari } from "../../support/dari_command.ts";
import { tempDirectory } from "../../support/temp.ts";

function serveName(name: string) {
  return serve({ listen: "tcp://127.0.0.1:0", methods: { who: () => name }, public: ["who"] });
}

Deno.test("dari call --to A --to B calls a server that is there, whichever is not", async () => {
  await using directory = await tempDirectory();
  await using here = await serveName("here");
  const gone = await serveName("gone");
  const [to = ""] = here.addresses, [nowhere = ""] = gone.addresses;
  await gone.close();
  const data = ["--data", directory.path];
  for (const order of [[to, nowhere], [nowhere, to]]) {
    const places = order.flatMap((address) => ["--to", address]);
    assertEquals(await dari(["call", "who", ...places, ...data]), {
      out: '"here"',
      err: "",
      code: 0,
    });
  }
});

Deno.test("dari call names the servers that it could not reach", async () => {
  await using directory = await tempDirectory();
  const places = ["tcp://127.0.0.1:1", "tcp://127.0.0.1:2"].flatMap((to) => ["--to", to]);
  const { code, err } = await dari(["call", "who", ...places, "--data", directory.path]);
  assertEquals(code, 69);
  assertMatch(
    err,
    /None of the 2 servers takes calls\. tcp:\/\/127\.0\.0\.1:1: .*127\.0\.0\.1:2: /,
  );
});

Deno.test("a session is kept for one server: dari login refuses several", async () => {
  await using directory = await tempDirectory();
  const places = ["--to", "tcp://127.0.0.1:1", "--to", "tcp://127.0.0.1:2"];
  const words = ["login", "alice", ...places, "--data", directory.path];
  const { code, err } = await dari(words);
  assertEquals(code, 64);
  assertStringIncludes(err, "Give --to ADDRESS once: a session belongs to one server");
});

Deno.test("a session that was saved for one server is sent to no other", async () => {
  await using directory = await tempDirectory();
  await using one = await serveName("one");
  await using other = await serveName("other");
  const to = [one.addresses[0] ?? "", other.addresses[0] ?? ""];
  await saveSession(directory.path, to[0] ?? "", { token: "dses_of_nobody" });
  const choice = {
    to,
    data: directory.path,
    ca: undefined,
    "ca-only": false,
    cert: undefined,
    key: undefined,
    "api-key-file": undefined,
    timeout: 5_000,
    insecure: false,
    "no-shared-memory": false,
  };
  await using client = await connectAsAsked(choice, createIo());
  // Nobody knows the token: a server that it was sent to has refused the sign-in.
  for (let n = 0; n < 20; n++) assertEquals(await client.call("who"), "other");
});
