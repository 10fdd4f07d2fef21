import type { LimboChain } from "./limbo_cases.ts";
import { soon } from "./mutual_tls.ts";
import { tempDirectory } from "./temp.ts";

/** `openssl s_server`, waiting for a client. */
export interface OpensslServer extends AsyncDisposable {
  readonly port: number;
  /** Waits for a text in its output, which has the lines that it receives and the TLS session. */
  printed(text: string): Promise<void>;
  /** Sends a line. */
  send(line: string): Promise<void>;
}

/** Starts `openssl s_server` on loopback with a certificate. */
export async function startOpensslServer(
  { cert, key }: Pick<LimboChain, "cert" | "key">,
  ...options: string[]
): Promise<OpensslServer> {
  const directory = await tempDirectory();
  await Deno.writeTextFile(`${directory.path}/cert.pem`, cert);
  await Deno.writeTextFile(`${directory.path}/key.pem`, key);
  const child = new Deno.Command("openssl", {
    args: [
      ...["s_server", "-accept", "127.0.0.1:0", "-alpn", "dari/1"],
      ...["-cert", "cert.pem", "-cert_chain", "cert.pem", "-key", "key.pem"],
      ...options,
    ],
    cwd: directory.path,
    stdin: "piped",
    stdout: "piped",
    stderr: "null",
  }).spawn();
  const input = child.stdin.getWriter();
  const lines = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  let output = "";
  const printed = async (text: string | RegExp): Promise<void> => {
    while (output.search(text) < 0) {
      const { value, done } = await soon(lines.read());
      if (done) throw new Error(`openssl ended: ${output}`);
      output += value;
    }
  };
  await printed(/^ACCEPT .*:\d+$/m);
  return {
    port: Number(/^ACCEPT .*:(\d+)$/m.exec(output)?.[1]),
    printed,
    send: (line) => input.write(new TextEncoder().encode(line)),
    async [Symbol.asyncDispose]() {
      child.kill("SIGKILL");
      await child.status;
      await input.abort().catch(() => {});
      await lines.cancel();
      await directory[Symbol.asyncDispose]();
    },
  };
}
