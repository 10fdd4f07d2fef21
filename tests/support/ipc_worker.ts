/** Starts a worker from source; `LIB` in it stands for lib/ipc. */
export function startWorker(source: string): {
  worker: Worker;
  ask(message: unknown): Promise<unknown>;
  [Symbol.dispose](): void;
} {
  const code = source.replaceAll("LIB", new URL("../../lib/ipc", import.meta.url).href);
  const worker = new Worker(`data:text/javascript,${encodeURIComponent(code)}`, { type: "module" });
  return {
    worker,
    ask(message) {
      const { promise, resolve, reject } = Promise.withResolvers<unknown>();
      worker.onmessage = ({ data }) => resolve(data);
      worker.onerror = (event) => {
        event.preventDefault();
        reject(new Error(event.message));
      };
      worker.postMessage(message);
      return promise;
    },
    [Symbol.dispose]: () => worker.terminate(),
  };
}
