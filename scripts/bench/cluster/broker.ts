/**
 * The NATS server of the benchmark.
 *
 * @module
 */

/** A NATS server that runs. */
export interface Broker extends AsyncDisposable {
  /** Its host and port. */
  readonly at: string;
  /** Its process. */
  readonly pid: number;
}

const PROGRAM = Deno.env.get("NATS_SERVER") ?? "nats-server";

/**
 * Starts a NATS server on loopback, with JetStream and without TLS.
 *
 * @param directory Where its configuration is written.
 * @throws {Error} Where none is installed, or it ends.
 */
export async function startBroker(directory: string): Promise<Broker> {
  const config = `${directory}/nats.conf`;
  const streams = `jetstream { store_dir: "${directory}/streams" }`;
  await Deno.writeTextFile(config, `listen: "127.0.0.1:-1"\n${streams}\n`);
  const env = { PATH: `${Deno.env.get("PATH")}:/usr/sbin` }; // where Debian puts it
  const child = new Deno.Command(PROGRAM, {
    args: ["--config", config],
    env,
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  }).spawn();
  const log = child.stderr.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  const end = async () => {
    child.kill("SIGKILL");
    await log.cancel();
    await child.status;
  };
  while (true) {
    const { value, done } = await log.read();
    if (done) throw new Error(`nats-server ended: ${text}`);
    text += value;
    const at = /client connections on (\S+)/.exec(text)?.[1];
    if (at !== undefined) return { at, pid: child.pid, [Symbol.asyncDispose]: end };
  }
}
