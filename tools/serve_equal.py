#!/usr/bin/env python3
"""Asks a running server many things at once, in random orders, and holds every answer against the one that it has alone.

    tools/serve_equal.py URL [--key KEY] [--rounds 50] [--requests 64] [--at-once 16] [--seed 1] [--decoders vanilla,lookup,auto]

Dialects, decoders, temperatures and lengths are mixed; between the requests others are begun and left, during their prompts and
their answers. Equal must be texts, token ids, probabilities, calls and ends; names, times, and how drafts were taken may differ.
At the end nothing may run or wait. Silent and 0 when all is equal.
"""

import argparse
import concurrent.futures
import http.client
import json
import random
import sys
import threading
import urllib.parse

WORDS = "the model reads a file and writes what it found in a list of numbers with names of trees rivers towns".split()
TOOL = {"name": "note", "parameters": {"type": "object", "properties": {"text": {"type": "string"}, "n": {"type": "integer"}}}}


class Client:
    def __init__(self, options):
        self.url = urllib.parse.urlsplit(options.url)
        self.headers = {"Content-Type": "application/json"}
        if options.key:
            self.headers["Authorization"] = "Bearer " + options.key

    def connection(self):
        return http.client.HTTPConnection(self.url.hostname, self.url.port or 80, timeout=900)

    def ask(self, path, body):
        connection = self.connection()
        connection.request("POST" if body is not None else "GET", path, body and json.dumps(body), self.headers)
        answer = connection.getresponse()
        text = answer.read().decode()
        connection.close()
        if answer.status != 200:
            raise RuntimeError(f"{path}: {answer.status} {text[:300]}")
        return text

    def leave(self, path, body, pieces):
        """Begins an answer and goes away after some of its bytes."""
        connection = self.connection()
        connection.request("POST", path, json.dumps({**body, "stream": True}), self.headers)
        if pieces:
            answer = connection.getresponse()
            for _ in range(pieces):
                if not answer.read1(64):
                    break
        connection.close()


def requests(count, rng, decoders):
    made = []
    for number in range(count):
        text = " ".join(rng.choice(WORDS) for _ in range(rng.choice([3, 10, 60, 200])))
        common = {"decoder": rng.choice(decoders), "seed": number, "temperature": rng.choice([0, 0, 0.7, 1.2]), "model": ""}
        limit, stream = rng.choice([1, 5, 24, 48]), rng.random() < 0.5
        messages = [{"role": "user", "content": text}]
        kind = number % 4
        if kind == 0:
            body = {**common, "messages": messages, "max_tokens": limit, "stream": stream, "logprobs": True, "top_logprobs": 3,
                    "return_token_ids": True, "n": rng.choice([1, 1, 2])}
            if rng.random() < 0.4:
                body["tools"] = [{"type": "function", "function": TOOL}]
            made.append(("/v1/chat/completions", body))
        elif kind == 1:
            made.append(("/v1/completions", {**common, "prompt": text, "max_tokens": limit, "stream": stream, "logprobs": 2,
                                             "return_token_ids": True}))
        elif kind == 2:
            made.append(("/v1/responses", {**common, "input": text, "max_output_tokens": limit, "stream": stream}))
        else:
            made.append(("/v1/messages", {**common, "messages": messages, "max_tokens": limit, "stream": stream}))
    return made


LOOSE = {"id", "item_id", "call_id", "created", "created_at", "timings", "metrics", "usage", "x_request_id"}


def meaning(value):
    """A document without what may differ."""
    if isinstance(value, dict):
        return {key: meaning(item) for key, item in value.items() if key not in LOOSE}
    return [meaning(item) for item in value] if isinstance(value, list) else value


def answer(text):
    """What an answer says. Of a stream, texts are joined: how many tokens come at once follows the drafts."""
    if not text.startswith(("data:", "event:", ":")):
        return meaning(json.loads(text))
    parts, ends = {}, []
    for event in text.split("\n\n"):
        data = [line[6:] for line in event.split("\n") if line.startswith("data: ")]
        if not data or data[0] == "[DONE]":
            continue
        event = json.loads(data[0])
        if event.get("error"):
            raise RuntimeError(str(event))
        gather(event, parts, ends)
    return {"parts": parts, "ends": ends}


def gather(event, parts, ends):
    for choice in event.get("choices") or []:
        index = choice["index"]
        delta = choice.get("delta") or {"content": choice.get("text")}
        for key in ("content", "reasoning_content"):
            parts[f"{index} {key}"] = parts.get(f"{index} {key}", "") + (delta.get(key) or "")
        for call in delta.get("tool_calls") or []:
            key = f"{index} call {call['index']}"
            parts[key] = parts.get(key, "") + call["function"].get("name", "") + call["function"].get("arguments", "")
        parts.setdefault(f"{index} ids", []).extend(choice.get("token_ids") or [])
        told = choice.get("logprobs") or {}
        parts.setdefault(f"{index} logprobs", []).extend(told.get("content") or told.get("token_logprobs") or [])
        if choice.get("finish_reason"):
            ends.append([index, choice["finish_reason"]])
            ends.sort()
    kind = event.get("type", "")
    if kind == "content_block_delta":
        for key in ("text", "thinking", "partial_json"):
            name = f"{event['index']} {key}"
            parts[name] = parts.get(name, "") + event["delta"].get(key, "")
    elif kind == "message_delta":
        ends.append(event["delta"])
    elif kind.endswith(".delta"):
        name = f"{event['output_index']} {kind}"
        parts[name] = parts.get(name, "") + event["delta"]
    elif kind in ("response.completed", "response.incomplete"):
        ends.append(kind)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("url")
    parser.add_argument("--key", default="")
    parser.add_argument("--rounds", type=int, default=50)
    parser.add_argument("--requests", type=int, default=64)
    parser.add_argument("--at-once", type=int, default=16)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--decoders", default="vanilla,lookup,auto")
    options = parser.parse_args()
    client, rng = Client(options), random.Random(options.seed)
    asked = requests(options.requests, rng, options.decoders.split(","))
    alone = [answer(client.ask(path, body)) for path, body in asked]
    wrong, lock = 0, threading.Lock()
    for round_number in range(options.rounds):
        order = list(range(len(asked)))
        rng.shuffle(order)
        leaving = {number: rng.choice([0, 1, 3]) for number in rng.sample(order, len(order) // 4)}

        def one(number):
            nonlocal wrong
            path, body = asked[number]
            if number in leaving:
                client.leave(path, body, leaving[number])
            found = answer(client.ask(path, body))
            if found != alone[number]:
                with lock:
                    wrong += 1
                    print(f"round {round_number}, request {number} {path} {json.dumps(body)}\n  alone {alone[number]}\n  now   {found}")

        with concurrent.futures.ThreadPoolExecutor(options.at_once) as pool:
            list(pool.map(one, order))
    status = json.loads(client.ask("/v1/status", None))
    if status["num_running"] or status["num_waiting"]:
        wrong += 1
        print(f"at the end: {status['num_running']} run and {status['num_waiting']} wait")
    sys.exit(bool(wrong))


if __name__ == "__main__":
    main()
