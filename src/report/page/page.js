"use strict";
(() => {
  const table = document.getElementById("records");
  if (!table) return;
  const body = table.tBodies[0];
  const rows = Array.from(body.rows);
  const texts = new Map(rows.map((row) => [row, row.textContent.toLowerCase()]));

  const form = document.getElementById("search");
  const input = document.getElementById("words");
  const found = document.getElementById("found");
  const search = () => {
    const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
    let n = 0;
    for (const row of rows) {
      row.hidden = !words.every((word) => texts.get(row).includes(word));
      if (!row.hidden) n += 1;
    }
    found.textContent = words.length ? `${n} of ${rows.length} found` : "";
  };
  form.hidden = false;
  form.addEventListener("submit", (event) => event.preventDefault());
  input.addEventListener("input", search);

  const compare = (a, b) => {
    if (a === b) return 0;
    if (a === "" || b === "") return a === "" ? 1 : -1;
    const [x, y] = [Number(a), Number(b)];
    return Number.isNaN(x) || Number.isNaN(y) ? (a < b ? -1 : 1) : x - y;
  };
  const heads = Array.from(table.tHead.rows[0].cells);
  heads.forEach((head, at) => {
    if (head.className === "why") return;
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = head.textContent;
    head.replaceChildren(button);
    button.addEventListener("click", () => {
      const down = head.getAttribute("aria-sort") !== "descending";
      heads.forEach((other) => other.removeAttribute("aria-sort"));
      head.setAttribute("aria-sort", down ? "descending" : "ascending");
      const text = (row) => row.cells[at].textContent;
      const order = (a, b) => {
        const [x, y] = [text(a), text(b)];
        const sign = down && x !== "" && y !== "" ? -1 : 1;
        return sign * compare(x, y);
      };
      body.append(...rows.slice().sort(order));
    });
  });
})();
