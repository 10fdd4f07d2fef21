/**
 * Names that a document's names may not have in Python: keywords, built-in functions, which the
 * client uses itself, and its imports.
 *
 * @module
 */

const KEYWORDS =
  "False None True and as assert async await break class continue def del elif else " +
  "except finally for from global if import in is lambda nonlocal not or pass raise return try " +
  "while with yield match case type print exec";

const BUILTINS =
  "abs aiter all anext any ascii bin bool breakpoint bytearray bytes callable chr classmethod " +
  "compile complex copyright credits delattr dict dir divmod enumerate eval exec exit filter float " +
  "format frozenset getattr globals hasattr hash help hex id input int isinstance issubclass iter " +
  "len license list locals map max memoryview min next object oct open ord pow property quit range " +
  "repr reversed round set setattr slice sorted staticmethod str sum super tuple vars zip " +
  "ArithmeticError AssertionError AttributeError BaseException BaseExceptionGroup BlockingIOError " +
  "BrokenPipeError BufferError BytesWarning ChildProcessError ConnectionAbortedError " +
  "ConnectionError ConnectionRefusedError ConnectionResetError DeprecationWarning EOFError Ellipsis " +
  "EncodingWarning EnvironmentError Exception ExceptionGroup FileExistsError FileNotFoundError " +
  "FloatingPointError FutureWarning GeneratorExit IOError ImportError ImportWarning " +
  "IndentationError IndexError InterruptedError IsADirectoryError KeyError KeyboardInterrupt " +
  "LookupError MemoryError ModuleNotFoundError NameError NotADirectoryError NotImplemented " +
  "NotImplementedError OSError OverflowError PendingDeprecationWarning PermissionError " +
  "ProcessLookupError PythonFinalizationError RecursionError ReferenceError ResourceWarning " +
  "RuntimeError RuntimeWarning StopAsyncIteration StopIteration SyntaxError SyntaxWarning " +
  "SystemError SystemExit TabError TimeoutError TypeError UnboundLocalError UnicodeDecodeError " +
  "UnicodeEncodeError UnicodeError UnicodeTranslateError UnicodeWarning UserWarning ValueError " +
  "Warning ZeroDivisionError";

/** What the client takes of `typing`, where it uses it. */
export const TYPING: readonly string[] =
  ("Any Callable Deque Dict Generic List Literal Mapping Optional Tuple Type TypedDict TypeVar Union")
    .split(" ");

/** The keywords. */
export const keywords: readonly string[] = KEYWORDS.split(" ");

/** The built-in names. */
export const builtins: readonly string[] = BUILTINS.split(" ");
