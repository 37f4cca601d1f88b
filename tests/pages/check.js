"use strict";
// Runs behind a page and writes what is wrong with it at its end.
const wrong = [];
const must = (holds, what) => { if (!holds) wrong.push(what); };
const all = (selector) => Array.from(document.querySelectorAll(selector));

const ids = all("[id]").map((e) => e.id);
must(new Set(ids).size === ids.length, "an id stands twice");
for (const picture of all("svg[role=img]")) {
  const names = (picture.getAttribute("aria-labelledby") || "").split(" ");
  must(names.length === 2 && names.every((id) => document.getElementById(id)?.textContent), "a picture without title and words");
  must(picture.closest("figure")?.querySelector("details table"), "a picture without its figures as a table");
}
must(all("svg[role=img]").length > 0 || document.title === "lsrc check", "no picture");
must(all("svg").every((s) => s.getAttribute("role") === "img" || s.getAttribute("aria-hidden") === "true"), "an unlabelled drawing");
must(all("table").every((t) => t.caption?.textContent), "a table without caption");
must(all("th").every((h) => h.scope), "a head cell without scope");
must(all("section").every((s) => document.getElementById(s.getAttribute("aria-labelledby"))), "a section without name");
must(all("h1").length === 1 && document.title && document.documentElement.lang, "no title, or more than one");
must(all("nav a").every((a) => document.getElementById(a.hash.slice(1))), "a link to nowhere");

// Nothing of the data became part of the page.
must(all("img,iframe,object,embed,link,base").length === 0, "something from outside");
must(!window.executed && !document.title.includes("executed"), "a text of the data ran");

// All that can be used can be reached.
for (const it of all("a,button,summary,input,[tabindex]")) {
  if (it.offsetParent === null || it.closest("details:not([open]) > :not(summary)")) continue;
  it.focus();
  must(document.activeElement === it, `not reachable: ${it.outerHTML.slice(0, 60)}`);
}
must(document.documentElement.scrollWidth <= window.innerWidth + 1, `wider than the window: ${document.documentElement.scrollWidth}`);

// Text stands out from what is behind it (WCAG 2.1, 1.4.3).
const channels = (color) => color.match(/[\d.]+/g).map(Number);
const light = ([r, g, b]) => {
  const linear = (c) => ((c /= 255) <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
  return 0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b);
};
const behind = (it) => {
  for (let at = it; at; at = at.parentElement) {
    const color = channels(getComputedStyle(at).backgroundColor);
    if (color.length < 4 || color[3] > 0) return color;
  }
  return [255, 255, 255];
};
for (const it of all("p,td,th,dt,dd,small,summary,a,h1,h2,h3,code,pre,pre span,text")) {
  const style = getComputedStyle(it);
  const [a, b] = [light(channels(it.matches("text") ? style.fill : style.color)), light(behind(it))];
  const contrast = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
  must(contrast >= 4.5, `contrast ${contrast.toFixed(2)}: ${it.outerHTML.slice(0, 80)}`);
}

// Search and order.
const table = document.getElementById("records");
if (table) {
  const shown = () => Array.from(table.tBodies[0].rows).filter((row) => !row.hidden);
  const whole = shown().length;
  const input = document.getElementById("words");
  input.value = "zoe";
  input.dispatchEvent(new Event("input"));
  must(shown().length > 0 && shown().length < whole, `search found ${shown().length} of ${whole}`);
  must(shown().every((row) => row.textContent.toLowerCase().includes("zoe")), "search found another record");
  must(document.getElementById("found").matches("output,[role=status]") && /of/.test(document.getElementById("found").textContent), "the number found is not said");
  input.value = "";
  input.dispatchEvent(new Event("input"));
  must(shown().length === whole, "the search stays");
  const heads = Array.from(table.tHead.rows[0].cells);
  const at = heads.findIndex((head) => head.textContent.trim() === "lead");
  const button = heads[at]?.querySelector("button");
  must(button, "no button to order by lead");
  // Records without a score stay behind the others.
  const values = () => shown().map((row) => row.cells[at].textContent).filter(Boolean).map(Number);
  button.click();
  must(heads[at].getAttribute("aria-sort") === "descending" && values().every((v, n, a) => n === 0 || a[n - 1] >= v), "not in falling order");
  button.click();
  must(heads[at].getAttribute("aria-sort") === "ascending" && values().every((v, n, a) => n === 0 || a[n - 1] <= v), "not in rising order");
}

const said = document.createElement("pre");
said.id = "checked";
said.textContent = wrong.length ? Array.from(new Set(wrong)).join("\n") : "all is well";
document.body.append(said);
