/**
 * What the client needs of node:timers, where there is none.
 *
 * @module
 */

/** Elsewhere than in a browser, an open port keeps the program running unless it is told not to. */
interface Port extends MessagePort {
  ref?(): void;
  unref?(): void;
}

const { port1, port2 }: { port1: Port; port2: MessagePort } = new MessageChannel();
const waiting: (() => void)[] = [];

port1.onmessage = () => {
  const callback = waiting.shift();
  if (waiting.length === 0) port1.unref?.();
  callback?.();
};
port1.unref?.();

/**
 * Calls back in the next turn of the event loop: a message does that at once, a timer in four
 * milliseconds.
 *
 * @param callback Called once.
 */
export function setImmediate(callback: () => void): void {
  if (waiting.length === 0) port1.ref?.();
  waiting.push(callback);
  port2.postMessage(null);
}
