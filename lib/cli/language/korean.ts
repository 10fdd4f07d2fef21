/**
 * The messages in Korean, by their English: a first set, the help of serve, call and demo and the
 * errors of signing in. `{}` stands for what differs.
 *
 * @module
 */

/** The messages. */
export const korean: Readonly<Record<string, string>> = {
  // The frame of help.
  "Usage: {}": "사용법: {}",
  "may be repeated": "여러 번 쓸 수 있음",
  "required": "필수",
  "default {}": "기본값 {}",
  "[OPTION...]": "[옵션...]",
  "show this text": "이 도움말을 보여 준다",
  "print one JSON value": "JSON 값 하나로 출력한다",

  // dari serve
  "Serve methods over TLS and a Unix socket": "TLS와 유닉스 소켓으로 메서드를 제공한다",
  "the sample methods": "예제 메서드",
  "your own": "직접 만든 메서드",
  "callable without signing in": "로그인 없이 호출할 수 있게",
  "for other machines as well": "다른 컴퓨터에도 열기",
  "mutual TLS": "상호 TLS",
  "the module whose exported methods are served": "내보낸 메서드를 제공할 모듈",
  "print one JSON value when the server is ready; log one JSON value a line":
    "준비되면 JSON 값 하나를 출력하고, 로그도 한 줄에 JSON 값 하나로 남긴다",
  "methods that models may call as tools at /mcp: a name, orders.* or !name":
    "모델이 /mcp에서 도구로 부를 수 있는 메서드: 이름, orders.* 또는 !name",
  "the program of --exec is an MCP server, whose tools become methods":
    "--exec 프로그램은 MCP 서버이며, 그 도구가 메서드가 된다",
  "With --exec-mcp the program is an MCP server, whose tools become methods. Their definitions are pinned at the first start; a tool whose definition is another one later is refused until dari mcp accept.":
    "--exec-mcp를 쓰면 프로그램은 MCP 서버이고 그 도구가 메서드가 된다. 도구의 정의는 처음 시작할 때 고정되며, 나중에 정의가 달라진 도구는 dari mcp accept를 할 때까지 거부된다.",
  "for browsers and curl": "브라우저와 curl에도 열기",
  "where to listen; ?client-ca=FILE and ?systemd=NAME may follow (default: tls://localhost:9090; nowhere with --https or --cluster)":
    "연결을 받을 주소; 뒤에 ?client-ca=FILE과 ?systemd=NAME을 붙일 수 있다 (기본값: tls://localhost:9090, --https나 --cluster를 쓰면 없음)",
  "serve HTTPS there; without --listen nothing else is listened on but the socket":
    "이 주소에서 HTTPS를 제공한다; --listen이 없으면 소켓 말고는 열지 않는다",
  "what takes HTTP in (default: fast on this machine alone, else strict)":
    "HTTP를 받는 엔진 (기본값: 이 컴퓨터 안에서만이면 fast, 아니면 strict)",
  "with --client-ca, refuse HTTPS clients without a certificate":
    "--client-ca와 함께, 인증서가 없는 HTTPS 클라이언트를 거부한다",
  "a program in any language": "어떤 언어로 쓴 프로그램이든",
  "serve the methods of a program that speaks JSON-RPC on its standard streams":
    "표준 입출력으로 JSON-RPC를 말하는 프로그램의 메서드를 제공한다",
  "copies of the program, which share the calls": "호출을 나누어 맡는 프로그램의 수",
  "the user that the program runs as": "프로그램을 실행할 사용자",
  "a method of the program, where it does not answer rpc.discover":
    "rpc.discover에 답하지 않는 프로그램의 메서드",
  "an environment variable of this process that the program gets as well":
    "프로그램에도 넘겨 줄 이 프로세스의 환경 변수",
  "with other servers of the service": "서비스의 다른 서버와 함께",
  "offer the methods as a service of NATS, nats://HOST:PORT,…/SERVICE; ?client-ca=FILE may follow":
    "메서드를 NATS 서비스로 제공한다, nats://HOST:PORT,…/SERVICE; 뒤에 ?client-ca=FILE을 붙일 수 있다",
  "the authorities of the NATS servers (default: DIR/ca.crt)":
    "NATS 서버의 인증 기관 (기본값: DIR/ca.crt)",
  "the certificate that NATS servers are shown, with its chain (default: that of the last start, or of dari join)":
    "NATS 서버에 보일 인증서와 그 체인 (기본값: 지난번에 쓴 것, 또는 dari join으로 받은 것)",
  "the private key of --cluster-cert (mode 0600)": "--cluster-cert의 개인 키 (모드 0600)",
  "--cluster offers the methods as a service of NATS: clients connect to nats://HOST:PORT/SERVICE, and their calls go to all servers that offer it (SERVICE is dari where none is named). TLS runs through NATS from each client to this server, whose certificate is for SERVICE.service.internal. Beyond this machine the NATS server needs TLS; dari nats config writes its configuration.":
    "--cluster는 메서드를 NATS 서비스로 제공한다. 클라이언트는 nats://HOST:PORT/SERVICE에 연결하고, 그 호출은 이 서비스를 제공하는 모든 서버로 간다 (SERVICE를 적지 않으면 dari). TLS는 NATS를 지나 클라이언트에서 이 서버까지 이어지며, 서버의 인증서는 SERVICE.service.internal의 것이다. 이 컴퓨터 밖에서는 NATS 서버에 TLS가 필요하다. dari nats config가 그 설정을 쓴다.",
  "--exec starts a program and serves its methods, which it tells by answering rpc.discover. It speaks JSON-RPC 2.0, a message a line; what it prints besides goes to the log. No shell reads COMMAND, and its environment has no variable of dari's. A program that ends is started again.":
    "--exec는 프로그램을 시작해 그 메서드를 제공한다. 프로그램은 rpc.discover에 답해 메서드를 알리고, JSON-RPC 2.0 메시지를 한 줄에 하나씩 주고받는다. 그 밖에 찍는 것은 로그로 간다. COMMAND는 셸이 읽지 않으며, 프로그램의 환경에는 dari의 변수가 없다. 끝난 프로그램은 다시 시작된다.",
  "on all cores": "모든 코어로",
  "threads that serve the ports; auto is one for each core":
    "포트를 맡는 스레드 수; auto는 코어마다 하나",
  "With --threads N each thread loads MODULE for itself, so what it keeps in variables is kept once a thread. Accounts, sessions, lockouts, limits and certificates are those of one server. Unix sockets are served by the main thread. A thread that dies is started again.":
    "--threads N이면 스레드마다 MODULE을 따로 읽으므로, 변수에 둔 것은 스레드마다 따로 있다. 계정, 세션, 잠금, 한도, 인증서는 서버 하나의 것이다. 유닉스 소켓은 주 스레드가 맡는다. 죽은 스레드는 다시 시작된다.",
  "serve the files of DIR by HTTPS as well": "DIR의 파일도 HTTPS로 제공한다",
  "another origin whose web pages may call by HTTPS":
    "그 페이지가 HTTPS로 호출해도 되는 다른 출처(origin)",
  "a proxy or its network, whose X-Forwarded headers are believed":
    "X-Forwarded 헤더를 믿을 프록시나 그 네트워크",
  "a name by which clients reach this server, for its certificate":
    "클라이언트가 이 서버를 부르는 이름, 인증서에 넣는다",
  "the Unix socket (default: DIR/dari.sock)": "유닉스 소켓 (기본값: DIR/dari.sock)",
  "the data directory (default $DARI_DATA or ./.dari)":
    "데이터 디렉터리 (기본값 $DARI_DATA 또는 ./.dari)",
  "a method that needs no sign-in": "로그인이 필요 없는 메서드",
  "your own certificate with its chain; reloaded when it changes":
    "직접 마련한 인증서와 체인; 바뀌면 다시 읽는다",
  "the private key of --cert (mode 0600)": "--cert의 개인 키 (권한 0600)",
  "on every tls:// listener, require client certificates of these authorities; ask for them by HTTPS":
    "모든 tls:// 주소에서 이 인증 기관의 클라이언트 인증서를 요구하고, HTTPS에서는 있으면 받는다",
  "revocation lists of those authorities; taken up when it changes":
    "그 인증 기관의 폐기 목록; 바뀌면 다시 읽는다",
  "the oldest version of TLS": "허용하는 가장 낮은 TLS 버전",
  "threads for methods with worker: true (default: one for each core)":
    "worker: true인 메서드를 돌릴 스레드 수 (기본값: 코어마다 하나)",
  "read the passphrase from standard input": "암호 문구를 표준 입력에서 읽는다",
  "read the passphrase from this file (mode 0600)": "암호 문구를 이 파일에서 읽는다 (권한 0600)",
  "the most connections open at once": "동시에 열어 둘 수 있는 연결 수",
  "allow tcp:// and --metrics beyond this machine":
    "이 컴퓨터 밖에서도 tcp://와 --metrics를 허용한다",
  "with OTEL_DENO=true, the share of calls without a trace that begins one (default 0)":
    "OTEL_DENO=true일 때 추적이 없는 호출 중 새 추적을 시작하는 비율 (기본값 0)",
  "for Prometheus: curl localhost:9464/metrics": "프로메테우스용: curl localhost:9464/metrics",
  "answer GET /metrics there by plain HTTP; on --https whoever may call rpc.metrics reads it":
    "이 주소에서 암호화되지 않은 HTTP로 GET /metrics에 답한다; --https에서는 rpc.metrics를 호출할 수 있는 사람이 읽는다",
  "the format of the log (default: text on a terminal; json elsewhere and with --json)":
    "로그의 형식 (기본값: 터미널이면 text, 그 밖이나 --json이면 json)",
  "write the log to this file (mode 0600), not to standard error":
    "로그를 표준 오류 대신 이 파일에 쓴다 (권한 0600)",
  "put --log-file aside at this size": "--log-file이 이 크기가 되면 옆으로 치우고 새로 시작한다",
  "how many of those that were put aside are kept; with 0 none is put aside":
    "치운 로그 파일을 몇 개까지 두는지; 0이면 치우지 않는다",
  "With --log-file FILE the log goes on in FILE, and FILE.1 is the newest of those put aside. FILE may be moved away by another program, such as logrotate with --log-files 0: the next line or SIGHUP begins a new one. While FILE cannot be written the server goes on, and standard error says why.":
    "--log-file FILE을 쓰면 로그는 FILE에 이어지고, 치운 파일 가운데 가장 새것이 FILE.1이다. logrotate 같은 다른 프로그램이 FILE을 옮겨도 된다 (그때는 --log-files 0). 다음 줄이나 SIGHUP이 새 파일을 시작한다. FILE에 쓸 수 없는 동안에도 서버는 계속 서비스하고, 표준 오류에 까닭을 적는다.",
  "the lowest level that is logged": "로그에 남길 가장 낮은 수준",
  "The server always listens on a Unix socket as well, whose owner may call every method. Other callers sign in with accounts and keys (dari user, dari key); DIR/policy.json says which roles may call which methods. A data directory has one server at a time.":
    "서버는 언제나 유닉스 소켓도 열며, 소켓의 소유자는 모든 메서드를 호출할 수 있다. 그 밖의 호출자는 계정이나 키로 로그인한다 (dari user, dari key). 어떤 역할이 어떤 메서드를 호출할 수 있는지는 DIR/policy.json에 적는다. 데이터 디렉터리 하나는 한 번에 서버 하나만 쓴다.",
  "With tls://0.0.0.0 or tls://[::] the certificate is for this machine's host name and addresses, and for what --name says. Its authority permits localhost, .internal, private addresses and this machine's own name and addresses. One that was made before and does not permit them is replaced, and a line says so.":
    "tls://0.0.0.0이나 tls://[::]을 쓰면 인증서에 이 컴퓨터의 호스트 이름과 주소, 그리고 --name의 이름이 들어간다. 인증 기관은 localhost, .internal, 사설 주소, 이 컴퓨터의 이름과 주소를 허용한다. 예전에 만들어 이를 허용하지 않는 인증 기관은 새것으로 바뀌며, 그 사실을 한 줄로 알린다.",
  "A listener with ?client-ca=FILE requires client certificates of these authorities, and others none; %3F stands for a question mark in FILE. With ?systemd=NAME the socket comes from systemd under this name (FileDescriptorName= of a .socket unit) and listens on this address already; & joins the two.":
    "?client-ca=FILE을 붙인 주소만 그 인증 기관의 클라이언트 인증서를 요구한다. FILE에 들어가는 물음표는 %3F로 쓴다. ?systemd=NAME을 붙이면 소켓을 직접 열지 않고 systemd에서 이 이름(.socket 유닛의 FileDescriptorName=)으로 받으며, 그 소켓은 이미 이 주소에서 연결을 기다리고 있다. 둘을 함께 쓸 때는 &로 잇는다.",
  "--https serves the methods to everything that speaks HTTP: POST /rpc takes JSON-RPC, POST /rpc/METHOD takes the params as its body, GET /openrpc.json tells what there is. Callers send Authorization: Bearer with an API key or a session token; browsers sign in by POST /login.":
    "--https는 HTTP를 쓰는 모든 것에 메서드를 제공한다. POST /rpc는 JSON-RPC를 받고, POST /rpc/METHOD는 본문을 인자로 받으며, GET /openrpc.json은 어떤 메서드가 있는지 알려 준다. 호출자는 Authorization: Bearer로 API 키나 세션 토큰을 보내고, 브라우저는 POST /login으로 로그인한다.",
  "MODULE imports what its own deno.json or package.json says. An executable that deno compile made imports nothing that is not in it: make one file of MODULE first, with deno bundle.":
    "MODULE은 자신의 deno.json이나 package.json에 적힌 대로 가져온다. deno compile로 만든 실행 파일은 그 안에 없는 것을 가져오지 못하므로, 먼저 deno bundle로 MODULE을 파일 하나로 만든다.",
  "how old a connection grows before its client is moved to a new one":
    "연결을 얼마나 오래 쓴 뒤 클라이언트를 새 연결로 옮기는지",
  "the most handlers at work at once; further calls wait":
    "동시에 실행하는 핸들러 수; 나머지 호출은 기다린다",
  "how long calls may wait for the thread before an overload is met by refusing some":
    "호출이 스레드를 기다리는 한도; 과부하로 이를 넘으면 일부 호출을 거절한다",
  "how long running calls may go on when the server stops":
    "서버가 멈출 때 진행 중인 호출에 주는 시간",
  "Ctrl-C and SIGTERM stop the server once the running calls have finished, or after --drain; clients go on elsewhere without an error. A second signal ends it at once. SIGHUP takes up the policy and certificates whose files have changed, and says what became of it.":
    "Ctrl-C나 SIGTERM을 받으면 진행 중인 호출이 끝나거나 --drain이 지난 뒤 서버가 멈추고, 클라이언트는 오류 없이 다른 곳에서 이어 간다. 신호를 한 번 더 받으면 바로 끝난다. SIGHUP을 받으면 바뀐 정책과 인증서를 다시 읽고 그 결과를 알린다.",
  "Client certificates come from dari cert issue --client. DIR/policy.json may limit how many calls each caller makes; dari explain shows it.":
    "클라이언트 인증서는 dari cert issue --client로 발급한다. DIR/policy.json에서 호출자마다 호출 수를 제한할 수 있으며 dari explain이 보여 준다.",

  // dari call
  "Call a method and print its result": "메서드를 호출하고 결과를 출력한다",
  "a stream: one item a line": "스트림은 한 줄에 항목 하나",
  "a file as a param": "파일을 매개변수로 보낸다",
  "a file as a result": "파일을 결과로 받기",
  "the method": "메서드",
  "its params; a VALUE that is not JSON is text": "매개변수; JSON이 아닌 VALUE는 문자열로 본다",
  "print the result, or all items of a stream, as one JSON value":
    "결과나 스트림의 모든 항목을 JSON 값 하나로 출력한다",
  "all params as an object or an array; - reads standard input":
    "모든 매개변수를 객체나 배열로; -이면 표준 입력에서 읽는다",
  "save the result: files and bytes as they are, else JSON":
    "결과를 저장한다: 파일과 바이트는 그대로, 나머지는 JSON으로",
  "let --output replace a file": "--output이 파일을 덮어쓰게 한다",
  "the server (default: that of dari use, else that of the data directory); give several to reach one of them":
    "서버 (기본값: dari use의 서버, 없으면 데이터 디렉터리의 서버); 여러 번 주면 그중 하나에 연결한다",
  "the server (default: that of dari use, else that of the data directory)":
    "서버 (기본값: dari use의 서버, 없으면 데이터 디렉터리의 서버)",
  "authorities to trust beside the public ones; with --ca-only or --cert, instead of them":
    "공인 인증 기관에 더해 믿을 인증 기관; --ca-only나 --cert와 함께 쓰면 이것만 믿는다",
  "trust the authorities of --ca and no public one": "--ca의 인증 기관만 믿는다",
  "the client certificate with its chain, for mutual TLS": "상호 TLS에 쓸 클라이언트 인증서와 체인",
  "call with the API key in this file (mode 0600)": "이 파일의 API 키로 호출한다 (권한 0600)",
  "how long to wait, for instance 500ms, 5s or 2m": "기다리는 시간, 예: 500ms, 5s, 2m",
  "keep the bytes of Unix connections on their sockets":
    "Unix 연결의 바이트를 공유 메모리로 옮기지 않고 소켓에 그대로 둔다",
  "keep the bytes of a Unix connection on its socket":
    "Unix 연결의 바이트를 공유 메모리로 옮기지 않고 소켓에 그대로 둔다",
  "do not check the server's certificate; allow tcp:// beyond this machine":
    "서버 인증서를 확인하지 않고, 이 컴퓨터 밖의 tcp://도 허용한다",
  "Numbers keep all their digits, in params and in results. A VALUE that is a number too large for JSON's readers, such as 12e34567, is text.":
    "숫자는 매개변수에서도 결과에서도 모든 자릿수를 지킨다. 12e34567처럼 JSON으로 읽기에 너무 큰 수는 문자열로 본다.",
  "When the connection breaks, a call with --file is made again as long as --timeout allows, and a server that kept what it had goes on from there. --output keeps PATH.part and goes on from that, also the next time.":
    "연결이 끊기면 --file을 쓴 호출은 --timeout 안에서 다시 시도하고, 받은 것을 간직한 서버는 거기서부터 이어 간다. --output은 PATH.part를 남겨 두고 다음번에도 거기서부터 이어 받는다.",

  // dari demo
  "Take a tour: every part of dari at work": "둘러보기: dari의 모든 부분을 실제로 실행해 본다",
  "one scene of the tour": "둘러볼 장면 하나",
  "print one JSON value: the scenes and what each showed":
    "장면과 각 장면에서 일어난 일을 JSON 값 하나로 출력한다",
  "Each scene shows the lines that made it, what happened, and how to do the same. The tour is in Korean where the locale is Korean, else in English.":
    "장면마다 그것을 만든 코드, 일어난 일, 직접 해 보는 방법을 보여 준다. 로캘이 한국어이면 한국어로, 아니면 영어로 나온다.",

  // Signing in.
  "The name or the password is wrong": "이름이나 비밀번호가 틀립니다",
  "The account is locked for {} s; try again then":
    "계정이 {}초 동안 잠겨 있습니다. 그 뒤에 다시 시도하세요",
  "Too many sign-ins from this address failed; try again later":
    "이 주소에서 로그인에 너무 많이 실패했습니다. 나중에 다시 시도하세요",
  "The credential was not accepted": "인증 정보를 받아들일 수 없습니다",
  "The credential was revoked; sign in again": "인증 정보가 폐기되었습니다. 다시 로그인하세요",
  "The credential has ended or was revoked; sign in again":
    "인증 정보가 만료되었거나 폐기되었습니다. 다시 로그인하세요",
  'Sign in to call "{}"': '"{}"을(를) 호출하려면 로그인하세요',
  'You may not call "{}"': '"{}"을(를) 호출할 권한이 없습니다',
  "The session that dari login has kept for {} was revoked or has ended; sign in again with dari login, or forget it with dari logout":
    "dari login이 보관한 {} 세션이 폐기되었거나 만료되었습니다. dari login으로 다시 로그인하거나 dari logout으로 지우세요",
  "The API key that dari accept has kept for {} was revoked or has ended; ask for another invitation":
    "dari accept가 보관한 {} API 키가 폐기되었거나 만료되었습니다. 초대를 다시 요청하세요",
  "Nobody is signed in to {}": "{}에 로그인한 계정이 없습니다",
};
