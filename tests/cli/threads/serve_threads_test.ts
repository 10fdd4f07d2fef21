import {
  assert,
  assertEquals,
  assertMatch,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import { deadline, delay } from "../../../lib/base/abort.ts";
import { errorTable } from "../../../lib/base/errors.ts";
import { limits } from "../../../lib/base/limits.ts";
import { connect, type ConnectOptions } from "../../../lib/endpoint/connect.ts";
import { dari, startDari } from "../../support/dari_command.ts";
import { startServer } from "../../support/dari_server.ts";
import { PASSWORD } from "../../support/identity.ts";
import { tempDirectory } from "../../support/temp.ts";

/** What two threads serve: each call says which of them it is. */
const MODULE = `
  const thread = crypto.randomUUID();
  export const which = () => thread;
  export const secret = () => thread;
  export const die = () => void setTimeout(() => { throw new Error("boom of the test"); });
  export async function wait({ file }: { file: string }) {
    while (!await Deno.stat(file).catch(() => undefined)) await new Promise((r) => setTimeout(r, 5));
    return thread;
  }
`;

type Thread = Awaited<ReturnType<typeof connect>> & { which: string };

/** A server of two threads. */
async function startThreads(...words: string[]) {
  const directory = await tempDirectory();
  const module = `${directory.path}/methods.ts`;
  await Deno.writeTextFile(module, MODULE);
  const open = ["which", "die", "wait"].flatMap((name) => ["--public", name]);
  const server = await startServer(module, "--threads", "2", ...open, ...words);
  const ca = await Deno.readTextFile(`${server.data}/ca.crt`);
  const dial = async (options: ConnectOptions = {}): Promise<Thread> => {
    const client = await connect(server.tls, { ca, ...options });
    return Object.assign(client, { which: await client.call("which") as string });
  };
  return {
    ...server,
    dial,
    /** Connects until each of two threads has a connection; gives one of each. */
    async dialBoth(options: ConnectOptions = {}): Promise<[Thread, Thread]> {
      const first = await dial(options);
      for (;;) {
        const other = await dial(options);
        if (other.which !== first.which) return [first, other];
        await other.close();
      }
    },
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]();
      await directory[Symbol.asyncDispose]();
    },
  };
}

/** Calls until a call fails, and gives the code of its error. */
async function changeOf(client: Thread, method: string): Promise<unknown> {
  for (;;) {
    const code = await client.call(method).then(() => undefined, (error) => error.code);
    if (code !== undefined) return code;
    await delay(10);
  }
}

Deno.test("dari serve --threads serves one port by all of them, and drains all of them", async () => {
  await using server = await startThreads();
  const [one, other] = await server.dialBoth();
  // A call that runs in each when the server stops.
  const file = `${server.directory}/go`;
  const waits = [one, other].map((client) => client.call("wait", { file }));
  for (const client of [one, other]) await client.call("which");
  const stopped = server.stop();
  const untilClosed = async () => {
    for (;;) await (await server.dial()).close();
  };
  await assertRejects(untilClosed);
  await Deno.writeTextFile(file, "");
  const { err, code } = await stopped;
  assertEquals(await Promise.all(waits), [one.which, other.which]);
  assertMatch(err, /info the server is stopping connections=\d calls=2\n/);
  assertMatch(err, /info the server has stopped drained=2 cut=0$/);
  assertEquals(code, 0);
  await one.close();
  await other.close();
});

