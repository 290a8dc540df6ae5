import Digests
import StrictJSON

/// A report as `verify-runner check --json` writes it, made by hand: the tiny checkpoints have no tokenizer to decode with.
enum CheckDocument {
  /// - Parameter depths: a setting for each, with four in five of the first drafts accepted, and half of the second.
  static func report(depths: [Int]) -> JSONValue {
    let prompts = [prompt("p1", "prose", [1, 2, 3]), prompt("c1", "code", [70_000, 5])]
    var answers = SHA256Stream()
    for prompt in prompts {
      answers.update(prompt.tokens.bytes)
      answers.update(prompt.logits.bytes)
    }
    return [
      "verify_runner_check": 1, "passed": true,
      "model": [
        "model_type": "qwen3_5", "package": true, "head": true, "vocabulary": 320, "layers": 4,
        "fixed_state_bytes": 4096, "state_bytes_per_token": 512,
      ],
      "limit": 3, "digest": .string(answers.finish().hex), "prompts": .array(prompts.map(\.json)),
      "settings": .array(depths.map(setting)), "differences": [], "source": source,
    ]
  }

  private static func prompt(
    _ id: String, _ kind: String, _ tokens: [Int]
  ) -> (json: JSONValue, tokens: SHA256Digest, logits: SHA256Digest) {
    let bytes = tokens.flatMap { token in (0..<8).map { UInt8(truncatingIfNeeded: token >> (8 * $0)) } }
    let digest = SHA256Digest.of(bytes)
    let logits = SHA256Digest.of(Array(id.utf8))
    let json: JSONValue = [
      "id": .string(id), "kind": .string(kind), "prompt_tokens": 7, "tokens": .array(tokens.map { .int($0) }),
      "stop": nil, "tokens_sha256": .string(digest.hex), "logits_sha256": .string(logits.hex),
      "state_sha256": .string(SHA256Digest.of([1]).hex),
    ]
    return (json, digest, logits)
  }

  private static let source: JSONValue = [
    "positions": 257, "kl_mean": JSONValue(.number("2.50000e-02")), "kl_p99": JSONValue(.number("3.12500e-01")),
    "kl_max": JSONValue(.number("1.12500e+00")), "js_mean": JSONValue(.number("5.00000e-03")),
    "top1_agreement": JSONValue(.number("0.937500")), "perplexity_source": JSONValue(.number("8.12500e+00")),
    "perplexity_package": JSONValue(.number("1.23456e+01")),
  ]

  private static func setting(_ depth: Int) -> JSONValue {
    [
      "name": .string("mtp-\(depth)"), "equal": true, "compared_tokens": 5,
      "acceptance": acceptance(rounds: 5, tokens: 9),
      "acceptance_by_kind": ["code": acceptance(rounds: 2, tokens: 3), "prose": acceptance(rounds: 3, tokens: 6)],
    ]
  }

  private static func acceptance(rounds: Int, tokens: Int) -> JSONValue {
    [
      "drafted": [5, 4], "accepted": [4, 2],
      "share": [JSONValue(.number("0.8000")), JSONValue(.number("0.5000"))], "rounds": .int(rounds),
      "tokens": .int(tokens), "tokens_per_round": JSONValue(.number("1.8000")),
    ]
  }
}
