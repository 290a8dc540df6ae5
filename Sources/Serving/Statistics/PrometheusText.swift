import Inference

extension ServingCounts {
  /// The text of `/metrics`, in Prometheus' form.
  /// - Parameters:
  ///   - prefix: What names begin with: `cambium`, or `vllm` for tools that know no other.
  ///   - model: The model's name.
  ///   - load: How much there is to do.
  package func prometheus(prefix: String, model: String, load: EngineLoad) -> String {
    var text = MetricsText(prefix: prefix, label: "model_name=\"\(MetricsText.escaped(model))\"")
    text.counter("prompt_tokens_total", "Tokens of prompts.", [("", promptTokens)])
    text.counter("generation_tokens_total", "Tokens of answers.", [("", completionTokens)])
    text.counter(
      "request_success_total", "Requests that came to an end.",
      finished.sorted { $0.key < $1.key }.map { ("finished_reason=\"\($0.key)\"", $0.value) })
    text.counter(
      "request_refused_total", "Requests that were refused.",
      refused.sorted { $0.key < $1.key }.map { ("status=\"\($0.key)\"", $0.value) })
    text.counter("num_preemptions_total", "Answers that were interrupted for others: there are none.", [("", 0)])
    text.counter(
      "prefix_cache_queries_total", "Tokens of prompts that were looked for in states.", [("", promptTokens)])
    text.counter("prefix_cache_hits_total", "Tokens of prompts that were found in states.", [("", cachedTokens)])
    text.counter("unknown_tool_calls_total", "Calls of tools that were not declared.", [("", unknownCalls)])
    let kinds = DrafterKind.allCases.compactMap { kind in drafters[kind].map { ("decoder=\"\(kind.rawValue)\"", $0) } }
    text.counter("spec_decode_num_drafts_total", "Rounds with drafts.", kinds.map { ($0.0, $0.1.rounds) })
    text.counter("spec_decode_num_draft_tokens_total", "Drafted tokens.", kinds.map { ($0.0, $0.1.drafted) })
    text.counter("spec_decode_num_accepted_tokens_total", "Accepted tokens.", kinds.map { ($0.0, $0.1.accepted) })
    text.counter(
      "spec_decode_num_accepted_tokens_per_pos_total", "Accepted tokens by their place in the draft.",
      acceptedByPlace.enumerated().map { ("position=\"\($0.offset)\"", $0.element) })
    text.gauge("num_requests_running", "Answers that are decoded.", Double(load.running))
    text.gauge("num_requests_waiting", "Requests that wait.", Double(load.waiting))
    if let memory = load.memory { text.gauge("kv_cache_usage_perc", "Share of the states' memory in use.", memory) }
    text.histogram("time_to_first_token_seconds", "Time to the first token.", firstToken)
    text.histogram("inter_token_latency_seconds", "Mean time between tokens of a request.", intervals)
    text.histogram("e2e_request_latency_seconds", "Time of a request.", whole)
    text.histogram("request_queue_time_seconds", "Time before the engine began.", queued)
    text.histogram("request_prompt_tokens", "Tokens of a prompt.", prompts)
    text.histogram("request_generation_tokens", "Tokens of an answer.", completions)
    return text.text
  }
}

/// Lines of Prometheus' text form.
private struct MetricsText {
  let prefix: String
  let label: String
  var text = ""

  static func escaped(_ text: String) -> String {
    text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"").replacing("\n", with: "\\n")
  }

  private mutating func head(_ name: String, _ help: String, _ type: String) {
    text += "# HELP \(prefix):\(name) \(help)\n# TYPE \(prefix):\(name) \(type)\n"
  }

  mutating func counter(_ name: String, _ help: String, _ values: [(label: String, value: Int)]) {
    head(name, help, "counter")
    for (more, value) in values { text += "\(prefix):\(name){\(label)\(more.isEmpty ? "" : ",")\(more)} \(value)\n" }
  }

  mutating func gauge(_ name: String, _ help: String, _ value: Double) {
    head(name, help, "gauge")
    text += "\(prefix):\(name){\(label)} \(value)\n"
  }

  mutating func histogram(_ name: String, _ help: String, _ histogram: Histogram) {
    head(name, help, "histogram")
    var count = 0
    for (index, bound) in histogram.bounds.enumerated() {
      count += histogram.counts[index]
      text += "\(prefix):\(name)_bucket{\(label),le=\"\(bound)\"} \(count)\n"
    }
    text += "\(prefix):\(name)_bucket{\(label),le=\"+Inf\"} \(histogram.count)\n"
    text += "\(prefix):\(name)_sum{\(label)} \(histogram.sum)\n\(prefix):\(name)_count{\(label)} \(histogram.count)\n"
  }
}
