/** A relay between a client and a server that breaks connections. */
export interface CuttingRelay extends AsyncDisposable {
  /** How many connections there were. */
  readonly connections: number;
}

/**
 * Listens on a Unix socket and hands everything on to another.
 *
 * @param near Where it listens.
 * @param far Where the server listens.
 * @param cuts For each connection, after how many bytes of both directions it breaks; later ones stay.
 */
export function startCuttingRelay(
  near: string,
  far: string,
  cuts: readonly number[],
): CuttingRelay {
  const listener = Deno.listen({ transport: "unix", path: near });
  const open = new Set<Deno.Conn>();
  let connections = 0;
  const relayed = (async () => {
    for await (const client of listener) {
      let left = cuts[connections++] ?? Infinity;
      const server = await Deno.connect({ transport: "unix", path: far });
      const both = [client, server];
      for (const each of both) open.add(each);
      const cut = () => {
        for (const each of both) if (open.delete(each)) each.close();
      };
      const handOn = async (from: Deno.Conn, to: Deno.Conn) => {
        const bytes = new Uint8Array(16_384);
        try {
          for (let length; (length = await from.read(bytes)) !== null;) {
            const end = Math.min(length, left);
            for (let sent = 0; sent < end;) sent += await to.write(bytes.subarray(sent, end));
            if ((left -= end) === 0) break;
          }
        } catch {
          // It was cut, or one end has left.
        }
        cut();
      };
      handOn(client, server);
      handOn(server, client);
    }
  })();
  return {
    get connections() {
      return connections;
    },
    async [Symbol.asyncDispose]() {
      listener.close();
      for (const each of open) each.close();
      open.clear();
      await relayed;
    },
  };
}
