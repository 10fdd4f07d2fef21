import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { command } from "../../../lib/cli/commands/demo.ts";
import { runCommand } from "../../support/command_line.ts";

const demo = (words: readonly string[], world?: Parameters<typeof runCommand>[2]) =>
  runCommand(command, words, world);

/** What a scene showed, by the sentence that it showed it with. */
async function outcomesOf(scene: string): Promise<Record<string, unknown>> {
  const { code, output, errors } = await demo([scene, "--json"]);
  assertEquals([code, errors], [0, ""]);
  const [played, ...others] = JSON.parse(output);
  assertEquals([played.scene, others], [scene, []]);
  return Object.fromEntries(
    played.steps.map(({ what, outcome }: { what: string; outcome: unknown }) => [what, outcome]),
  );
}

Deno.test("dari demo pipe carries a message each way, then the end", async () => {
  assertEquals(await outcomesOf("pipe"), {
    "the child received": "부모가 보낸 메시지",
    "the parent received": "자식이 보낸 메시지",
    "the child closed its end": "end",
  });
});

Deno.test("dari demo queue takes five items in order, then the end", async () => {
  const { output } = await demo(["queue", "--json"]);
  const [{ steps }] = JSON.parse(output);
  assertEquals(steps.map(({ outcome }: { outcome: unknown }) => outcome), [
    ...[0, 1, 2, 3, 4].map((id) => ({ id, value: `데이터-${id}` })),
    "end",
  ]);
});

Deno.test("dari demo shared-memory reads what the writer wrote", async () => {
  assertEquals((await outcomesOf("shared-memory"))["the reader read"], {
    status: "running",
    count: 42,
    message: "Hello from writer",
  });
});

Deno.test("dari demo unix-socket gets the server's answer", async () => {
  assertEquals(
    (await outcomesOf("unix-socket"))["the client received"],
    "서버 응답: 데이터 수신 완료",
  );
});

Deno.test("dari demo rpc calls three methods and one that does not exist", async () => {
  const { "a method that does not exist": refusal, ...results } = await outcomesOf("rpc");
  assertEquals(results, {
    "add(10, 20)": 30,
    "multiply(5.5, 2)": 11,
    'process_data([1, 2, 3], "item_")': ["item_1", "item_2", "item_3"],
  });
  assertEquals((refusal as { code: string }).code, "method_not_found");
});

Deno.test("dari demo auth registers, signs in and locks", async () => {
  const shown = await outcomesOf("auth");
  assertEquals(shown["registered"], {
    name: "john_doe",
    email: "john@example.com",
    fields: { full_name: "John Doe" },
    roles: ["user"],
  });
  const john = { name: "john_doe", roles: ["user"] };
  assertEquals(shown["the right password"], { name: "john_doe", active: true });
  assertEquals(shown["a session from 192.168.1.100"], { ...john, by: "session" });
  assertEquals(shown['the API key "web-app"'], { ...john, by: "apiKey" });
  for (const refused of ["a wrong password", "the session, once revoked"]) {
    assertEquals((shown[refused] as { code: string }).code, "unauthenticated");
  }
  assertEquals(shown["the right password after five wrong ones"], { locked: true, minutes: 5 });
});

Deno.test("dari demo tls shows certificate, protocol and cipher, and three echoes", async () => {
  const shown = await outcomesOf("tls");
  const { subject } = shown["the certificate"] as { subject: string };
  assertEquals(subject, "C=KR, ST=Seoul, L=Seoul, O=My Company, CN=localhost");
  const { version, cipher } = shown["protocol and cipher"] as { version: string; cipher: string };
  assertMatch(`${version} ${cipher}`, /^TLSv1\.3 TLS_\w+$/);
  for (const message of ["안녕하세요", "보안 테스트", "암호화 통신"]) {
    assertEquals(shown[`sent ${message}`], `암호화된 응답: ${message}`);
  }
  const refusal = shown["a client that does not trust it"] as { message: string };
  assertStringIncludes(refusal.message, "authority that is not trusted");
});

Deno.test("dari demo mtls lets in who shows a certificate, and nobody else", async () => {
  const shown = await outcomesOf("mtls");
  const { subject } = shown["with a client certificate"] as { subject: string };
  assertEquals(subject, "CN=worker-1.internal");
  assertEquals((shown["without one"] as { code: string }).code, "unavailable");
});

Deno.test("dari demo rsa signs in by decrypting, and not with another key", async () => {
  const shown = await outcomesOf("rsa");
  assertEquals(shown["decrypted with the private key"], "비밀 메시지");
  assertEquals(shown["signed in by answering the challenge"], "alice");
  assertEquals((shown["another key"] as { code: string }).code, "unauthenticated");
});

Deno.test("dari demo speaks Korean where the locale does", async () => {
  const hash = "315f5bdb76d078c43b8ac0064e4a0164612b1fce77c869345bfc94c75894edd3";
  const english = `hash: SHA-256\n  SHA-256 of "Hello, world!" → ${hash}\n`;
  const korean = `hash: SHA-256 해시\n  "Hello, world!"의 SHA-256 → ${hash}\n`;
  assertEquals((await demo(["hash"])).output, english);
  assertEquals((await demo(["hash"], { env: { LANG: "ko_KR.UTF-8" } })).output, korean);
  assertEquals(
    (await demo(["hash"], { env: { LC_ALL: "C", LANG: "ko_KR.UTF-8" } })).output,
    english,
  );
  assertEquals((await demo(["hash"], { env: { LANG: "kok_IN" } })).output, english);
});

Deno.test("dari demo uses colour on a terminal only", async () => {
  // deno-lint-ignore no-control-regex
  const colour = /\x1b\[/;
  assertMatch((await demo(["hash"], { color: true })).output, colour);
  assert(!colour.test((await demo(["hash"])).output));
});

Deno.test("dari demo refuses a scene that does not exist, and names those that do", async () => {
  for (const words of [["tour"], ["constructor"], ["rpc", "auth"]]) {
    const { code, errors } = await demo(words);
    assertEquals(code, 64);
    assertStringIncludes(errors, "pipe, queue, shared-memory, unix-socket, rpc, auth, tls, mtls");
  }
});