Deno.test("a key that is revoked, and a policy that changes, is felt in every thread", async () => {
  await using server = await startThreads();
  const data = ["--data", server.data];
  await dari(["user", "add", "alice", "--no-password", ...data]);
  const keyOf = async (name: string) => {
    const { out } = await dari(["key", "create", "alice", "--name", name, ...data]);
    const [apiKey = "", id = ""] = /dari_([0-9a-f]{12})_\w{49}/.exec(out) ?? [];
    return { apiKey, id };
  };
  const { apiKey, id } = await keyOf("k");
  const clients = await server.dialBoth({ apiKey });
  for (const client of clients) assertEquals(await client.call("secret"), client.which);
  const changes = Promise.all(clients.map((client) => changeOf(client, "secret")));
  assertEquals((await dari(["key", "revoke", id, ...data])).code, 0);
  const revoked = await deadline(changes, 20_000);
  // The server cuts the connection; the next sign-in is refused.
  const ends = ["unauthenticated", "unavailable"];
  for (const code of revoked) assert(ends.includes(`${code}`), `${code}`);
  for (const client of clients) await client.close();

  const others = await server.dialBoth({ apiKey: (await keyOf("other")).apiKey });
  await Deno.writeTextFile(`${server.data}/policy.json`, '{"roles":{"user":["none"]}}');
  const denied = Promise.all(others.map((client) => changeOf(client, "secret")));
  assertEquals(await deadline(denied, 20_000), [
    "permission_denied",
    "permission_denied",
  ]);
  for (const client of others) await client.close();
});

Deno.test("the limits of a policy count the calls of all threads together", async () => {
  await using server = await startThreads();
  const rules = { anonymous: { which: { perSecond: 0.01, burst: 8 } } };
  // What the server takes up counts from then on; each connection makes one such call itself.
  await Deno.writeTextFile(
    `${server.data}/policy.json`,
    JSON.stringify({ roles: { user: ["*"] }, limits: rules }),
  );
  // The threads take it up one after the other. Then none of them has a token left.
  const untilRefused = async () => {
    for (let inARow = 0; inARow < 12;) {
      const client = await server.dial().catch((error) => {
        assertEquals(error.code, "resource_exhausted");
        inARow++;
      });
      if (client !== undefined) inARow = 0;
      await client?.close();
    }
  };
  await deadline(untilRefused(), 20_000);
});

Deno.test("failed sign-ins in one thread lock the account in all of them", async () => {
  await using server = await startThreads();
  await dari(["user", "add", "alice", "--password-stdin", "--data", server.data], {
    input: PASSWORD,
  });
  const wrong = { login: { username: "alice", password: "a wrong password" } };
  const right = { login: { username: "alice", password: PASSWORD } };
  const seen = new Set<string>();
  for (let n = 0; n < limits.lockoutFailures; n++) {
    await assertRejects(() => server.dial(wrong));
  }
  const both = await server.dialBoth();
  for (const client of both) seen.add(client.which);
  assertEquals(seen.size, 2);
  for (let n = 0; n < 8; n++) {
    const error = await server.dial(right).then(() => undefined, (error) => error);
    assertEquals(error?.code, "unauthenticated", "locked in every thread");
  }
  for (const client of both) await client.close();
  const log = (await server.stop()).err;
  assertMatch(log, /an account is locked .*account=alice/);
});

Deno.test("--max-connections holds for all threads together", async () => {
  await using server = await startThreads("--max-connections", "6");
  const open: Thread[] = [];
  // One place is kept for those who have signed in.
  const refused = async () => {
    for (;;) open.push(await server.dial());
  };
  await assertRejects(() => deadline(refused(), 20_000));
  assertEquals(open.length, 5);
  await open.pop()?.close();
  const again = async (): Promise<Thread> => {
    for (;;) {
      const client = await server.dial().catch(() => undefined);
      if (client !== undefined) return client;
      await delay(10);
    }
  };
  open.push(await deadline(again(), 10_000));
  for (const client of open) await client.close();
  assertStringIncludes((await server.stop()).err, "5 connections are open, 5 of which");
});

