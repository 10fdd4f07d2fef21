import * as Comlink from "comlink";

Comlink.expose({ add: (a, b) => a + b });
