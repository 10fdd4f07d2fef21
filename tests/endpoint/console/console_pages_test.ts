import { assert, assertEquals, assertMatch } from "@std/assert";
import { limits } from "../../../lib/base/limits.ts";
import { readPages } from "../../../lib/endpoint/page/pages.ts";
import { readConsole } from "../../../lib/endpoint/console/console_pages.ts";
import { ChromiumPage } from "../../support/chromium.ts";
import {
  browserTest,
  EVIL,
  openConsole,
  picture,
  pressAndConfirm,
  shown,
  textOf,
} from "../../support/console_page.ts";
import { startConsole } from "../../support/console_server.ts";
import { enrol } from "../../support/factors.ts";
import { PASSWORD } from "../../support/identity.ts";
import { facts } from "../../support/ledgers.ts";

const KiB = 1024;

Deno.test("the console has less than 300 KB, and loads nothing from elsewhere", async () => {
  const pages = await readConsole();
  const others = await readPages();
  const bytes = [...pages.values()]
    .reduce((sum, { text }) => sum + new TextEncoder().encode(text).length, 0);
  assert(bytes < 300 * KiB, `${bytes} bytes`);
  assert(pages.has("/console") && pages.has("/dari.console/uplot.js"));
  for (const [path, { text }] of pages) {
    if (path.endsWith("uplot.js")) continue; // its licence names its address
    assertEquals(/https?:\/\/|<style|\son\w+=|\sstyle=|innerHTML|eval\(/.test(text), false, path);
    for (const [, name] of text.matchAll(/(?:from |src=|href=)"([./][^"]*)"/g)) {
      const url = new URL(name!, `https://x/dari.console/`).pathname;
      assert(others.has(url), `${path} loads ${url}`);
    }
  }
});

browserTest(
  "the console draws its charts, and goes on, in Chromium",
  async () => {
    await using server = await startConsole({ add: { public: true, handler: () => 3 } });
    await using page = await openConsole(server.url);
    await page.goTo(`${server.url}/console`);
    await page.until(`${shown("canvas")} && ${shown(".numbers td")}`);
    // Each chart has a table that says the same.
    const counts = await page.evaluate(
      "[...document.querySelectorAll('.charts .card')].map((card) => " +
        "[card.querySelectorAll('canvas').length, card.querySelectorAll('tbody tr').length > 0])",
    );
    assertEquals(counts, counts.map(() => [1, true]));
    assertEquals(counts.length >= 6, true);
    // Again and again: the page shows the calls of the last two seconds alone.
    await page.evaluate("void setInterval(() => fetch('/rpc/add', { method: 'POST' }), 300)");
    await page.until(
      "[...document.querySelectorAll('bdi')].some((each) => each.textContent === 'add')",
    );
    assertMatch(
      await page.evaluate(`${shown(".plot")}.getAttribute("aria-label")`),
      /^Calls a second: all/,
    );
    await picture(page, "overview");
    assertEquals(page.complaints.filter((line) => !/status of 401/.test(line)), []);
  },
);

