import { assertEquals, assertThrows } from "@std/assert";
import { TransportError } from "../../lib/base/errors.ts";
import { connectProgram, type ProgramOptions } from "../../lib/transport/program.ts";
import { soon } from "../support/mutual_tls.ts";

/** Runs a script of the POSIX shell, and keeps what is told of it. */
function startScript(script: string, options: ProgramOptions = {}) {
  const told: string[] = [];
  const ended = Promise.withResolvers<string>();
  const connection = connectProgram("/bin/sh", {
    args: ["-c", script],
    env: { PATH: "/usr/bin:/bin" },
    onText: (text) => told.push(text),
    onEnd: ended.resolve,
    ...options,
  });
  return { connection, told, ended: ended.promise };
}

Deno.test("a program is spoken with on its standard streams, and ends with its input", async () => {
  const { connection, ended } = startScript('while read -r line; do echo "[$line]"; done; exit 3');
  await connection.send("1\n");
  assertEquals(await connection.receive(), "[1]\n");
  await connection.close();
  assertEquals(await soon(ended), "code 3");
});

Deno.test("what a program prints besides its messages is told, and not taken for one", async () => {
  const { connection, told } = startScript(
    "echo hello; echo '{}'; echo oops >&2; echo bye; read x",
  );
  let received = "";
  while (!received.includes("{}")) received += await connection.receive();
  assertEquals(received, "{}\n");
  const rest = connection.receive();
  for (const text of ["hello\n", "bye\n", "oops\n"]) {
    while (!told.join("").includes(text)) await new Promise((resolve) => setTimeout(resolve, 5));
  }
  connection.abort();
  assertEquals(await rest, null);
});

Deno.test("the end of a program is the end of its connection", async () => {
  const { connection, ended } = startScript("echo '{}'; kill -9 $$");
  assertEquals(await connection.receive(), "{}\n");
  assertEquals(await connection.receive(), null);
  assertEquals(await soon(ended), "SIGKILL");
  connection.abort();
});

Deno.test("a program that does not end with its connection is told to, and then killed", async () => {
  const patient = startScript("trap '' TERM; echo '{}'; while :; do sleep 0.05; done", {
    graceMs: 50,
  });
  await patient.connection.receive();
  patient.connection.abort();
  assertEquals(await soon(patient.ended), "SIGKILL");
  const heeding = startScript("echo '{}'; while :; do sleep 0.05; done", { graceMs: 50 });
  await heeding.connection.receive();
  heeding.connection.abort();
  assertEquals(await soon(heeding.ended), "SIGTERM");
});

Deno.test("a program inherits no environment", async () => {
  const { connection } = startScript(
    "env | sed 's/=.*//' | sort | tr '\\n' ' ' | sed 's/.*/[&]\\n/'",
    {
      env: { PATH: "/usr/bin:/bin", MODE: "x" },
    },
  );
  const names = String(await connection.receive()).replace(/\b(_|PWD|SHLVL|OLDPWD) /g, "");
  assertEquals(names, "[MODE PATH ]\n");
  connection.abort();
});

Deno.test("a program that is not there is said to be so", () => {
  assertThrows(
    () => connectProgram("/no/such/program"),
    TransportError,
    'Cannot start "/no/such/program"',
  );
});
