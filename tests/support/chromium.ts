import { deadline } from "../../lib/base/abort.ts";
import { tempDirectory } from "./temp.ts";

const PATHS = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

/** Where a Chromium is; `undefined`, and one line that says so, without one. */
export const chromium: string | undefined = PATHS.find((path) => {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
});
if (chromium === undefined) console.log("no Chromium here: what a browser does is not tested");

/** How a page is shown. */
export interface View {
  readonly width: number;
  readonly height: number;
  readonly scheme: "light" | "dark";
}

type Reply = {
  id?: number;
  method?: string;
  params?: { name?: string; loaderId?: string };
  result?: unknown;
  error?: unknown;
};

/** A Chromium that runs. */
interface Browser extends AsyncDisposable {
  /** Where its DevTools listen. */
  readonly endpoint: string;
}

/** The browser of all tests of an isolate: a start takes a second of a core. */
let browser: Promise<Browser> | undefined;
Deno.test.afterAll(async () => await (await browser)?.[Symbol.asyncDispose]());

async function startBrowser(): Promise<Browser> {
  const owned = new AsyncDisposableStack();
  const directory = owned.use(await tempDirectory());
  const child = new Deno.Command(chromium!, {
    args: [
      "--headless",
      "--no-sandbox",
      "--disable-gpu",
      "--ignore-certificate-errors",
      "--remote-debugging-port=0",
      `--user-data-dir=${directory.path}`,
      "about:blank",
    ],
    env: { TMPDIR: directory.path }, // it leaves there what it makes when it is killed
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  }).spawn();
  owned.defer(async () => {
    child.kill("SIGKILL");
    await child.status;
  });
  return {
    endpoint: await endpointIn(child.stderr),
    [Symbol.asyncDispose]: () => owned[Symbol.asyncDispose](),
  };
}

/**
 * One page of Chromium, which shares neither cookies nor storage nor connections with any other. It is
 * driven by the DevTools protocol: packages that do so ask for permissions that tests do not have. It
 * takes any certificate.
 */
export class ChromiumPage implements AsyncDisposable {
  readonly #owned: AsyncDisposableStack;
  readonly #socket: WebSocket;
  readonly #waiting = new Map<number, PromiseWithResolvers<unknown>>();
  /** Resolves when a document has been loaded. */
  readonly #loads = new Map<string, PromiseWithResolvers<void>>();
  #session: string | undefined;
  #id = 0;
  /** What the page complained of: errors of scripts, and what its policy refused. */
  readonly complaints: string[] = [];

  private constructor(socket: WebSocket, owned: AsyncDisposableStack) {
    this.#socket = socket;
    this.#owned = owned;
    socket.onmessage = ({ data }) => this.#take(JSON.parse(data));
  }

  /** Opens an address. */
  static async open(url: string): Promise<ChromiumPage> {
    const { endpoint } = await (browser ??= startBrowser());
    const owned = new AsyncDisposableStack();
    const socket = new WebSocket(endpoint);
    await new Promise((resolve, reject) => (socket.onopen = resolve, socket.onerror = reject));
    owned.defer(() => socket.close());
    const page = new ChromiumPage(socket, owned);
    const { browserContextId } = await page.#send("Target.createBrowserContext");
    owned.defer(async () => {
      page.#session = undefined;
      await page.#send("Target.disposeBrowserContext", { browserContextId });
    });
    const target = { url: "about:blank", browserContextId, newWindow: true };
    const { targetId } = await page.#send("Target.createTarget", target);
    const { sessionId } = await page.#send("Target.attachToTarget", { targetId, flatten: true });
    page.#session = sessionId as string;
    for (const domain of ["Page", "Runtime", "Log"]) await page.#send(`${domain}.enable`);
    await page.#send("Page.setLifecycleEventsEnabled", { enabled: true });
    // Passkeys and the keyboard are for a page that has the focus.
    await page.#send("Emulation.setFocusEmulationEnabled", { enabled: true });
    await page.goTo(url);
    return page;
  }

