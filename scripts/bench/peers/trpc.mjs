import { createTRPCClient, createWSClient, wsLink } from "@trpc/client";
import { initTRPC } from "@trpc/server";
import { applyWSSHandler } from "@trpc/server/adapters/ws";
import { WebSocket, WebSocketServer } from "ws";
import { main, methods, once } from "./main.mjs";

const { router, procedure } = initTRPC.create();
const take = procedure.input((params) => params);
const appRouter = router({
  add: take.query(({ input }) => methods.add(input)),
  echo: take.query(({ input }) => methods.echo(input)),
});

async function listen() {
  const wss = new WebSocketServer({ host: "127.0.0.1", port: 0 });
  applyWSSHandler({ wss, router: appRouter, createContext: () => ({}) });
  await once(wss, "listening");
  return `ws://127.0.0.1:${wss.address().port}`;
}

function open(url) {
  return new Promise((resolve, reject) => {
    const socket = createWSClient({
      url,
      WebSocket,
      onError: reject,
      onOpen() {
        const client = createTRPCClient({ links: [wsLink({ client: socket })] });
        resolve({
          add: (a, b) => client.add.query({ a, b }),
          echo: (value) => client.echo.query({ value }),
          close: () => socket.close(),
        });
      },
    });
  });
}

await main(listen, open);
