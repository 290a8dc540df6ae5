#!/usr/bin/env python3
"""A hub on this machine: what cambium and the hub's own client ask of the real one, and every fault that a test wants.

    tools/test_hub.py FOLDER [--log FILE] [--faults FILE] [--page 3] [--prefix /mirror] [--large 65536] [--bind 127.0.0.1]
                      [--cdn-host NAME] [--cert FILE --key FILE]

FOLDER holds repositories: `org/name/` with files, or with a folder for each revision beside `.revisions.json`:
`{"main": "FOLDER", ...}`. A file of `--large` bytes or more, and each *.safetensors, is a large one: it lies at a second
port, the store (CDN). The first line of standard output is JSON: `{"endpoint": ..., "cdn": ..., "commits": {...}}`. The hub
ends when its standard input does, so that no test leaves one behind.

Faults are a JSON file that is read anew at each request; `{"faults": [RULE, ...]}`. The first rule that matches and whose
`times` are not used up is taken. A rule:

    "on"       api, tree, resolve or cdn: which kind of request; all without it
    "path"     a glob over the file's path (of api: the repository's name)
    "method"   GET or HEAD
    "range"    true: only requests with a Range; false: only those without
    "times"    how often, counted for each rule of the file; always without it
    "skip"     how many requests pass before
    "do"       status (with "status", "code", "message", "headers"), cut (after "bytes"), stall (after "bytes"), drip,
               whole (200 for a range), range (a wrong Content-Range by "shift"), total (a wrong total by "shift"),
               short, long (by "bytes"; Content-Length is that of the lie), announce (Content-Length is wrong by "bytes"),
               gzip, chunked, flip (a bit at "byte" of the file), etag, size, commit (with "value"), nocommit, weak,
               redirect (to "to", "{here}" stands for the address asked), body (with "body" and "type"), move ("revision"
               becomes "value" after this answer)

A line on standard input is answered with a line as soon as the log has all that was answered before; the hub ends with its input.

The log has a line of JSON for each request: port, kind, method, path, range, status, bytes sent, whether Authorization came,
and the header names. Standard library alone.
"""

import argparse
import fnmatch
import gzip
import hashlib
import json
import os
import ssl
import sys
import threading
import urllib.parse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


