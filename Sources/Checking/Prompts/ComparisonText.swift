import Digests
import Tokenization

/// The text over which a package is compared with its source when nobody names another: chat with its special tokens,
/// code and prose, one after the other. It is none of the texts that budgets are measured on.
package enum ComparisonText {
  /// Tokens of each part that are taken at most.
  static let tokensEach = 86
  /// Tokens at most.
  package static let mostTokens = 3 * tokensEach

  /// Digest of the text, all of it.
  package static var digest: SHA256Digest { SHA256Digest.of(Array(parts.joined().utf8)) }

  /// Its tokens: the beginnings of the parts.
  package static func tokens(_ tokenizer: Tokenizer) -> [Int] {
    parts.flatMap { tokenizer.encode(Array($0.utf8)).prefix(tokensEach) }
  }

  private static let parts = [
    """
    <|im_start|>user
    A train leaves at 9:40 and needs 85 minutes. When does it arrive?<|im_end|>
    <|im_start|>assistant
    85 minutes are one hour and 25 minutes. From 9:40 that is 11:05, so the train arrives at 11:05.<|im_end|>
    <|im_start|>user
    And with ten minutes of delay?<|im_end|>
    <|im_start|>assistant
    Then it arrives at 11:15.<|im_end|>

    """,
    """
    class Stack:
        \"\"\"A list that gives back what was put in last.\"\"\"

        def __init__(self):
            self._items = []

        def push(self, item):
            self._items.append(item)

        def pop(self):
            if not self._items:
                raise IndexError("pop from an empty stack")
            return self._items.pop()

    """,
    """
    The bridge had been closed since the spring, when the river took two of its piers. People went round by the mill, which
    cost them an hour, and by summer they had worn a path through the field that nobody had asked the farmer about. He stood
    at his gate and counted them in the evening, and wrote a letter to the council that he did not send.

    """,
  ]
}
