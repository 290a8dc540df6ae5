#!/usr/bin/env python3
"""Measures a running server, or two in turn: time to the first token, between tokens, and of whole answers.

    tools/bench_serve.py URL [--compare URL] [--at-once 1,4,8,16] [--requests 32] [--prompt-tokens 256] [--tokens 128]
                         [--decoder NAME] [--key KEY] [--csv FILE] [--long-prompt]

Tokens are counted by the server's own usage, and in a stream by their ids where it tells them; never by chunks. Answers have
exactly --tokens tokens (`ignore_eos`). With --long-prompt a prompt of 4,096 words is sent in the middle of each measurement, and
what it does to the time between tokens is printed too. Two servers take turns, so that a busy minute hits both.
"""

import argparse
import concurrent.futures
import csv
import http.client
import json
import sys
import threading
import time
import urllib.parse

WORDS = "the model reads a file and writes what it found in a list of numbers with names of trees rivers towns".split()


def prompt(tokens, number):
    return " ".join(WORDS[(number * 7 + place * (number % 5 + 1)) % len(WORDS)] for place in range(tokens))


def ask(url, options, number, tokens, limit):
    """Times of one answer: to the first token, of each token after it, and of the whole; and how many tokens it had."""
    parts = urllib.parse.urlsplit(url)
    headers = {"Content-Type": "application/json"}
    if options.key:
        headers["Authorization"] = "Bearer " + options.key
    body = {
        "model": options.model, "prompt": prompt(tokens, number), "max_tokens": limit, "temperature": 0, "stream": True,
        "stream_options": {"include_usage": True}, "ignore_eos": True, "return_token_ids": True,
    }
    if options.decoder and url == options.url:
        body["decoder"] = options.decoder
    connection = http.client.HTTPConnection(parts.hostname, parts.port or 80, timeout=1800)
    start = time.perf_counter()
    connection.request("POST", "/v1/completions", json.dumps(body), headers)
    answer = connection.getresponse()
    if answer.status != 200:
        raise SystemExit(f"{url}: {answer.status} {answer.read()[:300]!r}")
    first, last, between, counted = None, start, [], None
    for line in answer:
        if not line.startswith(b"data: ") or line.startswith(b"data: [DONE]"):
            continue
        event = json.loads(line[6:])
        if event.get("error"):
            raise SystemExit(f"{url}: {event}")
        if event.get("usage"):
            counted = event["usage"]["completion_tokens"]
        for choice in event.get("choices") or []:
            ids = choice.get("token_ids")
            count = len(ids) if ids else int(bool(choice.get("text")))
            if not count:
                continue
            now = time.perf_counter()
            if first is None:
                first = now - start
                count -= 1
            if count:
                between += [(now - last) / count] * count
            last = now
    connection.close()
    return {"first": first or 0, "between": between, "whole": time.perf_counter() - start, "tokens": counted or 0}


def percentile(values, share):
    values = sorted(values)
    return values[min(len(values) - 1, int(share * len(values)))] if values else 0.0


def measure(url, options, at_once):
    start = time.perf_counter()
    with concurrent.futures.ThreadPoolExecutor(at_once + 1) as pool:
        jobs = [pool.submit(ask, url, options, number, options.prompt_tokens, options.tokens) for number in range(options.requests)]
        if options.long_prompt:
            threading.Timer(0.5, lambda: pool.submit(ask, url, options, 99, 4096, 1)).start()
        answers = [job.result() for job in jobs]
    seconds = time.perf_counter() - start
    row = {"url": url, "at_once": at_once, "requests": len(answers), "tokens": sum(answer["tokens"] for answer in answers)}
    row["tokens_a_second"] = row["tokens"] / seconds
    between = [value for answer in answers for value in answer["between"]]
    for name, values in [("first", [a["first"] for a in answers]), ("between", between), ("whole", [a["whole"] for a in answers])]:
        for share in (50, 95, 99):
            row[f"{name}_p{share}"] = percentile(values, share / 100)
    return row


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("url")
    parser.add_argument("--compare")
    parser.add_argument("--at-once", default="1,4,8,16")
    parser.add_argument("--requests", type=int, default=32)
    parser.add_argument("--prompt-tokens", type=int, default=256)
    parser.add_argument("--tokens", type=int, default=128)
    parser.add_argument("--decoder", default="")
    parser.add_argument("--model", default="")
    parser.add_argument("--key", default="")
    parser.add_argument("--csv")
    parser.add_argument("--long-prompt", action="store_true")
    options = parser.parse_args()
    options.url = options.url.rstrip("/")
    urls = [options.url] + ([options.compare.rstrip("/")] if options.compare else [])
    rows = []
    for at_once in map(int, options.at_once.split(",")):
        for url in urls:
            row = measure(url, options, at_once)
            rows.append(row)
            print(f"{url}  at once {at_once:3}  {row['tokens_a_second']:8.1f} tokens/s  first {row['first_p50'] * 1e3:7.0f} ms  "
                  f"between {row['between_p50'] * 1e3:6.1f} / {row['between_p95'] * 1e3:6.1f} ms  whole {row['whole_p50']:6.2f} s", flush=True)
    for url in urls:
        mine = [row for row in rows if row["url"] == url]
        print(f"{url}  {mine[-1]['at_once']} at once : {mine[0]['at_once']} at once = {mine[-1]['tokens_a_second'] / mine[0]['tokens_a_second']:.2f}")
    if options.csv:
        with open(options.csv, "w", newline="") as file:
            writer = csv.DictWriter(file, rows[0].keys())
            writer.writeheader()
            writer.writerows(rows)
    return 0


if __name__ == "__main__":
    sys.exit(main())
