extension AuditPage {
  /// Colours for light and dark; the shades of the error map run from the ground to ink in both.
  static let style: String = {
    let light = [
      "#dfeaf6", "#cdddf0", "#b6cee9", "#9dbde1", "#80a9d7", "#6394cb", "#477bba", "#3162a4", "#204a88", "#123366",
    ]
    let dark = [
      "#22364b", "#264158", "#2a4c6b", "#2f5880", "#356596", "#3b6ea4", "#4c83bc", "#659ad0", "#86b4e2", "#b3d2f2",
    ]
    func shades(_ colours: [String]) -> String {
      colours.enumerated().map { "--q\($0): \($1);" }.joined(separator: " ")
    }
    let classes = light.indices.map { ".q\($0) { fill: var(--q\($0)); }" }.joined(separator: " ")
    return """
      :root {
        color-scheme: light dark; --ground: #fdfcfa; --sheet: #ffffff; --ink: #1d2329; --faint: #5d6872; --line: #dfe3e6;
        --accent: #245a9c; --bar: #b9c4cf; --good: #1b6b3a; --fair: #7a5a00; --poor: #9a3f12; --bad: #a3182c;
        \(shades(light))
      }
      @media (prefers-color-scheme: dark) {
        :root {
          --ground: #12161a; --sheet: #191f25; --ink: #e4e8eb; --faint: #98a4ae; --line: #2c353d; --accent: #7fb2ea;
          --bar: #4d5964; --good: #6fcf97; --fair: #e3bf5c; --poor: #f0986a; --bad: #ff8593;
          \(shades(dark))
        }
      }
      * { box-sizing: border-box; }
      body { margin: 0; background: var(--ground); color: var(--ink); font: 15px/1.5 system-ui, sans-serif; }
      header, nav, main { max-width: 76rem; margin: 0 auto; padding: 0 1.25rem; }
      header { padding-top: 2rem; }
      .kind { margin: 0; color: var(--faint); }
      h1 { margin: 0; font-size: 1.9rem; line-height: 1.2; overflow-wrap: anywhere; }
      h2 { margin: 0 0 .6rem; font-size: 1.2rem; }
      a { color: var(--accent); }
      code, .name, .digest { font-family: ui-monospace, monospace; font-size: .87em; }
      nav { display: flex; flex-wrap: wrap; gap: .25rem 1.1rem; padding-top: .4rem; padding-bottom: .4rem; }
      section { margin: 1.25rem 0; padding: 1.1rem 1.25rem; background: var(--sheet); border: 1px solid var(--line);
        border-radius: 6px; }
      section > p, section > ul { max-width: 48rem; }
      .figures { display: flex; flex-wrap: wrap; gap: .6rem 2.2rem; margin: 1rem 0; }
      .figures dt { color: var(--faint); font-size: .87rem; }
      .figures dd { margin: 0; font-size: 1.25rem; font-weight: 600; font-variant-numeric: tabular-nums; }
      .facts { display: grid; grid-template-columns: minmax(9rem, 14rem) 1fr; gap: .15rem 1rem; margin: 0 0 1rem; }
      .facts dt { color: var(--faint); }
      .facts dd { margin: 0; overflow-wrap: anywhere; }
      .scroll { overflow-x: auto; background: linear-gradient(90deg, var(--sheet) 40%, transparent) left / 2rem 100% local,
        linear-gradient(270deg, var(--sheet) 40%, transparent) right / 2rem 100% local,
        linear-gradient(90deg, var(--bar), transparent) left / .5rem 100%,
        linear-gradient(270deg, var(--bar), transparent) right / .5rem 100%; background-repeat: no-repeat; }
      .scroll + .facts { margin-top: 1rem; }
      table { border-collapse: collapse; width: 100%; font-size: .93em; }
      th, td { padding: .3rem .9rem .3rem 0; text-align: left; vertical-align: top; white-space: nowrap;
        border-bottom: 1px solid var(--line); }
      th { color: var(--faint); font-weight: 500; }
      th button { all: unset; cursor: pointer; color: var(--accent); }
      th button:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
      th[aria-sort=ascending] button::after { content: " ↑"; }
      th[aria-sort=descending] button::after { content: " ↓"; }
      .n { text-align: right; font-variant-numeric: tabular-nums; }
      .wrap { white-space: normal; min-width: 18rem; overflow-wrap: anywhere; }
      #list .name { white-space: normal; overflow-wrap: anywhere; min-width: 16rem; font-size: .8em; }
      .why { margin: .1rem 0 0; color: var(--faint); }
      .bars td { vertical-align: middle; }
      .bar { width: 45%; min-width: 8rem; }
      .bar svg { display: block; width: 100%; height: 22px; }
      rect.before { fill: var(--bar); } rect.after { fill: var(--accent); }
      .swatch { display: inline-block; width: .8rem; height: .8rem; margin: 0 .35rem 0 .9rem; border-radius: 2px; }
      .swatch:first-child { margin-left: 0; }
      .swatch.before { background: var(--bar); } .swatch.after { background: var(--accent); }
      .legend { display: flex; align-items: center; gap: .5rem; color: var(--faint); }
      .legend .swatch { margin: 0 0 0 .5rem; }
      .plot { display: block; width: 100%; max-width: 46rem; } .plot text { fill: var(--faint); font-size: 150px; }
      .plot .grid { stroke: var(--line); stroke-width: 8; } .plot .frontier { fill: none; stroke: var(--accent); stroke-width: 25; }
      circle.uniform { fill: var(--bar); } circle.chosen { fill: var(--accent); } circle.measured { fill: var(--poor); }
      .swatch.frontier, .swatch.chosen { background: var(--accent); } .swatch.uniform { background: var(--bar); }
      .swatch.measured { background: var(--poor); }
      .map { display: block; } .map text { fill: var(--faint); font-size: 11px; }
      .none { fill: none; stroke: var(--line); }
      .map rect:hover { stroke: var(--ink); stroke-width: 2; }
      \(classes)
      b.good { color: var(--good); } b.fair { color: var(--fair); } b.poor { color: var(--poor); } b.bad { color: var(--bad); }
      #find { display: flex; flex-wrap: wrap; align-items: end; gap: .6rem 1rem; margin: 0 0 .8rem; }
      #find[hidden] { display: none; }
      #find label { display: grid; color: var(--faint); font-size: .87rem; }
      #find input, #find select { font: inherit; font-size: 15px; color: var(--ink); background: var(--ground);
        border: 1px solid var(--line); border-radius: 4px; padding: .3rem .5rem; max-width: 100%; }
      #found { color: var(--faint); }
      summary { color: var(--faint); cursor: pointer; margin-bottom: .5rem; }
      #more { font: inherit; margin-top: .8rem; padding: .35rem .9rem; color: var(--accent); background: none;
        border: 1px solid var(--line); border-radius: 4px; cursor: pointer; }
      #more[hidden] { display: none; }
      tr:target td { background: color-mix(in srgb, var(--accent) 14%, transparent); }
      .visually-hidden { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
      @media (max-width: 40rem) {
        header, nav, main { padding-left: .8rem; padding-right: .8rem; }
        section { padding: .9rem .8rem; }
        .facts { grid-template-columns: 1fr; gap: 0; }
        .facts dd { margin-bottom: .5rem; }
        td, th { padding-right: .6rem; white-space: normal; }
        .n { white-space: nowrap; }
        .name { white-space: normal; overflow-wrap: anywhere; min-width: 8.5rem; }
        #list .name { min-width: 8.5rem; }
        .wrap { min-width: 10rem; }
        .bar { min-width: 4rem; }
      }
      @media (min-width: 75rem) { #list .name { min-width: 22rem; } #list td { padding-right: .7rem; } }
      @media (min-width: 94rem) { #tensors { margin-left: -8rem; margin-right: -8rem; } }
      @media print { nav, #find, #more { display: none; } section { border: 0; padding: 0; } }

      """
  }()
}
