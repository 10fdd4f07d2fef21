import { assert, assertEquals, assertMatch } from "@std/assert";
import { dari, failed, type World } from "../../support/dari_command.ts";

interface Played {
  scene: string;
  title: string;
  code: string;
  tryIt: string;
  steps: { what: string; outcome: unknown }[];
}

const hash = (world?: World) => dari(["demo", "hash"], world);

Deno.test("dari demo speaks Korean where the locale does", async () => {
  const digest = "315f5bdb76d078c43b8ac0064e4a0164612b1fce77c869345bfc94c75894edd3";
  const koreanDigest = "465b744f8b59d82140ea1d1689e5d9741506c0e5f351652bfe0a0ada3711d6b1";
  const code = `  │ const bytes = new TextEncoder().encode(text);
  │ const hash = await crypto.subtle.digest("SHA-256", bytes);
  │ console.log(encodeHex(hash));
`;
  const english = `hash: SHA-256\n${code}  SHA-256 of "Hello, world!" → ${digest}
  Try it yourself: printf 'Hello, world!' | sha256sum\n`;
  const korean = `hash: SHA-256 해시\n${code}  "안녕, 세계!"의 SHA-256 → ${koreanDigest}
  직접 해 보기: printf '안녕, 세계!' | sha256sum\n`;
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

Deno.test("each scene shows its lines and what to type, inside 80 columns, in one language", async () => {
  const played = async (LANG: string) =>
    JSON.parse((await dari(["demo", "--json"], { env: { LANG } })).out) as Played[];
  const english = await played("C");
  const korean = await played("ko_KR.UTF-8");
  assertEquals(english.map(({ scene }) => scene), korean.map(({ scene }) => scene));
  for (const { scene, code, tryIt, title, steps } of english) {
    const lines = code.split("\n");
    assert(lines.length >= 3 && lines.length <= 6, `${scene} has ${lines.length} lines`);
    for (const line of lines) assert(line.length <= 76, line);
    for (const line of tryIt.split("\n").slice(1)) assert(line.length <= 78, line);
    assert(!/[가-힣]/.test(JSON.stringify([code, tryIt, title, steps])), scene);
  }
  // Names of members, codes, addresses and command lines are the same in both languages.
  for (const { scene, title, steps } of korean) {
    assert(/[가-힣]|TLS/.test(title), scene);
    for (const { outcome } of steps) {
      const { message } = Object(outcome);
      if (message !== undefined) assert(/[가-힣]/.test(message), message);
    }
  }
});
