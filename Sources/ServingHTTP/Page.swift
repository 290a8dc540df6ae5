/// The page for people: one file that loads nothing from elsewhere.
enum Page {
  /// Nothing but the page's script and the server itself may be reached.
  static let policy =
    "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; connect-src 'self'; img-src data:; "
    + "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

  static let bytes = Array((head + style + content + script).utf8)

  private static let head = #"""
    <!doctype html>
    <html lang="en">
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>Cambium</title>

    """#

  private static let style = #"""
    <style>
    :root { color-scheme: light dark; --line: #8884; --soft: #8881; --ink: #1a1a1a; --paper: #fff; --mark: #2a7d4f; }
    @media (prefers-color-scheme: dark) { :root { --ink: #e8e8e8; --paper: #161616; --mark: #6cc596; } }
    * { box-sizing: border-box; }
    body { margin: 0; font: 15px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper);
      height: 100dvh; display: grid; grid-template-columns: minmax(0, 1fr) 17rem; }
    main { display: flex; flex-direction: column; min-height: 0; height: 100dvh; }
    #talk { flex: 1; overflow-y: auto; padding: 1rem; }
    #talk > div { max-width: 48rem; margin: 0 auto 1rem; white-space: pre-wrap; overflow-wrap: anywhere; }
    .user { background: var(--soft); border-radius: .5rem; padding: .6rem .8rem; }
    .call { border-left: 3px solid var(--mark); padding-left: .6rem; font-family: ui-monospace, monospace; }
    .error { color: #c33; }
    details { color: #888; margin-bottom: .4rem; }
    img { max-width: 12rem; max-height: 8rem; display: block; border-radius: .3rem; }
    form { border-top: 1px solid var(--line); padding: .6rem 1rem; display: flex; gap: .5rem; align-items: flex-end; }
    textarea { flex: 1; font: inherit; min-height: 2.6rem; max-height: 12rem; resize: vertical; padding: .4rem; }
    button, select, input { font: inherit; }
    aside { border-left: 1px solid var(--line); padding: 1rem; overflow-y: auto; height: 100dvh; }
    aside h2 { font-size: .8rem; text-transform: uppercase; letter-spacing: .05em; color: #888; margin: 1.2rem 0 .3rem; }
    aside h2:first-child { margin-top: 0; }
    aside label { display: block; margin: .3rem 0; } aside select, aside input[type=password] { width: 100%; }
    dl { display: grid; grid-template-columns: auto 1fr; gap: 0 .6rem; margin: 0; } dd { margin: 0; text-align: right;
      overflow-wrap: anywhere; }
    #bars { display: flex; align-items: flex-end; gap: 3px; height: 4rem; border-bottom: 1px solid var(--line); }
    #bars i { flex: 1; background: var(--mark); min-height: 1px; }
    @media (max-width: 44rem) { body { grid-template-columns: 1fr; grid-template-rows: 1fr auto; }
      main { height: 70dvh; } aside { border: 0; border-top: 1px solid var(--line); height: 30dvh; } }
    </style>

    """#

  private static let content = #"""
    <main>
    <div id="talk" aria-live="polite"></div>
    <form id="form">
    <textarea id="text" placeholder="Message" aria-label="Message"></textarea>
    <input id="file" type="file" accept="image/png,image/jpeg" hidden>
    <button type="button" id="attach" title="Add a picture" aria-label="Add a picture">+</button>
    <button id="send">Send</button>
    </form>
    </main>
    <aside>
    <h2>Decoding</h2>
    <label>Decoder <select id="decoder"></select></label>
    <label><input type="checkbox" id="think" checked> think first</label>
    <label><input type="checkbox" id="tools"> offer a calculator</label>
    <label>Key <input type="password" id="key" autocomplete="off" placeholder="none"></label>
    <button id="clear">New conversation</button>
    <h2>Last answer</h2>
    <dl id="counts"></dl>
    <h2>Accepted drafts by place</h2>
    <div id="bars" role="img" aria-label="Accepted drafts by place"></div>
    <h2>Model</h2>
    <dl id="model"></dl>
    </aside>

    """#

  private static let script = #"""
    <script>
    "use strict";
    const $ = id => document.getElementById(id);
    let messages = [], picture = null, running = null;
    const calculator = { type: "function", function: { name: "calculate",
      description: "Adds, subtracts, multiplies or divides two numbers.",
      parameters: { type: "object", required: ["a", "operation", "b"], properties: { a: { type: "number" },
        operation: { enum: ["+", "-", "*", "/"] }, b: { type: "number" } } } } };
    function calculate(text) {
      try {
        const { a, operation, b } = JSON.parse(text);
        const f = { "+": (x, y) => x + y, "-": (x, y) => x - y, "*": (x, y) => x * y, "/": (x, y) => x / y }[operation];
        return f && typeof a === "number" && typeof b === "number" ? String(f(a, b)) : "Error: wrong arguments";
      } catch { return "Error: the arguments are no JSON"; }
    }
    const headers = () => ({ "content-type": "application/json",
      ...($("key").value ? { authorization: "Bearer " + $("key").value } : {}) });
    function add(kind, text) {
      const element = document.createElement("div");
      element.className = kind; element.textContent = text || ""; $("talk").append(element);
      return element;
    }
    function rows(list, values) {
      list.replaceChildren(...values.flatMap(([name, value]) => {
        const dt = document.createElement("dt"), dd = document.createElement("dd");
        dt.textContent = name; dd.textContent = value; return [dt, dd]; }));
    }
    function bars(values) {
      const most = Math.max(1, ...values);
      $("bars").replaceChildren(...values.map((value, place) => {
        const bar = document.createElement("i");
        bar.style.height = 100 * value / most + "%"; bar.title = "place " + (place + 1) + ": " + value; return bar; }));
    }
    async function facts() {
      try {
        const answer = await fetch("v1/models", { headers: headers() });
        const list = await answer.json();
        if (!answer.ok) { rows($("model"), [["", list.error.message]]); return; }
        const model = list.data[0], chosen = $("decoder").value;
        $("decoder").replaceChildren(...["", ...(model.meta.decoders || [])].map(name => new Option(name || "as the server does", name)));
        $("decoder").value = chosen;
        rows($("model"), [["name", model.id], ["context", model.max_model_len],
          ...Object.entries(model.meta).filter(([name]) => name !== "decoders").map(([name, value]) => [name.replaceAll("_", " "), String(value)])]);
      } catch (error) { rows($("model"), [["", String(error)]]); }
    }
    async function* events(response) {
      const decoder = new TextDecoder(); let rest = "";
      const reader = response.body.getReader();
      for (;;) {
        const { done, value } = await reader.read();
        if (done) return;
        rest += decoder.decode(value, { stream: true });
        const parts = rest.split("\n\n"); rest = parts.pop();
        for (const part of parts) if (part.startsWith("data: ") && part !== "data: [DONE]") yield JSON.parse(part.slice(6));
      }
    }
    async function answer() {
      const block = add("assistant"), thoughts = document.createElement("details"), title = document.createElement("summary");
      title.textContent = "thoughts"; thoughts.append(title, document.createTextNode(""));
      const text = document.createTextNode(""), calls = [], start = performance.now();
      let first = 0, tokens = 0, places = [], message = { role: "assistant", content: "" }, failed = null;
      const talk = messages;
      running = new AbortController(); $("send").textContent = "Stop";
      try {
        const response = await fetch("v1/chat/completions", { method: "POST", headers: headers(), signal: running.signal,
          body: JSON.stringify({ messages, stream: true, return_token_ids: true, stream_options: { include_usage: true },
            ...($("decoder").value ? { decoder: $("decoder").value } : {}), ...($("tools").checked ? { tools: [calculator] } : {}),
            ...($("think").checked ? {} : { reasoning_effort: "none" }) }) });
        if (!response.ok) throw new Error((await response.json()).error.message);
        for await (const event of events(response)) {
          if (event.error) throw new Error(event.error.message);
          const delta = event.choices.length ? event.choices[0].delta : {};
          // The ids of an event are those of one round: behind the first, each is a draft that was accepted.
          const ids = event.choices.length && event.choices[0].token_ids;
          if (ids) {
            first = first || performance.now(); tokens += ids.length;
            for (let place = 0; place + 1 < ids.length; place++) places[place] = (places[place] || 0) + 1;
            const seconds = (performance.now() - first) / 1000;
            rows($("counts"), [["tokens", tokens], ["to the first", ((first - start) / 1000).toFixed(2) + " s"],
              ["tokens a second", seconds > 0 ? ((tokens - 1) / seconds).toFixed(1) : "–"]]);
            bars(places);
          }
          if (delta.reasoning_content) {
            if (!thoughts.parentNode) { block.prepend(thoughts); thoughts.open = true; }
            thoughts.lastChild.data += delta.reasoning_content; message.reasoning_content = thoughts.lastChild.data;
          }
          if (delta.content) { if (!text.parentNode) { block.append(text); thoughts.open = false; } text.data += delta.content; }
          for (const part of delta.tool_calls || []) {
            calls[part.index] ||= { id: part.id, type: "function", function: { name: part.function.name, arguments: "" }, element: add("call") };
            calls[part.index].function.arguments += part.function.arguments || "";
            calls[part.index].element.textContent = calls[part.index].function.name + " " + calls[part.index].function.arguments;
          }
          if (event.usage) {
            const usage = event.usage, seconds = (performance.now() - first) / 1000, spec = event.metrics && event.metrics.speculative_decoding;
            rows($("counts"), [["decoder", event.decoder], ["prompt", usage.prompt_tokens + " (" + usage.prompt_tokens_details.cached_tokens + " known)"],
              ["tokens", usage.completion_tokens], ["to the first", ((first - start) / 1000).toFixed(2) + " s"],
              ["tokens a second", seconds > 0 ? ((usage.completion_tokens - 1) / seconds).toFixed(1) : "–"],
              ...(spec ? [["tokens a round", spec.mean_acceptance_length.toFixed(2)], ["drafts accepted", spec.num_accepted_draft_tokens + " of " + spec.num_draft_tokens]] : [])]);
            if (spec) { let left = 0; bars(spec.acceptance_histogram.slice(1).reverse().map(value => left += value).reverse()); }
          }
          $("talk").scrollTop = $("talk").scrollHeight;
        }
      } catch (error) { failed = error; if (error.name !== "AbortError") add("error", error.message); }
      running = null; $("send").textContent = "Send";
      // Cleared in the meantime: what was said belongs to no talk.
      if (talk !== messages) return;
      // A message that was refused would be refused again with each that follows.
      if (failed && !text.data && talk.at(-1).role === "user") talk.pop();
      message.content = text.data;
      const done = calls.filter(Boolean);
      if (done.length && !failed) message.tool_calls = done.map(({ id, type, function: f }) => ({ id, type, function: f }));
      if (text.data || message.tool_calls) talk.push(message);
      if (!message.tool_calls) return;
      for (const call of done) {
        const result = calculate(call.function.arguments);
        call.element.textContent += " = " + result;
        talk.push({ role: "tool", tool_call_id: call.id, content: result });
      }
      await answer();
    }
    $("form").onsubmit = async event => {
      event.preventDefault();
      if (running) { running.abort(); return; }
      const text = $("text").value.trim();
      if (!text && !picture) return;
      const block = add("user", text);
      if (picture) { const image = new Image(); image.src = picture; image.alt = "picture"; block.prepend(image); }
      messages.push({ role: "user", content: picture ? [{ type: "image_url", image_url: { url: picture } }, { type: "text", text }] : text });
      $("text").value = ""; picture = null; $("attach").textContent = "+";
      await answer();
    };
    $("text").onkeydown = event => { if (event.key === "Enter" && !event.shiftKey && !event.isComposing) { event.preventDefault(); $("form").requestSubmit(); } };
    $("attach").onclick = () => $("file").click();
    $("file").onchange = () => {
      const file = $("file").files[0]; if (!file) return;
      const reader = new FileReader();
      reader.onload = () => { picture = reader.result; $("attach").textContent = "✓"; };
      reader.readAsDataURL(file); $("file").value = "";
    };
    $("clear").onclick = () => { if (running) running.abort(); messages = []; $("talk").replaceChildren(); };
    $("key").onchange = facts;
    facts();
    </script>

    """#
}
