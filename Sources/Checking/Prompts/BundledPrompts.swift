import StrictJSON

/// The prompts of a check that names none: a few short ones of each kind of text.
public enum BundledPrompts {
  /// All of them, in the order in which checks take them.
  public static let all: [CheckPrompt] = prose + code + chats + tools

  /// The first prompts, one of each kind in turn.
  public static func spread(_ count: Int) -> [CheckPrompt] {
    let kinds = [prose, code, chats, tools]
    let turns = (0..<all.count).flatMap { turn in kinds.compactMap { turn < $0.count ? $0[turn] : nil } }
    return Array(turns.prefix(count))
  }

  private static let prose = texts(
    "prose",
    [
      "It was a dark and quiet evening, and the old man sat by the window with a letter in his hand. He had",
      "In the beginning God created the heaven and the earth. And the earth was without form, and",
      "She was by no means certain that her sister would come, but she",
    ])

  private static let code = texts(
    "code",
    [
      "def fibonacci(n):\n    \"\"\"Return the first n Fibonacci numbers.\"\"\"\n",
      "import os\nimport sys\n\n\nclass Reader:\n    def __init__(self, path):\n        self.path = path\n\n    def",
      "for i in range(10):\n    for j in range(10):\n        if",
    ])

  private static let chats = [
    "What is 17 plus 25?", "Write a Python function which returns the largest number of a list.",
    "Tell me a short story about a fox and a river.",
  ].enumerated().map { index, text in
    CheckPrompt(
      id: "chat-\(index + 1)", kind: "chat",
      .chat(ChatRequest(user: text), text: "<|im_start|>user\n\(text)<|im_end|>\n<|im_start|>assistant\n"))
  }

  private static let calculator: JSONValue = .array([
    .object([
      ("type", "function"),
      (
        "function",
        .object([
          ("name", "calculator"), ("description", "Calculates the value of an expression."),
          (
            "parameters",
            .object([
              ("type", "object"),
              ("properties", .object([("expression", .object([("type", "string")]))])),
              ("required", .array(["expression"])),
            ])
          ),
        ])
      ),
    ])
  ])

  private static let tools = ["Please calculate 128 + 64.", "How much is 12 times 12? Use the calculator."]
    .enumerated().map { index, text in
      var chat = ChatRequest(user: text)
      chat.tools = calculator
      return CheckPrompt(
        id: "tool-\(index + 1)", kind: "tool",
        .chat(chat, text: "<|im_start|>user\n\(text)<|im_end|>\n<|im_start|>assistant\n<tool_call>\n"))
    }

  private static func texts(_ kind: String, _ texts: [String]) -> [CheckPrompt] {
    texts.enumerated().map { CheckPrompt(id: "\(kind)-\($0 + 1)", kind: kind, .text($1)) }
  }
}
