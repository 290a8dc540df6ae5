#!/usr/bin/env python3
"""Starts `verify-runner serve` on a package and treats it badly: over raw sockets, as no client library would.

    tools/serve_attack.py [--program .build/release/verify-runner] PACKAGE

Each line that is printed is a rule that does not hold, by its topic (reliability.md, section 6); silent and 0 when all do. It takes about four minutes, most of it waiting
for limits of time (which are set low).
"""

import argparse
import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time

wrong = []


def check(what, holds, found=""):
    if not holds:
        wrong.append(what)
        print(f"{what}: {found}", flush=True)


class Server:
    def __init__(self, program, package, *more, before=None):
        self.log = []
        self.process = subprocess.Popen(
            [program, "serve", package, "--port", "0", *more], stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            preexec_fn=before)
        self.port, self.ready = None, threading.Event()
        threading.Thread(target=self.read, daemon=True).start()
        if not self.ready.wait(300):
            raise SystemExit("the server does not start: " + "\n".join(self.log))

    def read(self):
        for line in self.process.stderr:
            self.log.append(line.rstrip())
            found = re.search(r"serving at .*?:(\d+)$", line.rstrip())
            if found:
                self.port = int(found[1])
                self.ready.set()
        self.ready.set()

    def connect(self):
        connection = socket.create_connection(("127.0.0.1", self.port))
        connection.settimeout(600)
        return connection

    def say(self, data):
        """Sends bytes, and reads until the other side closes."""
        connection = self.connect()
        connection.sendall(data)
        answer = b""
        try:
            while part := connection.recv(65536):
                answer += part
                if b"\r\n\r\n" in answer and self.is_whole(answer):
                    break
        except (ConnectionError, socket.timeout):
            pass
        connection.close()
        return answer

    @staticmethod
    def is_whole(answer):
        head, _, body = answer.partition(b"\r\n\r\n")
        length = re.search(rb"(?i)content-length: (\d+)", head)
        return bool(length) and len(body) >= int(length[1])

    def status(self, data):
        found = re.match(rb"HTTP/1.1 (\d+)", self.say(data))
        return int(found[1]) if found else 0

    def load(self):
        answer = self.say(b"GET /v1/status HTTP/1.1\r\nHost: localhost\r\n\r\n")
        body = json.loads(answer.partition(b"\r\n\r\n")[2])
        return body["num_running"] + body["num_waiting"]

    def is_idle(self, seconds=30):
        end = time.time() + seconds
        while time.time() < end:
            if self.load() == 0:
                return True
            time.sleep(0.2)
        return False

    def end(self, number=signal.SIGTERM, seconds=60):
        self.process.send_signal(number)
        try:
            return self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.process.kill()
            return None


def post(body, more=b"", path=b"/v1/chat/completions", length=None):
    body = body if isinstance(body, bytes) else json.dumps(body).encode()
    size = b"Content-Length: %d\r\n" % (len(body) if length is None else length)
    return b"POST " + path + b" HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n" + size + more + b"\r\n" + body


def chat(words=5, limit=8, **more):
    return {"messages": [{"role": "user", "content": "word " * words}], "max_tokens": limit, "temperature": 0, "ignore_eos": True, **more}


