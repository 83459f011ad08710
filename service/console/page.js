"use strict";
const $ = (id) => document.getElementById(id);
const state = { key: "", cells: [] };
const VERDICTS = ["confirmed", "consistent", "stale", "disputed", "contradicted", "unproven"];
const OF_PLACES = ["located_at", "not_in"];
const ACCOUNTS = [
  "present", "elsewhere", "released", "in_repair", "on_loan", "spare", "scrapped", "sold", "unaccounted",
];

function make(tag, attributes, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes || {})) {
    if (name === "onclick") element.addEventListener("click", value);
    else element.setAttribute(name, value);
  }
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

async function call(path, body) {
  const response = await fetch(path, {
    method: body ? "POST" : "GET",
    headers: { Authorization: `Bearer ${state.key}`, ...(body ? { "Content-Type": "application/json" } : {}) },
    body: body ? JSON.stringify(body) : undefined,
  });
  const text = await response.text();
  let answer = {};
  try { answer = JSON.parse(text); } catch { answer = { title: text.slice(0, 200) }; }
  if (!response.ok) throw new Error(answer.detail || answer.title || `the server said ${response.status}`);
  return { answer, text };
}

async function followed(job) {
  try {
    for (;;) {
      const { answer: found } = await call(job.url);
      $("progress").textContent = `Judged ${found.progress.done} of ${found.progress.of} things; this takes a while.`;
      $("progress").hidden = false;
      if (found.state === "done") return { answer: found.answer, text: JSON.stringify(found.answer) };
      if (found.state !== "open") throw new Error(found.words || `the job is ${found.state}`);
      await new Promise((later) => { setTimeout(later, 500); });
    }
  } finally { $("progress").hidden = true; }
}

function trouble(error) {
  $("problem").textContent = error ? error.message : "";
  $("problem").hidden = !error;
}

async function attempt(work) {
  trouble(null);
  document.body.setAttribute("aria-busy", "true");
  try { await work(); } catch (error) { trouble(error); } finally { document.body.removeAttribute("aria-busy"); }
}

const cellNow = () => state.cells.find((cell) => cell.cell === $("cell").value);

function showCell() {
  const cell = cellNow();
  $("simulated").hidden = !(cell && cell.simulated);
  $("site").replaceChildren(...(cell ? cell.sites : []).map((site) =>
    make("option", { value: site.place }, site.country ? `${site.place} (${site.country})` : site.place)));
  if (!cell) return;
  const until = new Date(cell.horizon);
  $("until").value = until.toISOString().slice(0, 19);
  $("from").value = new Date(until.getTime() - 30 * 86400000).toISOString().slice(0, 19);
}

$("key-form").addEventListener("submit", (event) => {
  event.preventDefault();
  attempt(async () => {
    state.key = $("key").value.trim();
    state.cells = (await call("/v1/sites")).answer.cells;
    $("cell").replaceChildren(...state.cells.map((cell) => make("option", { value: cell.cell }, cell.cell)));
    $("claim").hidden = false;
    if (!state.cells.length) throw new Error("this key sees no cell yet: an act cell.put gives its operator one");
    showCell();
  });
});
$("cell").addEventListener("change", showCell);
$("predicate").addEventListener("change", () => { $("where-field").hidden = !OF_PLACES.includes($("predicate").value); });

$("claim-form").addEventListener("submit", (event) => {
  event.preventDefault();
  attempt(async () => {
    const asset = $("subject").value.trim();
    const claim = {
      cell: $("cell").value,
      predicate: $("predicate").value,
      subject: asset ? { asset } : { place: $("site").value },
      from: `${$("from").value}Z`,
      until: `${$("until").value}Z`,
    };
    if (OF_PLACES.includes(claim.predicate)) {
      const where = $("where").value.trim() || $("site").value;
      claim[/^[A-Z]{2}$/.test(where) ? "country" : "place"] = where;
    }
    const asked = await call("/v1/attestations", claim);
    const { answer, text } = asked.answer.job ? await followed(asked.answer) : asked;
    $("answer").hidden = false;
    $("answer-raw").textContent = text;
    $("answer-head").textContent = `As known at ${answer.known_at}, by ruleset ${answer.ruleset}, resting on ` +
      `${answer.events.count} events${answer.simulated ? "; simulated" : ""}.`;
    $("answer-body").replaceChildren(...(answer.answer ? single(answer.answer) : several(answer.set)));
    $("answer").scrollIntoView({ block: "nearest" });
  });
});

const verdict = (word) => make("span", { class: `verdict ${word}` }, word);

function table(caption, heads, rows) {
  return make("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": caption },
    make("table", {}, make("caption", {}, caption),
      make("thead", {}, make("tr", {}, ...heads.map((head, index) => make("th", {
        scope: "col", class: rows.length && rows[0][index] instanceof Node && rows[0][index].className === "n" ? "n" : "" }, head)))),
      make("tbody", {}, ...rows.map((row) => make("tr", {}, ...row.map((cell) =>
        cell instanceof Node && cell.tagName === "TD" ? cell : make("td", {}, cell === null ? "" : cell)))))));
}

