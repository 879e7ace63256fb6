// What a page can do beyond links and forms: copy a citation, turn pages with the arrow keys, find the search box with /.
"use strict";

for (const button of document.querySelectorAll("button.copy")) {
  if (!navigator.clipboard) break; // without https only this machine may copy; the text can be selected all the same
  button.hidden = false;
  const name = button.textContent;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(button.parentElement.querySelector("pre").textContent);
    button.textContent = button.dataset.copied;
    setTimeout(() => { button.textContent = name; }, 2000);
  });
}

document.addEventListener("keydown", (event) => {
  if (event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
  if (event.target.closest("input, textarea, select, pre, [tabindex]")) return;
  const turn = { ArrowLeft: "previous", ArrowRight: "next" }[event.key];
  const box = document.querySelector("input[type=search]");
  if (turn) {
    document.getElementById(turn)?.click();
  } else if (event.key === "/" && box) {
    event.preventDefault();
    box.focus();
    box.select();
  }
});

// On a narrow screen the filters wait folded above the answer.
const filters = document.querySelector(".filters details");
if (filters && matchMedia("(max-width: 52rem)").matches) filters.open = false;

// Turning the page keeps the place: neither the picture nor the text jumps to the top.
for (const link of document.querySelectorAll("#previous, #next")) {
  link.addEventListener("click", () => sessionStorage.setItem("scroll", String(scrollY)));
}
const kept = sessionStorage.getItem("scroll");
sessionStorage.removeItem("scroll");
if (kept && document.querySelector(".sheet")) scrollTo(0, Number(kept));

// How far an ingest is; what became of it is on the page itself, once it is there.
const progress = document.querySelector(".progress");
if (progress) {
  const units = { reading: "pages", encoding: "texts" };
  const source = new EventSource(progress.dataset.events);
  source.addEventListener("running", (event) => {
    const { stage, done, total } = JSON.parse(event.data);
    const bar = progress.querySelector("progress");
    const told = stage[0].toUpperCase() + stage.slice(1) + (total ? `: ${done} of ${total} ${units[stage] ?? "steps"}` : "");
    if (total) {
      bar.max = total;
      bar.value = done;
    } else {
      bar.removeAttribute("value");
    }
    progress.querySelector("[role=status]").textContent = told;
  });
  for (const end of ["done", "failed"]) source.addEventListener(end, () => { source.close(); location.reload(); });
}

// What would be refused after it was sent is told before.
const files = document.querySelector("input[type=file]");
files?.addEventListener("change", () => {
  const { most, largest } = files.dataset;
  const large = [...files.files].find((file) => file.size > Number(largest));
  files.setCustomValidity(
    files.files.length > Number(most) ? `Choose ${most} files at most.` : large ? `${large.name} is too large.` : "");
  files.reportValidity();
});