def framing(server):
    get = b"GET /health HTTP/1.1\r\n"
    for what, wanted, data in [
        ("host: one", 200, get + b"Host: localhost\r\n\r\n"), ("host: none", 400, get + b"\r\n"),
        ("host: two", 400, get + b"Host: localhost\r\nHost: evil.test\r\n\r\n"),
        ("host: not ours", 421, get + b"Host: evil.test\r\n\r\n"),
        ("host: what is no port", 400, get + b"Host: localhost:1:x\r\n\r\n"),
        ("host: another one in the target", 421, b"GET http://evil.test/health HTTP/1.1\r\nHost: localhost\r\n\r\n"),
        ("host: ours in the target", 200, b"GET http://localhost/health HTTP/1.1\r\nHost: evil.test\r\n\r\n"),
        ("a target of another scheme", 404, b"GET ftp://localhost/health HTTP/1.1\r\nHost: localhost\r\n\r\n"),
        ("a step without a name", 404, b"GET //v1/models HTTP/1.1\r\nHost: localhost\r\n\r\n"),
        ("a coding besides chunks", 400, post(b"", length=0).replace(b"Content-Length: 0", b"Transfer-Encoding: gzip, chunked") + b"0\r\n\r\n"),
        ("chunks in HTTP/1.0", 400, post(b"", length=0).replace(b"HTTP/1.1", b"HTTP/1.0").replace(b"Content-Length: 0", b"Transfer-Encoding: chunked") + b"2\r\n{}\r\n0\r\n\r\n"),
        ("length and chunks", 400, post(b"{}", b"Transfer-Encoding: chunked\r\n")),
        ("a wrong size of a chunk", 400, post(b"", b"", length=0).replace(b"Content-Length: 0", b"Transfer-Encoding: chunked") + b"zz\r\n"),
        ("a field that goes on", 400, get + b"Host: localhost\r\nX: a\r\n b\r\n\r\n"),
        ("NUL in a field", 400, get + b"Host: localhost\r\nX: a\0b\r\n\r\n"),
        ("sizes: 200 fields", 400, get + b"Host: localhost\r\n" + b"".join(b"X-%d: a\r\n" % n for n in range(200)) + b"\r\n"),
        ("sizes: a long path", 400, b"GET /" + b"a" * 10000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n"),
        ("sizes: a body that says it is too long", 413, post(b"{", length=1 << 40)),
        ("json: none", 400, post(b"{")), ("json: deep", 400, post(b"[" * 5000 + b"]" * 5000)),
        ("json: a key twice", 400, post(b'{"messages": [], "messages": []}')), ("json: not UTF-8", 400, post(b'{"a": "\xff"}')),
    ]:
        found = server.status(data)
        check(what if ": " in what else "framing: " + what, found == wanted, f"{found} instead of {wanted}")


def rules(server):
    """What a browser, a curious client and a wrong one are told."""
    head = b"GET /v1/models HTTP/1.1\r\nHost: localhost\r\n"
    url = lambda address: {**chat(), "messages": [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": address}}]}]}
    for what, wanted, data in [
        ("cors: another origin", 403, head + b"Origin: https://evil.test\r\n\r\n"), ("cors: our own page", 200, head + b"Origin: http://localhost\r\n\r\n"),
        ("cors: text", 415, post(b"{}").replace(b"application/json", b"text/plain")),
        ("cors: a preflight", 405, b"OPTIONS /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nAccess-Control-Request-Method: POST\r\n\r\n"),
        ("framing: a compressed body", 415, post(b"{}", b"Content-Encoding: gzip\r\n")),
        ("tokens: a temperature that is none", 400, post({**chat(), "temperature": 9})),
        ("tokens: a prompt without end", 400, post({**chat(), "messages": [{"role": "user", "content": "word " * 110_000}]})),
        ("grammar: a schema", 400, post({**chat(), "response_format": {"type": "json_schema", "json_schema": {"name": "a", "schema": {"not": {}}}}})),
        ("images: an address", 400, post(url("http://169.254.169.254/"))), ("images: a file", 400, post(url("file:///etc/passwd"))),
        ("images: a bomb", 400, post(url("data:image/png;base64," + bomb()))),
        ("model names: a path", 404, post({**chat(), "model": "../../x"})), ("model names: none to load", 404, post({"model": "x"}, path=b"/api/pull")),
    ]:
        found = server.status(data)
        check(what, found == wanted, f"{found} instead of {wanted}")
    found = server.say(post({**chat(), "user": "x", "frobnicate": 1}))
    check("json: fields without effect are told", b"x-ignored-parameters: user, frobnicate" in found, found[:400])
    connection = server.connect()
    body = json.dumps(chat(5, 1)).encode()
    connection.sendall(post(b"", b"Expect: 100-continue\r\n", length=len(body)))
    connection.settimeout(5)
    try:
        interim = connection.recv(4096)
    except socket.timeout:
        interim = b""
    check("framing: a body that waits is asked for", interim.startswith(b"HTTP/1.1 100"), interim)
    connection.sendall(body)
    answer = b""
    try:
        while part := connection.recv(65536):
            answer += part
    except OSError:
        pass
    check("framing: and answered", answer.startswith(b"HTTP/1.1 200"), answer[:200])
    connection.close()


def bomb():
    """A PNG of 60,000 by 60,000 pixels in few bytes."""
    import base64
    import struct
    import zlib

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = zlib.compress(b"\0" * 10_000_000, 9)
    data = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 60_000, 60_000, 1, 0, 0, 0, 0)) + chunk(b"IDAT", rows)
    return base64.b64encode(data + chunk(b"IEND", b"")).decode()


def keys(program, package):
    """A server with a key."""
    import tempfile

    with tempfile.NamedTemporaryFile("w", suffix=".txt") as file:
        file.write("# people\nfirst\n")
        file.flush()
        server = Server(program, package, "--api-key-file", file.name, "--host", "0.0.0.0")
        head = b"GET /v1/models HTTP/1.1\r\nHost: localhost\r\n"
        for what, wanted, fields in [
            ("none", 401, b""), ("empty", 401, b"Authorization: Bearer \r\n"), ("cut", 401, b"Authorization: Bearer firs\r\n"),
            ("longer", 401, b"Authorization: Bearer firstt\r\n"), ("two", 401, b"Authorization: Bearer first\r\nAuthorization: Bearer x\r\n"),
            ("right", 200, b"Authorization: Bearer first\r\n"), ("right, in other words", 200, b"X-Api-Key: first\r\n"),
        ]:
            found = server.status(head + fields + b"\r\n")
            check("auth: " + what, found == wanted, f"{found} instead of {wanted}")
        check("auth: metrics need a key", server.status(head.replace(b"/v1/models", b"/metrics") + b"\r\n") == 401)
        check("auth: health needs none", server.status(head.replace(b"/v1/models", b"/health") + b"\r\n") == 200)
        check("auth: no key in the log", not any("first" in line for line in server.log), "there is one")
        server.end()


def descriptors(program, package):
    """Fewer files than connections: the server goes on."""
    import resource

    limit = lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (192, 192))
    server = Server(program, package, "--idle-timeout", "5", before=limit)
    held = []
    for _ in range(300):
        try:
            connection = socket.create_connection(("127.0.0.1", server.port), timeout=1)
            held.append(connection)
        except OSError:
            break
    time.sleep(2)
    for connection in held:
        connection.close()
    time.sleep(1)
    check("process: files run out, and the server goes on", server.status(b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n") == 200, server.log[-3:])
    server.end()


def times(server):
    """Idle 3 s, body 15 s at the least rate: see main()."""
    for what, first, drip, limit in [
        ("silence", b"", b"", 15), ("half a request line", b"GET /hea", b"", 15),
        ("a head that drips", b"GET /health HTTP/1.1\r\nHost: localhost\r\n", b"X", 15),
        ("a body that stops", post(b"{", length=100), b"", 15),
    ]:
        connection = server.connect()
        connection.settimeout(0.5)
        connection.sendall(first)
        start, closed = time.time(), False
        while time.time() - start < limit and not closed:
            try:
                if drip:
                    connection.sendall(drip)
                closed = connection.recv(4096) == b""
            except socket.timeout:
                pass
            except OSError:
                closed = True
        check("time: " + what + " is closed", closed, f"open after {limit} s")
        connection.close()


def connections(server):
    """Each answer ends where the client thinks that it ends, and nobody keeps a connection by doing nothing."""
    get = b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n"
    connection = server.connect()
    connection.sendall(b"HEAD" + get[3:])
    time.sleep(1)
    connection.sendall(get.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"))
    answer = b""
    while part := connection.recv(65536):
        answer += part
    check("framing: HEAD has no body", answer.count(b"HTTP/1.1 200") == 2 and answer.count(b'{"status"') == 1, answer)
    for what, data in [
        ("an answer of a model", post(chat(5, 2))), ("a body for nobody", get[:-2] + b"Content-Length: 1\r\n\r\n"),
        ("a body that is refused", post(b"{", b"Authorization: x\r\n", b"/nothing")),
    ]:
        check("framing: " + what + " ends its connection", b"connection: close" in server.say(data).lower())
    check("sizes: a text that is too long", server.status(post(chat(300_000))) == 413)
    for what, data, drip in [
        ("a body for nobody that drips", get[:-2] + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n"),
        ("a refused body that drips", post(b"", b"Transfer-Encoding: chunked\r\n", b"/nothing", 0).replace(b"Content-Length: 0\r\n", b""), b"1\r\nx\r\n"),
        ("a body that drips", post(b"{", length=30_000_000), b" "),
    ]:
        connection = server.connect()
        connection.settimeout(0.5)
        connection.sendall(data)
        start, closed = time.time(), False
        while time.time() - start < 30 and not closed:
            try:
                connection.sendall(drip)
                closed = connection.recv(4096) == b""
            except socket.timeout:
                pass
            except OSError:
                closed = True
        check("time: " + what + " is closed", closed, "open after 30 s")
        connection.close()
    # Many requests at once, whose answers nobody reads: the server waits with a head, or with a page.
    connection = socket.socket()
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    connection.connect(("127.0.0.1", server.port))
    connection.settimeout(1)
    many, sent = b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n" * 5000, 0
    try:
        while sent < len(many):
            sent += connection.send(many[sent:sent + 65536])
    except OSError:
        pass
    time.sleep(40)
    answer, closed = 0, False
    try:
        while not closed and answer < 200_000_000:
            part = connection.recv(1 << 20)
            closed, answer = not part, answer + len(part)
    except socket.timeout:
        pass
    except OSError:
        closed = True
    check("time: answers that nobody reads end their connection", closed, f"open after {answer} bytes")
    connection.close()


def leaving(server):
    """A client that goes away frees its place: during the prompt, between events, and as one that does not read."""
    for what, words, pieces in [("during the prompt", 2000, 0), ("between events", 5, 3)]:
        connection = server.connect()
        connection.sendall(post(chat(words, 100_000, stream=True)))
        for _ in range(pieces):
            connection.recv(200)
        if not pieces:
            time.sleep(0.3)
        connection.close()
        check("concurrency: a client that leaves " + what, server.is_idle(), "its place is not free after 30 s")
    connection = socket.socket()
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    connection.connect(("127.0.0.1", server.port))
    # Much for each token, so that what the system holds back for the reader is soon full.
    connection.sendall(post(chat(5, 1_000_000, stream=True, n=8, logprobs=True, top_logprobs=20)))
    check("time: a reader that does not read", server.is_idle(300), "its place is not free after 300 s")
    connection.close()


def endings(program, package):
    server = Server(program, package, "--drain-timeout", "4", "--no-log")
    connection = server.connect()
    connection.sendall(post(chat(5, 1_000_000, stream=True)))
    connection.recv(4096)
    start = time.time()
    rest, code = b"", []
    ender = threading.Thread(target=lambda: code.append(server.end()))
    ender.start()
    told = []
    while time.time() - start < 3:
        # Answers are still written: whoever comes is told, and not turned away.
        for data in (b"GET /health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", post(chat(5, 1))):
            try:
                told.append(server.say(data)[:12])
            except OSError as error:
                told.append(repr(error))
        time.sleep(0.5)
    check("shutdown: who comes while answers are written is told", len(told) > 4 and set(told[2:]) == {b"HTTP/1.1 503"}, told)
    try:
        while part := connection.recv(65536):
            rest += part
    except OSError:
        pass
    ender.join()
    check("shutdown: SIGTERM ends within its time", time.time() - start < 15, f"{time.time() - start:.1f} s")
    check("shutdown: SIGTERM ends well", code == [0], code)
    check("shutdown: answers have their whole time", time.time() - start >= 4, f"{time.time() - start:.1f} s")
    check("streaming: a stream that is cut says so",
          b'"error"' in rest and b'"finish_reason":"' not in rest and b"[DONE]" not in rest, rest[-300:])
    server = Server(program, package, "--drain-timeout", "60", "--no-log")
    connection = server.connect()
    connection.sendall(post(chat(5, 1_000_000, stream=True)))
    connection.recv(4096)
    server.process.send_signal(signal.SIGTERM)
    time.sleep(1)
    start = time.time()
    found = server.end(signal.SIGTERM, 10)
    check("shutdown: a second signal ends at once", found == 143 and time.time() - start < 3, f"{found} after {time.time() - start:.1f} s")
    insecure = subprocess.run([program, "serve", package, "--host", "0.0.0.0", "--port", "0"], capture_output=True, text=True, timeout=60)
    check("bind: an open address without a key", insecure.returncode == 64 and "E_SERVE_INSECURE" in insecure.stderr, insecure.stderr)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", default=".build/release/verify-runner")
    parser.add_argument("package")
    options = parser.parse_args()
    server = Server(options.program, options.package, "--idle-timeout", "3", "--queue", "2", "--context", "100000")
    try:
        framing(server)
        rules(server)
        times(server)
        connections(server)
        leaving(server)
        codes = []
        threads = [threading.Thread(target=lambda: codes.append(server.status(post(chat(20, 200))))) for _ in range(40)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        check("concurrency: too many requests", set(codes) <= {200, 429} and 200 in codes, codes)
        check("concurrency: nothing is left", server.is_idle(), "something runs")
        check("process: no prompt in the log", not any("word" in line for line in server.log), "there is one")
    finally:
        if server.process.poll() is None:
            check("an idle server ends", server.end() == 0)
        else:
            check("the server lives", False, f"it ended with {server.process.returncode}: {server.log[-5:]}")
    keys(options.program, options.package)
    descriptors(options.program, options.package)
    endings(options.program, options.package)
    sys.exit(bool(wrong))


if __name__ == "__main__":
    main()
