// What every page can do by keyboard, and small helpers that need no server. No state is kept in the browser.
const search = () => document.getElementById("find");

document.addEventListener("keydown", (event) => {
  if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k" && search()) {
    event.preventDefault();
    search().focus();
    search().select();
    return;
  }
  const typing = event.target.closest("input, textarea, select, [contenteditable]");
  if (typing || event.ctrlKey || event.metaKey || event.altKey) return;
  const link = document.querySelector(`[data-key="${CSS.escape(event.key.toLowerCase())}"]`);
  if (link) {
    event.preventDefault();
    link.click();
  }
});

// A menu closes on Escape and on a click outside, and gives the focus back.
document.addEventListener("keydown", (event) => {
  const open = event.key === "Escape" && document.querySelector("details.menu[open]");
  if (!open) return;
  open.open = false;
  open.querySelector("summary").focus();
});
document.addEventListener("click", (event) => {
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    if (!menu.contains(event.target)) menu.open = false;
  }
});

// On a small screen tabs and menu scroll sideways: the one that is open is brought into sight.
for (const open of document.querySelectorAll(".tabs [aria-current], .side [aria-current]")) open.scrollIntoView({ block: "nearest", inline: "center" });

// On a small screen the banner keeps name and warnings in sight and lets go of the rest while one reads on.
const root = document.documentElement;
addEventListener(
  "scroll",
  () => {
    if (scrollY > 160) root.dataset.scrolled = "";
    else if (scrollY < 24) delete root.dataset.scrolled;
  },
  { passive: true },
);

// What is open for a time says how many minutes are left; when they are over the page is asked for again, closed.
for (const part of document.querySelectorAll("[data-until]")) {
  const tell = () => {
    const left = Math.ceil((Date.parse(part.dataset.until) - Date.now()) / 60000);
    if (left <= 0) location.reload();
    else part.textContent = part.dataset.words.replace("%n", left);
  };
  tell();
  setInterval(tell, 15000);
}
