import Constraints
import Inference

extension AnswerConstraint: TokenConstraint {
  package func begin() -> any ConstrainedText { start() }
}

extension ConstrainedAnswer: ConstrainedText {}
