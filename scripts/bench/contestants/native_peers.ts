/**
 * The peers in Go, C++ and Python, from Debian's packages.
 *
 * @module
 */

import { build, type Recipe } from "./build.ts";
import type { Contestant } from "./contestant.ts";
import { GO_SOURCES, PYTHON, tools } from "./tools.ts";

/** A peer that is built. */
interface NativePeer {
  readonly recipe: Recipe;
  /** What runs the program; absent where it runs by itself. */
  readonly interpreter?: string;
  /** Behind the role. */
  readonly options?: readonly string[];
  readonly carriesBytes: boolean;
}

const netRpc: Recipe = {
  tools: [tools.go],
  sources: ["go/load.go", "go/netrpc.go"],
  env: { GO111MODULE: "off" },
  steps: [["go", "build", "-o", "netrpc_go", "load.go", "netrpc.go"]],
  target: "netrpc_go",
};

const grpcGo: Recipe = {
  tools: [tools.go, tools.goGrpc, tools.protoc],
  sources: ["bench.proto", "go/load.go", "go/grpc.go"],
  env: { GO111MODULE: "off", GOPATH: GO_SOURCES },
  steps: [
    // From the same sources as the library, so that the two fit each other.
    ["go", "build", "-o", "protoc-gen-go", "github.com/golang/protobuf/protoc-gen-go"],
    [
      "protoc",
      "--plugin=protoc-gen-go=protoc-gen-go",
      "--go_out=plugins=grpc,import_path=main:.",
      "bench.proto",
    ],
    ["go", "build", "-o", "grpc_go", "load.go", "grpc.go", "bench.pb.go"],
  ],
  target: "grpc_go",
};

const grpcCpp: Recipe = {
  tools: [tools.cppCompiler, tools.pkgConfig, tools.cppGrpc, tools.protoc, tools.cppPlugin],
  sources: ["bench.proto", "grpc_cpp/load.h", "grpc_cpp/load.cc", "grpc_cpp/main.cc"],
  steps: [
    [
      "sh",
      "-c",
      "protoc --cpp_out=. --grpc_out=. --plugin=protoc-gen-grpc=$(command -v grpc_cpp_plugin) bench.proto",
    ],
    [
      "sh",
      "-c",
      "g++ -std=c++17 -O2 -o grpc_cpp *.cc $(pkg-config --cflags --libs grpc++ protobuf)",
    ],
  ],
  target: "grpc_cpp",
};

const grpcPython: Recipe = {
  tools: [tools.pythonGrpc, tools.pythonProtobuf, tools.protoc, tools.pythonPlugin],
  sources: ["bench.proto", "grpc_python/load.py", "grpc_python/main.py"],
  steps: [
    ["mkdir", "app"],
    ["mv", "load.py", "main.py", "app"],
    [
      "sh",
      "-c",
      "protoc --python_out=app --grpc_out=app --plugin=protoc-gen-grpc=$(command -v grpc_python_plugin) bench.proto",
    ],
    [PYTHON, "-m", "zipapp", "app", "--main", "main:run", "--output", "grpc_python.pyz"],
  ],
  target: "grpc_python.pyz",
};

const peers: Readonly<Record<string, NativePeer>> = {
  "Go net/rpc gob": { recipe: netRpc, options: ["gob"], carriesBytes: true },
  "Go net/rpc jsonrpc": { recipe: netRpc, options: ["jsonrpc"], carriesBytes: false },
  "grpc-go": { recipe: grpcGo, carriesBytes: true },
  "gRPC C++": { recipe: grpcCpp, carriesBytes: true },
  "Python grpcio": { recipe: grpcPython, interpreter: PYTHON, carriesBytes: true },
};

/**
 * Lists the peers that are built.
 *
 * @param directory Where their programs go.
 */
export function listNativePeers(directory: string): Contestant[] {
  return Object.entries(peers).map(([name, peer]): Contestant => {
    const { recipe, interpreter, options = [], carriesBytes } = peer;
    const file = `${directory}/${recipe.target}`;
    const program = (role: string, ...args: string[]) => {
      const own = [role, ...options, ...args];
      return interpreter === undefined
        ? { command: file, args: own }
        : { command: interpreter, args: [file, ...own] };
    };
    return {
      name,
      baseline: "raw tcp",
      isPeer: true,
      carriesBytes,
      server: program("server"),
      client: (address) => program("client", address),
      prepare: () => build(recipe, directory),
    };
  });
}
