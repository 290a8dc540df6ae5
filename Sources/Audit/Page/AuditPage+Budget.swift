import Diagnostics

extension AuditPage {
  /// What the budget bought, what others would have cost, and what was measured of it.
  func budgetSection(_ html: inout MarkupText) {
    guard let budget = audit.budget else { return }
    html.markup("<section id=\"budget\">\n<h2>Budget</h2>\n")
    html.markup(
      """
      <p>Predicted is the sum of what each set of tensors costs alone on the text of the sensitivity file; measured is what \
      the package costs on the text of the decode check. They differ by what the errors of one set do to those of another, \
      and by the text.</p>
      <p class="legend"><i class="swatch frontier"></i>budgets of other sizes, predicted <i class="swatch uniform"></i>one \
      format for all, predicted <i class="swatch chosen"></i>this package, predicted <i class="swatch measured"></i>measured</p>
      <div class="scroll">
      """)
    BudgetPlot(budget: budget, measured: measuredSource?.klMean).draw(&html)
    html.markup("</div>\n<dl class=\"facts\">")
    fact("Limit", budget.limit, &html)
    fact("Bits a weight", Fixed.places(budget.bitsPerWeight, 4), &html)
    fact("KL, predicted", Fixed.places(budget.chosen.kl, 6) + " nats", &html)
    fact("KL, measured", SourceFigures.cells(measuredSource)[0] + " nats", &html)
    fact("Sensitivity", budget.sensitivitySHA256, &html)
    fact("Its text", budget.textSHA256, &html)
    html.markup("</dl>\n</section>\n")
  }

  /// How far the package was found to be from its source.
  private var measuredSource: SourceFigures? {
    switch decoding {
    case .unknown: nil
    case .planned(_, let outcome): outcome?.source
    case .report(let outcome): outcome.source
    }
  }
}