Deno.test("a thread that dies is started again, and the other one serves all the time", async () => {
  await using server = await startThreads();
  const [one, other] = await server.dialBoth();
  await one.call("die");
  const isBack = async () => {
    for (;;) {
      assertEquals(await other.call("which"), other.which);
      const which = await one.call("which", {}, { idempotent: true }).catch(() => one.which);
      if (which !== one.which) break;
    }
    // Two threads serve again.
    const both = await server.dialBoth();
    for (const client of both) await client.close();
  };
  await deadline(isBack(), 20_000);
  const { err } = { err: await server.stop().then(({ err }) => err) };
  assertMatch(
    err,
    /error a thread died thread=\d error="Error: boom of the test\\n .*methods\.ts.*" restartInMs=\d+\n/,
  );
  assertMatch(err, /warn a thread serves again thread=\d/);
  await one.close();
  await other.close();
});

Deno.test("dari serve --threads says why it cannot start, and leaves nothing behind", async () => {
  await using directory = await tempDirectory();
  const module = `${directory.path}/methods.ts`;
  await Deno.writeTextFile(
    module,
    `if (!("document" in globalThis) && "WorkerGlobalScope" in globalThis) throw new Error("not here");
     export const add = () => 3;`,
  );
  using taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = taken.addr as Deno.NetAddr;
  const serve = (...words: string[]) =>
    dari(["serve", "--threads", "2", "--data", `${directory.path}/data`, ...words]);
  const inThread = await serve(module, "--listen", "tls://127.0.0.1:0");
  assertEquals(inThread.code, errorTable.data.exit);
  assertMatch(inThread.err, /Cannot load .*methods\.ts: Error: not here/);
  const inUse = await serve("--listen", `tls://127.0.0.1:${port}`);
  assertEquals(inUse.code, errorTable.unavailable.exit);
  assertStringIncludes(inUse.err, "the port is in use");
  const noPort = await serve("--listen", `unix:${directory.path}/other.sock`);
  assertEquals(noPort.code, errorTable.usage.exit);
  for (const text of ["0", "1000000000"]) {
    const { code, err } = await dari(["serve", "--threads", text]);
    assertEquals(code, errorTable.usage.exit);
    assertStringIncludes(
      err,
      `--threads takes auto, or a whole number from 1 to ${limits.maxServingThreads}`,
    );
  }
});

Deno.test("dari serve --threads with more threads than cores serves, and says so", async () => {
  const threads = `${navigator.hardwareConcurrency + 1}`;
  await using server = await startServer("--threads", threads);
  const { code, err } = await server.stop();
  assertEquals(code, 0);
  assertMatch(err, /warn there are more threads than cores threads=\d+ cores=\d+\n/);
});

Deno.test("dari serve --threads ends, and says why, when its store is removed", async () => {
  await using server = await startThreads();
  await Deno.remove(`${server.data}/dari.db`);
  const { err, code } = await deadline(server.ended, 10_000);
  assertMatch(err, /dari: Store .* was removed or replaced while it was in use/);
  assertEquals(code, errorTable.data.exit);
});

Deno.test("dari serve --threads stops when it is told to while it starts", async () => {
  await using directory = await tempDirectory();
  const words = ["--data", `${directory.path}/data`, "--listen", "tls://127.0.0.1:0"];
  await using server = startDari(["serve", "--threads", "2", ...words]);
  const { code } = await deadline(server.stop(), 30_000);
  assertEquals(code, 0);
  await assertRejects(() => Deno.stat(`${directory.path}/data/dari.sock`), Deno.errors.NotFound);
});

Deno.test("dari serve --threads has its HTTPS gateway in the main thread, and each port tells where it is", async () => {
  await using server = await startThreads("--https", "127.0.0.1:0");
  const [, https = ""] = /listening on (https:\S+)/.exec(server.out) ?? [];
  const caCerts = [await Deno.readTextFile(`${server.data}/ca.crt`)];
  using client = Deno.createHttpClient({ caCerts });
  const options = { client, method: "POST" };
  const first = await fetch(`${https}/rpc/which`, options).then((response) => response.json());
  const again = await fetch(`${https}/rpc/which`, options).then((response) => response.json());
  assertEquals(first, again);
  const told = await fetch(server.tls.replace("tls:", "https:"), { client });
  assertEquals([told.status, (await told.text()).includes(https)], [400, true]);
});
