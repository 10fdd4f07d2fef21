/**
 * What the peers need of the machine. The benchmark looks whether it is there and installs nothing.
 *
 * @module
 */

/** A program or library of the machine. */
export interface Tool {
  /** Its name in messages. */
  readonly name: string;
  /** The Debian package that brings it. */
  readonly debian: string;
  /** A command that succeeds where it is there. */
  readonly check: readonly [command: string, ...args: string[]];
}

/** Where Debian puts the sources of Go packages. */
export const GO_SOURCES = "/usr/share/gocode";

/** Debian's Python, for which Debian's packages are. */
export const PYTHON = "/usr/bin/python3";

const PROTOC_PLUGINS = "protobuf-compiler-grpc";
const isProgram = (name: string) =>
  ["sh", "-c", `PATH=$PATH:/usr/sbin command -v ${name}`] as const;

/** All that peers need. */
export const tools = {
  natsServer: {
    name: "nats-server",
    debian: "nats-server",
    check: isProgram("nats-server"),
  },
  redisServer: {
    name: "redis-server",
    debian: "redis-server",
    check: isProgram("redis-server"),
  },
  go: { name: "go", debian: "golang-go", check: isProgram("go") },
  goGrpc: {
    name: "the source of grpc-go",
    debian: "golang-google-grpc-dev",
    check: ["test", "-d", `${GO_SOURCES}/src/google.golang.org/grpc`],
  },
  protoc: { name: "protoc", debian: "protobuf-compiler", check: isProgram("protoc") },
  cppCompiler: { name: "g++", debian: "g++", check: isProgram("g++") },
  pkgConfig: { name: "pkg-config", debian: "pkg-config", check: isProgram("pkg-config") },
  cppGrpc: {
    name: "gRPC's C++ library",
    debian: "libgrpc++-dev",
    check: ["pkg-config", "--exists", "grpc++", "protobuf"],
  },
  cppPlugin: {
    name: "grpc_cpp_plugin",
    debian: PROTOC_PLUGINS,
    check: isProgram("grpc_cpp_plugin"),
  },
  pythonPlugin: {
    name: "grpc_python_plugin",
    debian: PROTOC_PLUGINS,
    check: isProgram("grpc_python_plugin"),
  },
  pythonGrpc: {
    name: "Python's grpcio",
    debian: "python3-grpcio",
    check: [PYTHON, "-c", "import grpc.aio"],
  },
  pythonProtobuf: {
    name: "Python's protobuf",
    debian: "python3-protobuf",
    check: [PYTHON, "-c", "import google.protobuf"],
  },
} satisfies Record<string, Tool>;

/** A peer cannot take part, because something that it needs is not installed. */
export class MissingToolError extends Error {
  override name = "MissingToolError";
}

/**
 * Checks that tools are there.
 *
 * @param wanted Those that are needed.
 * @throws {MissingToolError} Names all that are missing, and the command that installs them.
 */
export async function requireTools(wanted: readonly Tool[]): Promise<void> {
  const missing: Tool[] = [];
  for (const tool of wanted) if (!await isThere(tool)) missing.push(tool);
  if (missing.length === 0) return;
  const names = new Intl.ListFormat("en").format(missing.map(({ name }) => name));
  const packages = [...new Set(missing.map(({ debian }) => debian))].join(" ");
  throw new MissingToolError(
    `${names} ${
      missing.length === 1 ? "is" : "are"
    } missing; on Debian run apt-get install ${packages}`,
  );
}

async function isThere({ check: [command, ...args] }: Tool): Promise<boolean> {
  try {
    const options = { args, stdin: "null", stdout: "null", stderr: "null" } as const;
    return (await new Deno.Command(command, options).output()).success;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}
