/** The output of `openssl s_client`. */
export interface OpensslTalk {
  readonly code: number;
  readonly output: string;
  readonly errors: string;
}

/**
 * Sends lines with `openssl s_client`, and waits until a reply has come or openssl has ended.
 *
 * @param address The server, such as `tls://localhost:9090`.
 * @param lines The lines.
 * @param options Options of s_client.
 */
export async function talkByOpenssl(
  address: string,
  lines: string,
  ...options: string[]
): Promise<OpensslTalk> {
  const command = new Deno.Command("openssl", {
    args: ["s_client", "-connect", address.replace("tls://", ""), ...options],
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
    signal: AbortSignal.timeout(10_000), // where a server neither answers nor hangs up
  });
  await using child = command.spawn();
  const stderr = new Response(child.stderr).text();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(lines)).catch(() => {}); // It may have ended already.
  let output = "";
  for await (const text of child.stdout.pipeThrough(new TextDecoderStream())) {
    output += text;
    if (/^\{"jsonrpc".*\n/m.test(output)) break;
  }
  await writer.close().catch(() => {});
  const { code } = await child.status;
  return { code, output, errors: await stderr };
}
