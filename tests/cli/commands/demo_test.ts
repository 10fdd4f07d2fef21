import { assert, assertEquals, assertMatch } from "@std/assert";
import { dari, failed, type World } from "../../support/dari_command.ts";

const hash = (world?: World) => dari(["demo", "hash"], world);

Deno.test("dari demo speaks Korean where the locale does", async () => {
  const digest = "315f5bdb76d078c43b8ac0064e4a0164612b1fce77c869345bfc94c75894edd3";
  const english = `hash: SHA-256\n  SHA-256 of "Hello, world!" → ${digest}\n`;
  const korean = `hash: SHA-256 해시\n  "Hello, world!"의 SHA-256 → ${digest}\n`;
  assertEquals((await hash()).out, english);
  assertEquals((await hash({ env: { LANG: "ko_KR.UTF-8" } })).out, korean);
  assertEquals(
    (await hash({ env: { LC_ALL: "C", LANG: "ko_KR.UTF-8" } })).out,
    english,
  );
  assertEquals((await hash({ env: { LANG: "kok_IN" } })).out, english);
});

Deno.test("dari demo uses colour on a terminal only", async () => {
  // deno-lint-ignore no-control-regex
  const colour = /\x1b\[/;
  assertMatch((await hash({ color: true })).out, colour);
  assert(!colour.test((await hash()).out));
});

Deno.test("dari demo refuses a scene that does not exist, and names those that do", async () => {
  const scenes = "pipe, queue, shared-memory, unix-socket, rpc, auth, tls, mtls, rsa or hash";
  for (const name of ["tour", "constructor"]) {
    assertEquals(
      await dari(["demo", name]),
      failed(64, `SCENE takes one of ${scenes}, not "${name}"`),
    );
  }
  assertEquals(
    await dari(["demo", "rpc", "auth"]),
    failed(64, 'Unexpected "auth"; see dari demo --help'),
  );
});
