// Clients in Python: compiled, type-checked, called against a live server, and held to the wire.

import { assert, assertEquals } from "@std/assert";
import {
  clientFolder,
  conform,
  run,
  seenOfGateway,
  seenOfShop,
  visitShop,
} from "../../support/generated_client.ts";
import { isInstalled } from "../../support/installed.ts";
import { hasPython } from "../../support/python.ts";

const here = (name: string) => new URL(name, import.meta.url).pathname;
const hasMypy = await isInstalled("mypy", "--version");
if (!hasMypy) console.log("no mypy: the types of clients in Python are not checked");

/** Python 3.9 has to understand the file, whichever version there is. */
const PARSE = "import ast, sys; ast.parse(open(sys.argv[1]).read(), feature_version=(3, 9))";

/** Runs a program with Python's own time-outs. */
const WITHOUT_KERNEL = `import runpy, socket, sys
del socket.MSG_DONTWAIT, sys.argv[0]
runpy.run_path(sys.argv[0], run_name="__main__")`;

Deno.test({
  name:
    "a client in Python calls everything of a server: values, errors, streams, sign-in, by WebSocket as well",
  ignore: !hasPython,
  async fn() {
    await using client = await clientFolder("python", "shop.py");
    const env = { PYTHONPATH: client.path, PYTHONDONTWRITEBYTECODE: "1" };
    const args = ["-W", "error", here("./shop_program.py")];
    const seen = await visitShop((told) => run("python3", [...args, told], { env }));
    assertEquals(seen, [...seenOfShop, ...seenOfGateway]);
  },
});

Deno.test({
  name: "a client in Python needs no kernel that ends reads, as that of Windows does not",
  ignore: !hasPython,
  async fn() {
    await using client = await clientFolder("python", "shop.py");
    const env = { PYTHONPATH: client.path, PYTHONDONTWRITEBYTECODE: "1" };
    const args = ["-W", "error", "-c", WITHOUT_KERNEL, here("./shop_program.py")];
    const seen = await visitShop((told) => run("python3", [...args, told], { env }));
    assertEquals(seen, [...seenOfShop, ...seenOfGateway]);
  },
});

Deno.test({
  name: "a client in Python notices that a connection without calls has ended, before it sends one",
  ignore: !hasPython,
  async fn() {
    await using client = await clientFolder("python", "shop.py");
    const env = { PYTHONPATH: client.path, PYTHONDONTWRITEBYTECODE: "1" };
    const out = await run("python3", ["-W", "error", here("./idle_program.py")], { env });
    assertEquals(out, "0\n1\n2\n");
  },
});

Deno.test({
  name:
    "a client in Python tries an idempotent call until the server is back, and others a few times",
  ignore: !hasPython,
  async fn() {
    await using client = await clientFolder("python", "shop.py");
    const env = { PYTHONPATH: client.path, PYTHONDONTWRITEBYTECODE: "1" };
    const out = await run("python3", ["-W", "error", here("./away_program.py")], { env });
    assertEquals(out, "7 20\nunavailable False 4\n");
  },
});

Deno.test({
  name: "a client in Python is a program of Python 3.9",
  ignore: !hasPython,
  async fn() {
    await using client = await clientFolder("python", "shop.py");
    await run("python3", ["-c", PARSE, client.file]);
  },
});

Deno.test({
  name: "a client in Python, and a program that uses it, pass mypy --strict",
  ignore: !hasMypy,
  async fn() {
    await using client = await clientFolder("python", "shop.py");
    const env = { MYPYPATH: client.path, MYPY_CACHE_DIR: `${client.path}/cache` };
    await run("mypy", ["--strict", client.file, here("./shop_program.py")], { env });
  },
});

Deno.test({
  name: "a client in Python passes the cases of plain dari/1 for clients",
  ignore: !hasPython,
  async fn() {
    await using client = await clientFolder("python", "shop.py");
    const { passed, others } = await conform("python3", [
      "-B",
      here("./conformance_client.py"),
      client.file,
    ]);
    assertEquals(others, []);
    assert(passed > 50, `${passed} passed`);
  },
});
