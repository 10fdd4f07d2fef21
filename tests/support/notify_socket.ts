import { soon } from "./mutual_tls.ts";

const script = new URL("notify_socket.py", import.meta.url).pathname;

/** What a process has told its service manager. */
export interface Notification {
  readonly pid: number;
  readonly fields: readonly string[];
}

/** Stands in for systemd's notification socket (Python has datagrams of Unix sockets). */
export async function openNotifySocket(path: string) {
  const child = new Deno.Command("python3", {
    args: [script, path],
    stdin: "null",
    stdout: "piped",
  }).spawn();
  const received: Notification[] = [];
  let onMessage = () => {};
  const listening = Promise.withResolvers<void>();
  const reading = (async () => {
    let rest = "";
    for await (const text of child.stdout.pipeThrough(new TextDecoderStream())) {
      const lines = (rest + text).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) {
        if (line === "listening") listening.resolve();
        else received.push(JSON.parse(line));
      }
      onMessage();
    }
  })();
  await soon(listening.promise, 10_000);
  return {
    received,
    /** Waits for a message with a field that begins so, beyond the first `from` messages. */
    waitFor(start: string, from = 0): Promise<Notification> {
      const { promise, resolve } = Promise.withResolvers<Notification>();
      onMessage = () => {
        const found = received.slice(from)
          .find(({ fields }) => fields.some((field) => field.startsWith(start)));
        if (found !== undefined) resolve(found);
      };
      onMessage();
      return soon(promise, 20_000);
    },
    async [Symbol.asyncDispose]() {
      child.kill();
      await child.status;
      await reading;
    },
  };
}
