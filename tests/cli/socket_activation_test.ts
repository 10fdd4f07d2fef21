import {
  assert,
  assertEquals,
  assertMatch,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import { connect } from "../../lib/endpoint/connect.ts";
import { world } from "../support/mutual_tls.ts";
import { hasPython } from "../support/python.ts";
import { SOCKET_FLAG, startActivated } from "../support/socket_activation.ts";
import { tempDirectory } from "../support/temp.ts";
import { tlsPair } from "../support/tls_certificates.ts";

const ignore = !hasPython || Deno.build.os === "windows";
if (!hasPython) console.log("socket activation is not tried: there is no python3");

/** A method that says what a child of the server finds in its environment. */
const METHODS = `
export async function variables() {
  const { stdout } = await new Deno.Command("env", { stdout: "piped" }).output();
  return new TextDecoder().decode(stdout).split("\\n").filter((line) => line.startsWith("LISTEN_"));
}
`;

Deno.test({
  name:
    "dari serve listens with TLS, TCP and Unix sockets of systemd, and its children hear of none",
  ignore,
  async fn() {
    await using directory = await tempDirectory();
    const { path } = directory;
    const [data, module, api] = [`${path}/data`, `${path}/methods.js`, `${path}/api.sock`];
    await Deno.writeTextFile(module, METHODS);
    await using server = startActivated(
      ["web=127.0.0.1:0", "web=[::1]:0", "plain=127.0.0.1:0", `api=unix:${api}`, "spare=[::1]:0"],
      ["serve", module, "--data", data, "--public", "variables", "--log", "text"]
        .concat(
          ["tls://localhost:0?systemd=web", "tcp://127.0.0.1:0?systemd=plain"]
            .concat(`unix:${api}?systemd=api`).flatMap((place) => ["--listen", place]),
        ),
      [SOCKET_FLAG, "--allow-run=env"],
    );
    await server.waitFor(/^ready$/m);
    await server.waitForError(/hands over a socket named "spare" that nothing listens on/);
    const [tls = ""] = await server.waitFor(/tls:\/\/localhost:\d+$/m);
    const [tcp = ""] = await server.waitFor(/tcp:\/\/127\.0\.0\.1:\d+$/m);
    const ca = await Deno.readTextFile(`${data}/ca.crt`);
    for (const place of [tls, tls.replace("localhost", "127.0.0.1"), tcp, `unix:${api}`]) {
      await using client = await connect(place, { ca: place.startsWith("tls") ? ca : undefined });
      assertEquals(await client.call("variables"), [], place);
    }
    Deno.kill(server.pid, "SIGTERM");
    assertEquals((await server.ended).code, 0);
    assert((await Deno.lstat(api)).isSocket, "the socket is systemd's and stays");
  },
});

Deno.test({
  name: "a TLS socket of systemd asks for client certificates, and takes up a new certificate",
  ignore,
  async fn() {
    await using directory = await tempDirectory();
    const { path } = directory;
    const { authority, foreign, server: pair, client } = await world();
    const write = async (next: { cert: string; key: string }) => {
      await Deno.writeTextFile(`${path}/server.key`, next.key, { mode: 0o600 });
      await Deno.writeTextFile(`${path}/server.crt`, next.cert);
    };
    await write(pair);
    await Deno.writeTextFile(`${path}/clients.crt`, authority.pem);
    const files = ["--cert", `${path}/server.crt`, "--key", `${path}/server.key`];
    const place = `tls://127.0.0.1:0?client-ca=${path}/clients.crt&systemd=web`;
    await using server = startActivated(
      ["web=127.0.0.1:0"],
      ["serve", "--data", `${path}/data`, "--listen", place, "--public", "add", ...files],
    );
    const [address = ""] = await server.waitFor(/tls:\/\/127\.0\.0\.1:\d+$/m);
    const dial = (ca: string) => connect(address, { ca, cert: client.cert, key: client.key });
    await using first = await dial(authority.pem);
    assertEquals(await first.call("add", { a: 10, b: 20 }), 30);
    await assertRejects(async () => {
      await using bare = await connect(address, { ca: authority.pem });
      await bare.call("add", { a: 10, b: 20 });
    });
    await server.waitForError(/a connection was refused/);
    await write(await tlsPair(foreign));
    Deno.kill(server.pid, "SIGHUP");
    await server.waitForError(/has taken up a new certificate/);
    await using second = await dial(foreign.pem);
    assertEquals(await second.call("add", { a: 1, b: 2 }), 3);
    assertEquals(await first.call("add", { a: 1, b: 1 }), 2);
  },
});

Deno.test({
  name: "a client that comes while the service restarts waits, and is answered",
  ignore,
  async fn() {
    await using directory = await tempDirectory();
    const data = `${directory.path}/data`;
    await using server = startActivated(
      ["--again", "web=127.0.0.1:0"],
      ["serve", "--data", data, "--listen", "tcp://127.0.0.1:0?systemd=web", "--public", "add"],
    );
    const [address = ""] = await server.waitFor(/tcp:\/\/127\.0\.0\.1:\d+$/m);
    const [, first] = await server.waitFor(/^pid (\d+)/);
    await using stays = await connect(address);
    assertEquals(await stays.call("add", { a: 1, b: 1 }), 2);
    Deno.kill(Number(first), "SIGTERM");
    const [, second] = await server.waitFor(/pid[^]*^pid (\d+)$/m);
    await using client = await connect(address); // the second one does not serve yet
    assertEquals(await client.call("add", { a: 10, b: 20 }), 30);
    Deno.kill(Number(second), "SIGTERM");
    await server.ended;
  },
});

/** What the launcher hands over, where the server is to listen, and what it says. */
const refused: readonly [name: string, string[], string[], RegExp, string[]?][] = [
  [
    "a name that is not there",
    ["web=127.0.0.1:0"],
    ["tcp://127.0.0.1:0?systemd=api"],
    /no socket named "api", only "web"; write FileDescriptorName=api/,
  ],
  [
    "another address",
    ["web=127.0.0.1:0"],
    ["tls://127.0.0.1:1?systemd=web"],
    /as "web" is 127\.0\.0\.1:\d+; make ListenStream=/,
  ],
  [
    "a file",
    ["web=file"],
    ["tls://127.0.0.1:0?systemd=web"],
    /Descriptor 3, .*"web", is no stream socket/,
  ],
  [
    "a socket of datagrams",
    ["web=udp"],
    ["tls://127.0.0.1:0?systemd=web"],
    /is no stream socket that listens/,
  ],
  [
    "another process",
    ["--pid", "1", "web=127.0.0.1:0"],
    ["tls://127.0.0.1:0?systemd=web"],
    /sockets are for process "1" \(LISTEN_PID\)/,
  ],
  [
    "a Unix socket that is open to all",
    ["web=open:SOCK"],
    ["unix:SOCK?systemd=web"],
    /its mode is 0666.*SocketMode=0600/,
  ],
  [
    "two Unix sockets of one name",
    ["web=unix:SOCK", "web=unix:SOCK2"],
    ["unix:SOCK?systemd=web"],
    /2 Unix sockets as "web"/,
  ],
  [
    "plain TCP beyond this machine",
    ["web=0.0.0.0:0"],
    ["tcp://0.0.0.0:0?systemd=web"],
    /would cross the network unprotected/,
  ],
  [
    "a missing permission",
    ["web=127.0.0.1:0"],
    ["tls://127.0.0.1:0?systemd=web"],
    /may not read LISTEN_FDS; start it with --allow-env=LISTEN_FDS,/,
    [],
  ],
];

for (const [name, sockets, places, message, flags] of refused) {
  Deno.test({
    name: `dari serve refuses a socket of systemd: ${name}`,
    ignore,
    async fn() {
      await using directory = await tempDirectory();
      const at = (text: string) => text.replace("SOCK", `${directory.path}/s`);
      const words = ["serve", "--data", `${directory.path}/data`];
      await using server = startActivated(
        sockets.map(at),
        [...words, ...places.flatMap((place) => ["--listen", at(place)])],
        flags,
      );
      const { code, err } = await server.ended;
      assertMatch(err, message);
      assert(code !== 0);
    },
  });
}

Deno.test({
  name: "dari serve says where systemd hands over sockets and no --listen takes one",
  ignore,
  async fn() {
    await using directory = await tempDirectory();
    await using server = startActivated(
      ["web=127.0.0.1:0"],
      ["serve", "--data", `${directory.path}/data`, "--listen", "tcp://127.0.0.1:0"],
    );
    await server.waitFor(/^ready$/m);
    await server.waitForError(/systemd hands over 1 sockets, and no --listen takes one/);
    assertStringIncludes((await server.waitFor(/^pid \d+$/m))[0], String(server.pid));
  },
});