const assetLink = (asset) => make("button", { type: "button", class: "plain id", onclick: () => history(asset) }, asset);

function several(set) {
  const kinds = Object.keys(set.counts);
  const number = (n) => make("td", { class: "n" }, n ? String(n) : "·");
  const counts = kinds.length
    ? table("How many, by kind and verdict", ["kind", ...VERDICTS],
      kinds.map((kind) => [kind, ...VERDICTS.map((word) => number(set.counts[kind][word]))]))
    : make("p", {}, "Nothing stood there when the interval began.");
  const worst = set.worst.map((one) => [assetLink(one.subject), one.kind || "", verdict(one.verdict), why(one)]);
  const silences = set.silences.longest.map((gap) => [gap.source, gap.from, gap.until || "still", gap.cause]);
  return [counts, ...accounts(set, number), ...(worst.length ? [table("The worst", ["asset", "kind", "verdict", "why"], worst)] : []),
    ...(silences.length
      ? [table(`Silences of sources, ${set.silences.count} in all`, ["source", "from", "until", "cause"], silences)] : []),
    list("in words", set.words)];
}

function accounts(set, number) {
  if (!set.accounts) return [];
  const used = ACCOUNTS.filter((word) => Object.values(set.accounts).some((counts) => counts[word]));
  const lost = set.unaccounted.listed.map((one) => [assetLink(one.asset), one.kind || "", one.why.replaceAll("_", " "), one.since]);
  return [
    table("What became of them in the end", ["kind", ...used.map((word) => word.replaceAll("_", " "))],
      Object.entries(set.accounts).map(([kind, counts]) => [kind, ...used.map((word) => number(counts[word]))])),
    ...(lost.length
      ? [table(`Unaccounted for, ${set.unaccounted.count} in all`, ["asset", "kind", "why", "since"], lost)] : []),
  ];
}

function why(one) {
  const first = (one.accounts || []).at(-1) || one.contradicting[0] || one.disputes[0] || (one.differences || [])[0] || one.silences[0]
    || one.would_raise[0];
  return first ? flat(Object.fromEntries(Object.entries(first).filter(([, value]) => typeof value !== "object").slice(0, 6))) : "";
}

function single(answer) {
  const facts = make("dl", {});
  const add = (name, value) => { if (value !== null && value !== undefined && value !== "") facts.append(make("dt", {}, name), make("dd", {}, value)); };
  add("verdict", verdict(answer.verdict));
  add("kind", answer.kind);
  if (answer.subject) add("asset", assetLink(answer.subject));
  add("place", answer.place || "none");
  add("grades", flat(answer.grades));
  const longest = answer.coverage.longest_silence;
  add("coverage", `${answer.coverage.share} of the time`);
  add("longest silence", typeof longest === "object" ? flat(longest) : longest);
  return [facts, list("in words", answer.words)];
}

const plain = (each) => Array.isArray(each) ? each.map(plain).join(" and ")
  : typeof each === "object" ? Object.values(each).join(" ") : String(each);

function flat(value) {
  const rest = Object.entries(value).filter(([name, each]) => each !== null && name !== "code")
    .map(([name, each]) => `${name.replaceAll("_", " ")} ${plain(each)}`).join(", ");
  const head = value.code ? value.code.replaceAll("_", " ") : "";
  return head && rest ? `${head}: ${rest}` : head || rest;
}

function list(name, rows) {
  return make("div", {}, make("h3", {}, name.replaceAll("_", " ")),
    make("ul", {}, ...rows.slice(0, 60).map((row) => make("li", {}, typeof row === "object" ? flat(row) : String(row)))),
    rows.length > 60 ? make("p", { class: "hint" }, `and ${rows.length - 60} more below`) : null);
}

function history(asset) {
  attempt(async () => {
    const cell = encodeURIComponent($("cell").value);
    const { answer } = await call(`/v1/assets/${asset}?cell=${cell}`);
    const stretches = (await call(`/v1/assets/${asset}/whereabouts?cell=${cell}`)).answer.items;
    $("history").hidden = false;
    $("history-head").replaceChildren(`${answer.kind} `, make("span", { class: "id" }, answer.asset), " ",
      answer.identifiers.slice(0, 4).map((one) => `${one.scheme} ${one.value}`).join(", "));
    $("history-body").replaceChildren(table("Where it was", ["from", "until", "place", "container", "remarks"],
      stretches.map((row) => [row.from, row.until || "still", row.place || "",
        row.container ? make("span", {}, assetLink(row.container), row.container_slot ? ` slot ${row.container_slot}` : "") : "",
        [row.moving ? "moving" : "", row.disputed ? "disputed" : ""].filter(Boolean).join(", ")])));
    $("history").scrollIntoView({ block: "nearest" });
  });
}
