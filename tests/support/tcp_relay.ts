/** A relay on TCP in front of a server, which cuts every connection where a test wants it. */
export interface TcpRelay extends AsyncDisposable {
  /** Where it listens, on localhost. */
  readonly port: number;
  /** Ends every connection at once. */
  cut(): void;
}

/**
 * Hands everything on to a port of this machine.
 *
 * @param far The port.
 */
export function startTcpRelay(far: number): TcpRelay {
  const listener = Deno.listen({ hostname: "localhost", port: 0 });
  const open = new Set<Deno.Conn>();
  const cut = () => {
    for (const each of open) each.close();
    open.clear();
  };
  const relayed = (async () => {
    for await (const client of listener) {
      const server = await Deno.connect({ hostname: "localhost", port: far });
      for (const each of [client, server]) open.add(each);
      const end = (each: Deno.Conn) => {
        if (open.delete(each)) each.close();
      };
      const handOn = async (from: Deno.Conn, to: Deno.Conn) => {
        const bytes = new Uint8Array(65_536);
        try {
          for (let length; (length = await from.read(bytes)) !== null;) {
            for (let sent = 0; sent < length;) sent += await to.write(bytes.subarray(sent, length));
          }
        } catch {
          // It was cut, or one end has left.
        }
        end(from);
        end(to);
      };
      handOn(client, server);
      handOn(server, client);
    }
  })();
  return {
    port: listener.addr.port,
    cut,
    async [Symbol.asyncDispose]() {
      listener.close();
      cut();
      await relayed;
    },
  };
}
