// Keys press the buttons of the picture viewer: arrows turn, digits choose the light, plus, minus and nought the size.
const WRITES = "input, textarea, select, [contenteditable]";

document.addEventListener("keydown", (event) => {
  const place = document.querySelector("[data-viewer]");
  if (!place || event.ctrlKey || event.altKey || event.metaKey || event.target.closest?.(WRITES)) return;
  // Inside a picture that is larger than its frame, arrows move the picture.
  const frame = event.target.closest?.(".viewer-frame");
  if (event.key.startsWith("Arrow") && frame && frame.scrollWidth > frame.clientWidth) return;
  const button = [...place.querySelectorAll("a[data-key]")].find((each) => each.dataset.key === event.key);
  if (!button) return;
  event.preventDefault();
  button.click();
});

// Who presses a button by the keyboard stands on the same button when the next picture has come.
let held = "";
document.addEventListener("htmx:before:request", () => {
  held = document.activeElement?.closest("[data-viewer]") ? document.activeElement.id : "";
});
document.addEventListener("htmx:after:swap", () => {
  if (held) document.getElementById(held)?.focus({ preventScroll: true });
});