browserTest("the console asks, and signs in again, before it revokes and disables", async () => {
  await using server = await startConsole();
  const { accounts, keys, sessions } = server.identity;
  await accounts.add({ name: "mallory", email: "m@example.com" });
  await keys.create({ account: "mallory", name: "<b>deploy</b>" });
  await server.ledger.recordIssued({ ...facts, serial: "66", subject: EVIL, purposes: ["client"] });
  await using page = await openConsole(server.url);
  for (
    const section of [
      "sessions",
      "keys",
      "accounts",
      "certificates",
      "connections",
      "policy",
      "audit",
    ]
  ) {
    await page.evaluate(`location.hash = "#${section}"`);
    await page.until(shown("main div table"));
    await picture(page, section);
  }
  await page.evaluate('location.hash = "#certificates"');
  await page.until("/gpj/.test(document.querySelector('main').textContent)");
  assertEquals(await page.evaluate(shown("main b")), null);
  assertMatch(await page.evaluate(textOf("main tbody")), /<b>x<\/b>\\u\{001b\}\[31m\\u\{202e\}gpj/);

  await page.evaluate('location.hash = "#accounts"');
  await page.until(shown('[aria-label="Disable mallory"]'));
  // The question can be left by the keyboard, and nothing has happened.
  await page.evaluate(`${shown('[aria-label="Disable mallory"]')}.focus()`);
  await page.press("Enter");
  await page.until(shown("dialog[open]"));
  await page.press("Escape");
  await page.until(`${shown("dialog")} === null`);
  assertEquals(await page.evaluate("document.activeElement.ariaLabel"), "Disable mallory");
  assertEquals((await accounts.get("mallory")).active, true);

  server.clock.advance(limits.freshSignInMs + 1);
  await page.press("Enter");
  await page.until(shown("dialog[open]"));
  await page.evaluate(`${shown("dialog[open] .danger")}.click()`);
  await page.until("document.activeElement.name === 'password'");
  assertEquals((await accounts.get("mallory")).active, true);
  await picture(page, "again");
  await page.type("wrong");
  await page.press("Enter");
  await page.until(`${textOf("dialog [role=alert]")} !== ""`);
  assertEquals((await accounts.get("mallory")).active, true);
  const [before] = await sessions.list("root");
  await page.type(PASSWORD);
  await page.press("Enter");
  await page.until(`${shown("dialog")} === null`);
  assertEquals((await accounts.get("mallory")).active, false);
  assertMatch(await page.evaluate(textOf("#said")), /Disabled mallory/);
  // The sign-in took the place of the one before.
  const after = await sessions.list("root");
  assertEquals([after.length, after[0]!.id === before!.id], [1, false]);

  await page.until(shown('[aria-label="Revoke everything of mallory"]'));
  await page.evaluate(`${shown('[aria-label="Revoke everything of mallory"]')}.click()`);
  await page.until(shown("dialog[open] li"));
  assertEquals(await page.evaluate(shown("dialog b")), null);
  await picture(page, "revoke");
  await page.evaluate(`${shown("dialog[open] .danger")}.click()`);
  await page.until(`/^Revoked user:mallory/.test(${textOf("#said")})`);
  assertEquals((await keys.list("mallory")).map(({ state }) => state), ["revoked"]);
  const expected = /status of (401|400|409|412)/; // signing in, a wrong password, a sign-in too old
  assertEquals(page.complaints.filter((line) => !expected.test(line)), []);
});

browserTest("the console rotates a key, unlocks an account, explains, and searches", async () => {
  await using server = await startConsole({ add: () => 3 });
  const { accounts, keys } = server.identity;
  const { key } = await keys.create({ account: "alice", name: "deploy" });
  for (let n = 0; n < limits.lockoutFailures; n++) {
    await server.identity.verify("alice", "wrong").catch(() => {});
  }
  await using page = await openConsole(server.url);
  await page.evaluate('location.hash = "#keys"');
  await pressAndConfirm(page, `Rotate the key ${key.id}`);
  await page.until(shown("#new-key"));
  const text = await page.evaluate(textOf("#new-key"));
  assertEquals((await keys.find(text)).record.id, key.id);
  await picture(page, "rotated");
  await page.evaluate(`${shown("dialog .primary")}.click()`);
  await page.until(`${shown("dialog")} === null`);
  await page.until(`!document.body.textContent.includes("${text}")`);

  await page.evaluate('location.hash = "#accounts"');
  await pressAndConfirm(page, "Unlock alice");
  await page.until(`${textOf("#said")} === "Unlocked alice"`);
  assertEquals((await accounts.get("alice")).lockedUntilMs, undefined);
  await page.press("/", "Slash");
  await page.type("roo");
  await page.press("Enter");
  await page.until("document.querySelectorAll('main tbody tr').length === 1");

  await page.evaluate('location.hash = "#policy"');
  await page.until(shown("[name=principal]"));
  await page.evaluate(`${shown("[name=principal]")}.focus()`);
  await page.type("alice");
  await page.press("Tab");
  await page.type("rpc.status");
  await page.press("Enter");
  await page.until(shown(".decision"));
  assertMatch(await page.evaluate(textOf(".decision")), /^denied/);
});

browserTest("the console shows the audit, and searches it", async () => {
  await using server = await startConsole();
  await using page = await openConsole(server.url);
  await page.evaluate('location.hash = "#audit"');
  await page.until("document.querySelectorAll('main tbody tr').length > 2");
  assertMatch(await page.evaluate(textOf("main tbody")), /account\.added/);
  await page.press("/", "Slash");
  await page.type("CERTIFICATE.issued");
  await page.press("Enter");
  await page.until("document.querySelectorAll('main tbody tr').length === 1");
  assertMatch(await page.evaluate(textOf("main tbody")), /certificate\.issued.*4a0d/);
  assertMatch(await page.evaluate(textOf("main [role=status]")), /^1 record; there are no older/);
});

browserTest(
  "the console asks for the code of a second factor or a passkey, also before an act",
  async () => {
    await using server = await startConsole();
    const { accounts, keys } = server.identity;
    const { recoveryCodes } = await enrol(server, "root");
    await using page = await ChromiumPage.open(
      `${server.url.replace("127.0.0.1", "localhost")}/console`,
    );
    await page.addAuthenticator();
    await page.until(shown("#sign-in"));
    await page.type("root");
    await page.press("Tab");
    await page.type(PASSWORD);
    await page.press("Enter");
    await page.until("document.activeElement.name === 'code'");
    await page.type(recoveryCodes[0]!);
    await page.press("Enter");
    await page.until(shown("canvas"));
    server.clock.advance(limits.freshSignInMs + 1);
    await page.evaluate('location.hash = "#accounts"');
    await pressAndConfirm(page, "Disable alice");
    await page.until("document.activeElement.name === 'password'");
    await page.type(PASSWORD);
    await page.press("Enter");
    await page.until("document.activeElement.name === 'code'");
    assertEquals((await accounts.get("alice")).active, true);
    await page.type(recoveryCodes[1]!);
    await page.press("Enter");
    await page.until(`${shown("dialog")} === null`);
    assertEquals((await accounts.get("alice")).active, false);

    await page.evaluate(`import("/dari.console/console_passkey.js").then(({ addPasskey }) =>
    addPasskey(async (path, body) => (await fetch(path, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    })).json()))`);
    await page.evaluate(`${shown("#sign-out")}.requestSubmit()`);
    await page.until(shown("#sign-in .passkey"));
    await page.evaluate(`${shown("#sign-in .passkey")}.click()`);
    await page.until(shown('[aria-label="Revoke everything of alice"]'));
    assertEquals(await page.evaluate(textOf("#account")), "root");
    const { key } = await keys.create({ account: "root", name: "deploy" });
    server.clock.advance(limits.freshSignInMs + 1);
    await page.evaluate('location.hash = "#keys"');
    await page.until(shown(`[aria-label="Revoke the key ${key.id}"]`));
    await page.evaluate(`${shown(`[aria-label="Revoke the key ${key.id}"]`)}.click()`);
    await page.until(shown("dialog[open] li"));
    await page.evaluate(`${shown("dialog[open] .danger")}.click()`);
    await page.until("document.activeElement.name === 'password'");
    assertEquals((await keys.list("root")).map(({ state }) => state), ["active"]);
    await page.evaluate(`${shown("dialog[open] .passkey")}.click()`);
    await page.until(`${shown("dialog")} === null`);
    assertEquals((await keys.list("root")).map(({ state }) => state), ["revoked"]);
  },
);

browserTest("the console is for administrators, and for strangers a sign-in", async () => {
  await using server = await startConsole();
  await using page = await ChromiumPage.open(`${server.url}/console`);
  await page.until(shown("#sign-in"));
  assertEquals(await page.evaluate(`${shown("nav")}.hidden`), true);
  await picture(page, "sign-in");
  await page.type("alice");
  await page.press("Tab");
  await page.type(PASSWORD);
  await page.press("Enter");
  await page.until(`/role admin/.test(${textOf("#notice")})`);
  assertEquals(await page.evaluate(`${shown("nav")}.hidden`), true);
  await page.evaluate(`${shown("#sign-out")}.requestSubmit()`);
  await page.until(shown("#sign-in"));
  assertEquals(await server.identity.sessions.list(), []);
});
