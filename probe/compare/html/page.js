const findings = [...document.querySelectorAll(".finding")];
const buttons = [...document.querySelectorAll("button[data-polarity]")];
const search = document.querySelector("input");
const shown = document.querySelector("output");

function filter() {
  const polarities = buttons.filter((one) => one.getAttribute("aria-pressed") === "true").map((one) => one.dataset.polarity);
  const word = search.value.trim().toLowerCase();
  for (const one of findings) one.hidden = !polarities.includes(one.dataset.polarity) || !one.textContent.toLowerCase().includes(word);
  for (const one of document.querySelectorAll(".area")) one.hidden = !one.querySelector(".finding:not([hidden])");
  shown.textContent = `${findings.filter((one) => !one.hidden).length} of ${findings.length} shown`;
}

for (const one of buttons) one.addEventListener("click", () => {
  one.setAttribute("aria-pressed", String(one.getAttribute("aria-pressed") !== "true"));
  filter();
});
if (search) {
  search.addEventListener("input", filter);
  filter();
}
