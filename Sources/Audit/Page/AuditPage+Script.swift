extension AuditPage {
  /// Search, filters and order for the list of tensors. It reads the rows of the page and adds no text but its own.
  static let script = """
    (() => {
      "use strict";
      const list = document.getElementById("list");
      const body = list.tBodies[0];
      const step = 250;
      const entries = [];
      for (const row of Array.from(body.rows)) {
        const cells = row.cells;
        entries.push({
          row, place: entries.length, text: row.textContent.toLowerCase(), role: cells[1].textContent,
          verdict: cells[2].firstChild.textContent.trim()
        });
      }
      // Not one row stays laid out but those shown.
      body.replaceChildren();
      document.getElementById("all").open = true;
      const form = document.getElementById("find");
      const words = document.getElementById("words");
      const role = document.getElementById("role");
      const verdict = document.getElementById("verdict");
      const more = document.getElementById("more");
      const found = document.getElementById("found");
      for (const [select, key] of [[role, "role"], [verdict, "verdict"]]) {
        for (const value of Array.from(new Set(entries.map(entry => entry[key]))).sort()) {
          select.add(new Option(value, value));
        }
      }
      let order = null, direction = 1, chosen = entries, shown = 0;
      const numbers = new Set([4, 5, 6, 7]);
      const value = (entry, column) => {
        const text = entry.row.cells[column].textContent.replaceAll("\\u202f", "");
        return numbers.has(column) ? (text === "" ? NaN : Number(text)) : text;
      };
      // Digits in groups of three; what is grouped stays as it is.
      const grouped = text => String(text).replace(/\\B(?=(\\d{3})+$)/g, "\\u202f");
      function compare(a, b) {
        if (order === null) return a.place - b.place;
        const [x, y] = [a.key, b.key];
        // What has no number comes last, whichever way.
        if (typeof x === "number") {
          if (Number.isNaN(x) || Number.isNaN(y)) {
            return Number.isNaN(x) - Number.isNaN(y) || a.place - b.place;
          }
          return (x - y) * direction || a.place - b.place;
        }
        return (x < y ? -1 : x > y ? 1 : 0) * direction || a.place - b.place;
      }
      function show() {
        const part = document.createDocumentFragment();
        for (const entry of chosen.slice(shown, shown + step)) {
          for (const column of [4, 5]) {
            const cell = entry.row.cells[column];
            cell.textContent = grouped(cell.textContent);
          }
          part.append(entry.row);
        }
        shown = Math.min(chosen.length, shown + step);
        body.append(part);
        more.hidden = shown >= chosen.length;
        found.textContent = chosen.length === entries.length
          ? `${grouped(entries.length)} tensors`
          : `${grouped(chosen.length)} of ${grouped(entries.length)} tensors`;
      }
      function choose() {
        const parts = words.value.toLowerCase().split(/\\s+/).filter(Boolean);
        chosen = entries.filter(entry =>
          (!role.value || entry.role === role.value) && (!verdict.value || entry.verdict === verdict.value)
          && parts.every(part => entry.text.includes(part)));
        if (order !== null) for (const entry of chosen) entry.key = value(entry, order);
        chosen.sort(compare);
        body.replaceChildren();
        shown = 0;
        show();
      }
      Array.from(list.tHead.rows[0].cells).forEach((cell, column) => {
        const button = document.createElement("button");
        button.type = "button";
        button.textContent = cell.textContent;
        button.addEventListener("click", () => {
          direction = order === column ? -direction : (column === 4 || column === 5 || column === 7 ? -1 : 1);
          order = column;
          for (const other of list.tHead.rows[0].cells) other.removeAttribute("aria-sort");
          cell.setAttribute("aria-sort", direction > 0 ? "ascending" : "descending");
          choose();
        });
        cell.replaceChildren(button);
      });
      form.addEventListener("submit", event => event.preventDefault());
      words.addEventListener("input", choose);
      role.addEventListener("change", choose);
      verdict.addEventListener("change", choose);
      more.addEventListener("click", show);
      form.hidden = false;
      choose();
    })();
    """
}
