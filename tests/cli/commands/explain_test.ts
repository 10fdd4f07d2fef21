import { assertEquals } from "@std/assert";
import { startAccountServer } from "../../support/account_server.ts";
import { dataDirectory, done } from "../../support/dari_command.ts";

Deno.test("dari explain knows accounts, the socket's owner, certificates and scopes", async () => {
  await using server = await startAccountServer();
  const rules: [words: string[], out: string, code: number][] = [
    [["alice", "who"], 'allowed: role "user" allows "*"', 0],
    [["ALICE", "multiply"], 'denied: role "user" denies "multiply"', 77],
    [["local", "multiply"], "allowed: the owner of this process may call everything", 0],
    [["certificate:worker-1", "add"], 'allowed: role "certificate" allows "add"', 0],
    [
      ["certificate:worker-1", "who"],
      'denied: no rule of its roles ("certificate") covers "who"',
      77,
    ],
    [
      ["alice", "who", "--scope", "reports.*"],
      'denied: role "user" allows "*", and no scope of the credential covers "who"',
      77,
    ],
    [["alice", "rpc.ping"], 'allowed: "rpc.ping" is public', 0],
  ];
  for (const [words, out, code] of rules) {
    assertEquals(await server.here(["explain", ...words]), { out, err: "", code });
  }
  assertEquals(await server.here(["explain", "nobody", "who"]), {
    out: "",
    err: 'dari: There is no account "nobody"',
    code: 65,
  });
});

Deno.test("dari explain reads the policy of the data directory, and refuses a damaged one", async () => {
  await using data = await dataDirectory();
  await data.dari(["user", "add", "alice", "--no-password"]);
  const explain = ["explain", "alice", "process_data"];
  assertEquals(await data.dari(explain), done('allowed: role "user" allows "*"'));
  const policy = `${data.path}/policy.json`;
  await Deno.writeTextFile(policy, '{ "roles": { "user": ["!process_data"] } }');
  const denied = await data.dari([...explain, "--json"]);
  assertEquals([JSON.parse(denied.out).allowed, denied.code], [false, 77]);
  await Deno.writeTextFile(
    policy,
    '{ "limits": { "user": { "*": { "perSecond": 0.5 } } } }',
  );
  assertEquals(
    await data.dari(explain),
    done(
      'allowed: role "user" allows "*"\n' +
        'at most 0.5 calls a second, 1 at once: role "user" limits "*"',
    ),
  );
  const limited = await data.dari([...explain, "--json"]);
  assertEquals(JSON.parse(limited.out).limits, [
    { role: "user", methods: "*", perSecond: 0.5, burst: 1 },
  ]);
  await Deno.writeTextFile(policy, '{ "limits": { "usr": {} } }');
  assertEquals((await data.dari(explain)).code, 78);
  await Deno.writeTextFile(policy, "{");
  assertEquals((await data.dari(explain)).code, 78);
});