  /** Opens an address, and waits until that page is there: the one before it may still answer. */
  async goTo(url: string): Promise<void> {
    let { loaderId, errorText } = await this.#send("Page.navigate", { url });
    // Chromium gives up where an interface of the machine comes or goes: other tests make some.
    for (let again = 0; errorText === "net::ERR_NETWORK_CHANGED" && again < 10; again++) {
      ({ loaderId, errorText } = await this.#send("Page.navigate", { url }));
    }
    if (errorText !== undefined) throw new Error(`Chromium cannot open ${url}: ${errorText}`);
    if (loaderId === undefined) return; // a place in the page that is shown
    await deadline(this.#loaded(loaderId).promise, 30_000);
  }

  #loaded(loaderId: string): PromiseWithResolvers<void> {
    const loaded = this.#loads.get(loaderId) ?? Promise.withResolvers<void>();
    this.#loads.set(loaderId, loaded);
    return loaded;
  }

  /** Runs an expression in the page, and waits for its promise. */
  // deno-lint-ignore no-explicit-any -- it is whatever the page says
  async evaluate(expression: string): Promise<any> {
    const { result, exceptionDetails } = await this.#send("Runtime.evaluate", {
      expression,
      awaitPromise: true,
      returnByValue: true,
      userGesture: true,
    });
    if (exceptionDetails !== undefined) throw new Error(JSON.stringify(exceptionDetails));
    return (result as { value: unknown }).value;
  }

  /** Waits until an expression is true in the page. */
  async until(expression: string): Promise<void> {
    const waiting = this.evaluate(`new Promise((resolve) => {
      const look = () => (${expression}) ? resolve() : setTimeout(look, 10);
      look();
    })`);
    await deadline(waiting, 30_000).catch(async (error) => {
      // A page that is left meanwhile takes the question with it.
      if (/context was destroyed|navigated/i.test(String(error))) {
        return await this.until(expression);
      }
      const shown = await this.evaluate("document.body.innerText");
      throw new Error(`The page has not come to ${expression}, but shows:\n${shown}`, {
        cause: error,
      });
    });
  }

  /** Presses a key. */
  async press(key: string, code = key): Promise<void> {
    const text = key === "Enter" ? { text: "\r" } : {};
    const windowsVirtualKeyCode = { Enter: 13, Tab: 9, Escape: 27 }[key];
    const event = { key, code, windowsVirtualKeyCode, ...text };
    await this.#send("Input.dispatchKeyEvent", { type: "keyDown", ...event });
    await this.#send("Input.dispatchKeyEvent", { type: "keyUp", key, code });
  }

  /** Types text where the focus is. */
  async type(text: string): Promise<void> {
    await this.#send("Input.insertText", { text });
  }

  /** Sets size and colours. */
  async view({ width, height, scheme }: View): Promise<void> {
    const mobile = false;
    await this.#send("Emulation.setDeviceMetricsOverride", {
      width,
      height,
      deviceScaleFactor: 1,
      mobile,
    });
    const features = [{ name: "prefers-color-scheme", value: scheme }];
    await this.#send("Emulation.setEmulatedMedia", { features });
  }

  /** Gives the browser an authenticator that holds passkeys and verifies its user at once. */
  async addAuthenticator(): Promise<void> {
    await this.#send("WebAuthn.enable");
    await this.#send("WebAuthn.addVirtualAuthenticator", {
      options: {
        protocol: "ctap2",
        transport: "internal",
        hasResidentKey: true,
        hasUserVerification: true,
        isUserVerified: true,
        automaticPresenceSimulation: true,
      },
    });
  }

  /** A picture of what is shown, PNG in base64. */
  async picture(): Promise<string> {
    const { data } = await this.#send("Page.captureScreenshot", { format: "png" });
    return data as string;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#owned[Symbol.asyncDispose]();
  }

  // deno-lint-ignore no-explicit-any -- each command has a result of its own
  #send(method: string, params: object = {}): Promise<any> {
    const id = ++this.#id;
    const waiting = Promise.withResolvers<unknown>();
    this.#waiting.set(id, waiting);
    const session = this.#session === undefined ? {} : { sessionId: this.#session };
    this.#socket.send(JSON.stringify({ id, method, params, ...session }));
    return waiting.promise;
  }

  #take({ id, method, params, result, error }: Reply): void {
    if (method === "Runtime.exceptionThrown" || method === "Log.entryAdded") {
      this.complaints.push(JSON.stringify(params));
    }
    if (method === "Page.lifecycleEvent" && params?.name === "load") {
      this.#loaded(params.loaderId!).resolve();
    }
    const waiting = this.#waiting.get(id ?? -1);
    this.#waiting.delete(id ?? -1);
    if (error === undefined) waiting?.resolve(result);
    else waiting?.reject(new Error(JSON.stringify(error)));
  }
}

async function endpointIn(stderr: ReadableStream<Uint8Array<ArrayBuffer>>): Promise<string> {
  const reader = stderr.pipeThrough(new TextDecoderStream()).getReader();
  for (let text = "";;) {
    const { done, value } = await reader.read();
    if (done) throw new Error(`Chromium ended: ${text}`);
    text += value;
    const found = /DevTools listening on (ws:\S+)/.exec(text)?.[1];
    if (found === undefined) continue;
    void (async () => {
      while (!(await reader.read()).done); // it would wait for a reader
    })().catch(() => {});
    return found;
  }
}