def digest_of(path, git):
    size = os.path.getsize(path)
    digest = hashlib.sha1(b"blob %d\0" % size) if git else hashlib.sha256()
    with open(path, "rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


class Repository:
    """A repository: its revisions, and of each commit the files."""

    def __init__(self, name, folder, large):
        self.name, self.large = name, large
        table = os.path.join(folder, ".revisions.json")
        revisions = json.load(open(table)) if os.path.exists(table) else {"main": "."}
        self.private = revisions.pop("private", False)
        self.gated = revisions.pop("gated", False)
        self.renamed = revisions.pop("renamed", None)
        self.commits, self.branches = {}, {}
        for revision, below in revisions.items():
            files = self.read(os.path.join(folder, below))
            text = json.dumps([name, sorted((f["path"], f["etag"]) for f in files.values())])
            commit = hashlib.sha1(text.encode()).hexdigest()
            self.commits[commit] = files
            self.branches[revision] = commit

    def read(self, folder):
        files = {}
        for root, _, names in os.walk(folder):
            for name in names:
                full = os.path.join(root, name)
                path = os.path.relpath(full, folder).replace(os.sep, "/")
                if path.startswith(".revisions"):
                    continue
                size = os.path.getsize(full)
                is_large = size >= self.large or path.endswith(".safetensors")
                etag = digest_of(full, git=not is_large)
                files[path] = {"path": path, "full": full, "size": size, "large": is_large, "etag": etag}
        return files

    def commit(self, revision):
        return self.branches.get(revision) or (revision if revision in self.commits else None)


class Hub:
    """What both ports share."""

    def __init__(self, options):
        self.options = options
        self.lock = threading.Lock()
        self.repositories = {}
        for org in sorted(os.listdir(options.folder)):
            if not os.path.isdir(os.path.join(options.folder, org)) or org.startswith("."):
                continue
            for name in sorted(os.listdir(os.path.join(options.folder, org))):
                path = os.path.join(options.folder, org, name)
                if os.path.isdir(path):
                    self.repositories[f"{org}/{name}"] = Repository(f"{org}/{name}", path, options.large)
        self.used, self.signed = {}, {}
        self.idle, self.answering = threading.Condition(), 0
        self.log = open(options.log, "a", buffering=1) if options.log else None

    def fault(self, kind, path, method, has_range):
        if not self.options.faults or not os.path.exists(self.options.faults):
            return {}
        with self.lock:
            try:
                rules = json.load(open(self.options.faults))["faults"]
            except ValueError:
                return {}
            for index, rule in enumerate(rules):
                if rule.get("on", kind) != kind or rule.get("method", method) != method:
                    continue
                if not fnmatch.fnmatchcase(path, rule.get("path", "*")) or rule.get("range", has_range) != has_range:
                    continue
                key = json.dumps([index, rule])
                count = self.used[key] = self.used.get(key, 0) + 1
                if count <= rule.get("skip", 0) or count - rule.get("skip", 0) > rule.get("times", 1 << 60):
                    continue
                return rule
        return {}

    def wait(self):
        """Until every answer that was begun is in the log: who has its bytes may be ahead of the log."""
        with self.idle:
            self.idle.wait_for(lambda: self.answering == 0)

    def begins(self, count):
        with self.idle:
            self.answering += count
            self.idle.notify_all()

    def record(self, entry):
        if self.log:
            with self.lock:
                self.log.write(json.dumps(entry) + "\n")


class Dropped(Exception):
    """The connection is to be cut."""


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    port_name = "hub"
    hub = None

    def log_message(self, *arguments):
        pass

    def do_HEAD(self):
        self.handle_one("HEAD")

    def do_GET(self):
        self.handle_one("GET")

    def do_POST(self):
        length = int(self.headers.get("Content-Length") or 0)
        self.form = urllib.parse.parse_qs(self.rfile.read(length).decode())
        self.handle_one("POST")

    def handle_one(self, method):
        self.hub.begins(1)
        try:
            self.answer_one(method)
        finally:
            self.hub.begins(-1)

    def answer_one(self, method):
        self.method, self.sent, self.status, self.kind, self.rule = method, 0, 0, "other", {}
        parsed = urllib.parse.urlsplit(self.path)
        self.query = urllib.parse.parse_qs(parsed.query)
        try:
            self.route(parsed.path)
        except (Dropped, BrokenPipeError, ConnectionResetError):
            # An end, and not a reset, which would take back what was sent.
            self.close_connection = True
        self.hub.record({
            "port": self.port_name, "kind": self.kind, "method": method, "path": parsed.path,
            "range": self.headers.get("Range"), "status": self.status, "bytes": self.sent,
            "fault": self.rule.get("do"), "authorization": "Authorization" in self.headers,
            "agent": self.headers.get("User-Agent"), "names": sorted(name.lower() for name in self.headers.keys()),
        })

    # Answers ----------------------------------------------------------------------------------------------------------

    def head(self, status, headers):
        self.status = status
        self.send_response(status)
        for name, value in headers.items():
            if value is not None:
                self.send_header(name, str(value))
        self.end_headers()

    def body(self, blocks):
        if self.method == "HEAD":
            return
        for block in blocks:
            self.wfile.write(block)
            self.sent += len(block)

    def answer(self, status, body=b"", headers=None, type_="application/json"):
        if isinstance(body, (dict, list)):
            body = json.dumps(body).encode()
        headers = {"Content-Type": type_, "Content-Length": len(body), **(headers or {})}
        self.head(status, headers)
        self.body([body])

    def error(self, status, code=None, message=None, headers=None):
        headers = {"X-Error-Code": code, "X-Error-Message": message, **(headers or {})}
        self.answer(status, {"error": message or "error"}, headers)

    def begin(self, kind, path):
        """Looks for a fault; true when it was the answer."""
        self.kind = kind
        rule = self.rule = self.hub.fault(kind, path, self.method, "Range" in self.headers)
        do = rule.get("do")
        if do == "status":
            self.error(rule["status"], rule.get("code"), rule.get("message"), rule.get("headers"))
        elif do == "redirect":
            self.head(rule.get("status", 302), {
                "Location": rule["to"].replace("{here}", self.path), "Content-Length": 0, **rule.get("headers", {})})
        elif do == "body":
            self.answer(200, rule["body"].encode(), rule.get("headers"), rule.get("type", "application/json"))
        elif do == "stall" and not rule.get("bytes"):
            self.stall()
        elif do == "cut" and not rule.get("bytes"):
            raise Dropped()
        else:
            return False
        return True

    def stall(self):
        """Says nothing until the other side goes away."""
        self.wfile.flush()
        self.connection.settimeout(60)
        try:
            self.connection.recv(1)
        except OSError:
            pass
        raise Dropped()

    def file(self, file, headers, extra_size=None):
        """The bytes of a file, or of a range of it, with what a fault makes of them."""
        do, size = self.rule.get("do"), file["size"]
        begin, end, status = 0, size, 200
        wanted = self.headers.get("Range")
        if wanted and do != "whole":
            first, _, last = wanted.removeprefix("bytes=").partition("-")
            begin = int(first)
            end = min(size, int(last) + 1) if last else size
            if begin >= size:
                return self.error(416, headers={"Content-Range": f"bytes */{size}"})
            status = 206
            shift = self.rule.get("shift", 1)
            moved, total = (shift if do == "range" else 0), size + (shift if do == "total" else 0)
            headers["Content-Range"] = f"bytes {begin + moved}-{end - 1 + moved}/{total}"
        count = end - begin
        length = count
        if do == "announce":
            length = count + self.rule.get("bytes", 1)
        if do in ("short", "long"):
            length = count = count + (-1 if do == "short" else 1) * self.rule.get("bytes", 1)
        headers["Accept-Ranges"] = "bytes"
        headers["Content-Type"] = "application/octet-stream"
        if do == "gzip":
            data = open(file["full"], "rb").read()[begin:end]
            return self.answer(status, gzip.compress(data), {**headers, "Content-Encoding": "gzip"}, "text/plain")
        if do == "chunked":
            headers["Transfer-Encoding"] = "chunked"
            self.head(status, headers)
            if self.method != "HEAD":
                for block in self.blocks(file, begin, count):
                    self.wfile.write(b"%x\r\n%b\r\n" % (len(block), block))
                    self.sent += len(block)
                self.wfile.write(b"0\r\n\r\n")
            return None
        headers["Content-Length"] = length
        self.head(status, headers)
        if self.method == "HEAD":
            return None
        limit = self.rule.get("bytes", 0) if do in ("cut", "stall") else None
        for block in self.blocks(file, begin, count):
            if limit is not None and self.sent + len(block) >= limit:
                block = block[:limit - self.sent]
                self.body([block])
                self.wfile.flush()
                if do == "stall":
                    self.stall()
                raise Dropped()
            self.body([block])
        if do == "announce" and length > count:
            raise Dropped()

    def blocks(self, file, begin, count):
        """`count` bytes from `begin` on; beyond the end of the file, zeros."""
        flip = self.rule.get("byte", file["size"] // 2) if self.rule.get("do") == "flip" else None
        with open(file["full"], "rb") as source:
            source.seek(begin)
            at, end = begin, begin + count
            while at < end:
                block = source.read(min(1 << 20, end - at)) or b"\0" * min(1 << 20, end - at)
                if flip is not None and at <= flip < at + len(block):
                    block = bytearray(block)
                    block[flip - at] ^= 1
                    block = bytes(block)
                yield block
                at += len(block)


class HubHandler(Handler):
    def route(self, path):
        prefix = self.hub.options.prefix
        if prefix:
            if not path.startswith(prefix + "/"):
                return self.error(404, message="no such place on this mirror")
            path = path[len(prefix):]
        parts = [urllib.parse.unquote(part) for part in path.strip("/").split("/")]
        if parts[:2] == ["api", "models"] and len(parts) >= 4:
            return self.api(f"{parts[2]}/{parts[3]}", parts[4:])
        if "resolve" in parts[2:3] and len(parts) >= 5:
            # A revision with slashes is escaped, and is one part.
            raw = path.strip("/").split("/")
            revision = urllib.parse.unquote(raw[3])
            return self.resolve(f"{parts[0]}/{parts[1]}", revision, "/".join(parts[4:]))
        return self.error(404, message="Not Found")

    def repository(self, name):
        """The repository, or nothing when the answer was given."""
        found = self.hub.repositories.get(name)
        if not found:
            # The real one says the same of what is private and of what is not there.
            self.error(401, "RepoNotFound", "Repository not found")
            return None
        if found.renamed:
            self.head(307, {
                "Location": self.path.replace(f"/{name}/", f"/{found.renamed}/", 1), "Content-Length": 0})
            return None
        if found.private and "Authorization" not in self.headers:
            self.error(401, None, "Invalid username or password.")
            return None
        return found

    def files(self, found, revision):
        commit = found.commit(revision)
        if not commit:
            self.error(404, "RevisionNotFound", f"Invalid rev id: {revision}")
            return None, None
        return commit, found.commits[commit]

    def move(self, found):
        if self.rule.get("do") == "move":
            found.branches[self.rule.get("revision", "main")] = found.commit(self.rule["value"])

    def api(self, name, rest):
        kind = "tree" if rest[:1] in (["tree"], ["paths-info"]) else "api"
        if self.begin(kind, name):
            return None
        found = self.repository(name)
        if not found:
            return None
        revision = rest[1] if len(rest) > 1 else "main"
        commit, files = self.files(found, revision)
        if not commit:
            return None
        if rest[:1] == ["tree"]:
            result = self.tree(found, commit, files)
        elif rest[:1] == ["paths-info"]:
            wanted = self.form.get("paths", []) if self.method == "POST" else []
            result = self.send_json([self.entry(files[path]) for path in wanted if path in files])
        else:
            result = self.send_json({
                "_id": "0", "id": name, "modelId": name, "sha": commit, "private": found.private, "gated": found.gated,
                "disabled": False, "downloads": 0, "likes": 0, "tags": [], "lastModified": "2026-01-01T00:00:00.000Z",
                "createdAt": "2026-01-01T00:00:00.000Z",
                "siblings": [{"rfilename": path} for path in sorted(files)],
            })
        self.move(found)
        return result

    def send_json(self, value, headers=None):
        body = json.dumps(value).encode()
        headers = dict(headers or {})
        if self.rule.get("do") == "gzip":
            body = gzip.compress(body)
            headers["Content-Encoding"] = "gzip"
        if self.rule.get("do") == "cut":
            self.head(200, {"Content-Type": "application/json", "Content-Length": len(body), **headers})
            self.body([body[:self.rule["bytes"]]])
            self.wfile.flush()
            raise Dropped()
        return self.answer(200, body, headers)

    def entry(self, file):
        entry = {"type": "file", "path": file["path"], "size": file["size"], "oid": file["etag"][:40]}
        if file["large"]:
            entry["lfs"] = {"oid": file["etag"], "size": file["size"], "pointerSize": 134}
            # As the real one does on gated repositories: ignored by whoever reads digits alone.
            entry["xetHash"] = "*" * 64
        return entry

    def tree(self, found, commit, files):
        folders = sorted({path.rsplit("/", 1)[0] for path in files if "/" in path})
        entries = [{"type": "directory", "path": path, "size": 0, "oid": "0" * 40} for path in folders]
        entries += [self.entry(files[path]) for path in sorted(files)]
        page = self.hub.options.page
        at = int(self.query.get("cursor", ["0"])[0])
        headers = {}
        if at + page < len(entries):
            # A mirror hands on the address of the hub behind it.
            base = "https://huggingface.co" if self.hub.options.prefix else self.hub.endpoint
            headers["Link"] = (
                f"<{base}/api/models/{found.name}/tree/{commit}?recursive=true&cursor={at + page}>; rel=\"next\"")
        return self.send_json(entries[at:at + page], headers)

    def resolve(self, name, revision, path):
        if self.begin("resolve", path):
            return None
        found = self.repository(name)
        if not found:
            return None
        if found.gated and "Authorization" not in self.headers:
            return self.error(
                401, "GatedRepo", f"Access to model {name} is restricted. You must have access to it and be authenticated.")
        commit, files = self.files(found, revision)
        if not commit:
            return None
        file = files.get(path)
        if not file:
            return self.error(404, "EntryNotFound", "Entry not found", {"X-Repo-Commit": commit})
        do, value = self.rule.get("do"), self.rule.get("value")
        headers = {"X-Repo-Commit": value if do == "commit" else None if do == "nocommit" else commit}
        etag = value if do == "etag" else file["etag"]
        if not file["large"]:
            weak = do == "weak" or path == "README.md"
            headers["ETag"] = f'W/"{etag}"' if weak else f'"{etag}"'
            self.file(file, headers)
            return self.move(found)
        headers.update({
            "X-Linked-Etag": f'"{etag}"', "X-Linked-Size": value if do == "size" else file["size"],
            "X-Xet-Hash": hashlib.sha256(etag.encode()).hexdigest(),
            "Link": f'<{self.hub.endpoint}/api/models/{name}/xet-read-token/{commit}>; rel="xet-auth"',
            "Content-Length": 0,
        })
        key = hashlib.sha256(f"{name} {commit} {path}".encode()).hexdigest()[:32]
        with self.hub.lock:
            serial = self.hub.signed[key] = self.hub.signed.get(key, 0) + 1
        self.hub.places = getattr(self.hub, "places", {})
        self.hub.places[key] = file
        headers["Location"] = f"{self.hub.cdn}/{key}/{serial}?Expires=3600&Signature=secret"
        self.head(302, headers)
        return self.move(found)


class StoreHandler(Handler):
    port_name = "cdn"

    def route(self, path):
        parts = path.strip("/").split("/")
        file = getattr(self.hub, "places", {}).get(parts[0])
        self.kind = "cdn"
        if "Authorization" in self.headers:
            return self.error(400, message="a token was sent to the store")
        if not file:
            return self.error(404, message="no such object")
        if self.begin("cdn", file["path"]):
            return None
        return self.file(file, {})


def serve(handler, options, hub, context):
    server = ThreadingHTTPServer((options.bind, 0), type("Bound", (handler,), {"hub": hub}))
    server.daemon_threads = True
    if context:
        server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server.server_address[1]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder")
    parser.add_argument("--log")
    parser.add_argument("--faults")
    parser.add_argument("--page", type=int, default=3)
    parser.add_argument("--prefix", default="")
    parser.add_argument("--large", type=int, default=65536)
    parser.add_argument("--bind", default="127.0.0.1")
    parser.add_argument("--host", help="the name in the addresses; by default what is bound to")
    parser.add_argument("--cdn-host", help="the name in the addresses of the store")
    parser.add_argument("--cert")
    parser.add_argument("--key")
    options = parser.parse_args()
    context = None
    if options.cert:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(options.cert, options.key)
    scheme = "https" if context else "http"
    hub = Hub(options)
    host = options.host or options.bind
    # Made before it answers: a request may come at once.
    hub.cdn = f"{scheme}://{options.cdn_host or host}:{serve(StoreHandler, options, hub, context)}"
    hub.endpoint = ""
    hub.endpoint = f"{scheme}://{host}:{serve(HubHandler, options, hub, context)}{options.prefix}"
    print(json.dumps({
        "endpoint": hub.endpoint, "cdn": hub.cdn,
        "commits": {name: repository.branches for name, repository in hub.repositories.items()},
    }), flush=True)
    try:
        # A line asks for a line as soon as the log is whole; the end of the input ends the hub.
        for _ in sys.stdin:
            hub.wait()
            print("logged", flush=True)
    except KeyboardInterrupt:
        pass


if __name__ == "__main__":
    main()
