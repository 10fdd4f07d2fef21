import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { dataDirectory, startDari } from "../../support/dari_command.ts";

const SERVICE = `while read -r line; do
  id=$(printf '%s' "$line" | sed -n 's/.*"id":\\([^,}]*\\).*/\\1/p')
  case $line in
  *'"rpc.discover"'*) result='{"methods":[{"name":"mode"},{"name":"add"}]}' ;;
  *'"mode"'*) result="\\"$MODE $DARI_DATA\\"" ;;
  *) printf '{"jsonrpc":"2.0","id":%s,"error":{"code":-32601,"message":"no"}}\\n' "$id" && continue ;;
  esac
  printf '{"jsonrpc":"2.0","id":%s,"result":%s}\\n' "$id" "$result"
done
`;

Deno.test("dari serve --exec offers the methods of a program, under the policy", async () => {
  await using data = await dataDirectory();
  const script = `${data.path}.sh`;
  await Deno.writeTextFile(script, SERVICE);
  const env = { MODE: "fast", DARI_DATA: data.path, PATH: "/usr/bin:/bin" };
  const words = ["serve", "--exec", `sh ${script}`, "--exec-env", "MODE", "--public", "mode"];
  const server = startDari([...words, "--listen", "tcp://127.0.0.1:0"], { env });
  const [, address = ""] = /listening on (tcp:\S+)/.exec(await server.waitFor("ready")) ?? [];
  assertEquals((await data.dari(["call", "mode"])).out, '"fast "');
  // From elsewhere without a credential: "mode" is public, "add" is not.
  assertEquals((await data.dari(["call", "mode", "--to", address])).code, 0);
  assertEquals((await data.dari(["call", "add", "--to", address])).code, 77);
  const { err, code } = await server.stop();
  assertEquals(code, 0);
  assertStringIncludes(err, "sh runs as this server's user");
});

Deno.test("dari serve --exec says what cannot be done", async () => {
  await using data = await dataDirectory();
  const cases: [words: string[], message: string, code: number][] = [
    [["--exec", "sh 'x"], "without its end", 64],
    [["--exec", "sh x | cat"], "No shell reads the command line", 64],
    [["--exec", "sh x", "--threads", "2"], "--exec goes with --copies N", 64],
    [["--exec", "sh x", "--exec-env", "NO_SUCH"], "--exec-env NO_SUCH", 64],
    [["--exec", "sh x", "--exec-user", "no-such-user"], 'no user "no-such-user"', 64],
    [["--exec", "sh x", "--copies", "0"], "--copies", 64],
    [["--exec", "/no/such/program"], 'Cannot start "/no/such/program"', 69],
  ];
  for (const [words, message, code] of cases) {
    const transcript = await data.dari(["serve", ...words, "--listen", "tcp://127.0.0.1:0"]);
    assertStringIncludes(transcript.err, message);
    assertEquals(transcript.code, code, words.join(" "));
  }
});

Deno.test("a method that the module and the program both have is refused", async () => {
  await using data = await dataDirectory();
  const script = `${data.path}.sh`;
  await Deno.writeTextFile(script, SERVICE);
  const module = `${data.path}.ts`;
  await Deno.writeTextFile(module, "export const add = ({ a, b }) => a + b;");
  const { err, code } = await data.dari(
    ["serve", module, "--exec", `sh ${script}`, "--listen", "tcp://127.0.0.1:0"],
    { env: { PATH: "/usr/bin:/bin" } },
  );
  assert(err.includes('both have the method "add"'), err);
  assertEquals(code, 64);
});
