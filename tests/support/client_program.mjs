// A program for Node, Bun and Deno that knows dari/client alone. It reads where the servers are from
// its argument and prints one line for each thing that it has tried.

import { readFileSync } from "node:fs";
import process from "node:process";
import { connect, DariError, method, RpcError, TransportError } from "dari/client";

const at = JSON.parse(readFileSync(process.argv[2], "utf8"));
const say = (name, value) =>
  console.log(`${name}: ${typeof value === "string" ? value : JSON.stringify(value)}`);
const trust = { ca: at.ca };

async function within(address, options, use) {
  const client = await connect(address, options);
  try {
    return await use(client);
  } finally {
    await client.close();
  }
}

async function errorOf(promise) {
  const error = await promise.then(() => undefined, (error) => error);
  const kinds = { RpcError, TransportError, DariError };
  const kind = Object.keys(kinds).find((name) => error instanceof kinds[name]);
  return `${kind} ${error?.code}`;
}

for (const kind of ["unix", "tcp", "tls"]) {
  await within(at[kind], trust, async (client) => {
    say(`${kind} call`, await client.call("add", { a: 10, b: 20 }));
    const many = await Promise.all(
      Array.from({ length: 200 }, (_, n) => client.call("add", { a: n, b: 1 })),
    );
    say(`${kind} many`, many.reduce((sum, n) => sum + n, 0));
    const items = [];
    for await (const item of client.stream("count", { to: 5 })) items.push(item);
    say(`${kind} stream`, items);
    say(`${kind} large`, (await client.call("echo", { text: "다".repeat(20_000) })).length);
    say(`${kind} error`, await errorOf(client.call("missing")));
    // Whichever end notices first.
    const late = await errorOf(client.call("hang", {}, { timeoutMs: 50 }));
    say(`${kind} deadline`, late.split(" ")[1]);
  });
}

const methods = { name: method({ public: true, handler: () => "the client" }) };
say("callback", await within(at.unix, { methods }, (client) => client.call("greetBack")));

await within([at.unix, at.tcp], { ...trust, lazy: true }, async (client) => {
  await client.ready();
  const answers = await Promise.all(
    Array.from({ length: 50 }, () => client.call("add", { a: 1, b: 1 })),
  );
  const { state, servers } = client.status;
  say("several", [state, servers.length, new Set(answers).size]);
});
const resolver = { resolve: () => ({ addresses: [at.tcp, "nowhere"] }) };
say("resolver", await within(resolver, {}, (client) => client.call("add", { a: 2, b: 3 })));

const login = { username: "alice", password: at.password };
say("scram", await within(at.tls, { ...trust, login }, (client) => client.call("who")));
say(
  "password",
  await within(
    at.tls,
    { ...trust, login: { ...login, plain: true } },
    (client) => client.call("who"),
  ),
);
say(
  "api key",
  await within(at.tls, { ...trust, apiKey: at.apiKey }, (client) => client.call("who")),
);
const keyLogin = { username: "alice", privateKey: at.privateKey };
say("public key", await within(at.tls, { ...trust, keyLogin }, (client) => client.call("who")));
say(
  "wrong password",
  await errorOf(connect(at.tls, { ...trust, login: { ...login, password: "wrong" } })),
);

const pair = { cert: at.cert, key: at.key };
say("mutual", await within(at.mutual, { ...trust, ...pair }, (client) => client.call("who")));
say(
  "no certificate",
  await errorOf(connect(at.mutual, trust).then((client) => client.call("who"))),
);
say("untrusted", await errorOf(connect(at.tls)));
say("other name", await errorOf(connect(at.otherName, trust)));
say("nothing there", await errorOf(connect("tcp://127.0.0.1:1")));
say("no address", await errorOf(connect("http://localhost")));
